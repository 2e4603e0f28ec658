// The controls: each sets one key of the scenario, as `--set` does.
import {fill, html} from './dom.js';
import {span} from './words.js';

/** The `--set` of each change, in a fixed order. */
export const sets = changes => Object.keys(changes).sort().map(key => `${key}=${changes[key]}`);

const PROFILES = {chromium: 'Chromium', firefox: 'Firefox', webkit: 'WebKit (Safari)', 'as-reported': 'as the bug report says'};

/** A number with a slider. `write` makes the value of the scenario, null for none. */
const number = (key, label, now, of, change) => {
  const id = `knob-${key.replaceAll('.', '-')}`;
  const value = of.read(now) ?? of.value;
  const given = now !== undefined;
  const set = text => {
    const value = Number(text);
    if (text === '' || !Number.isFinite(value) || value < 0 || value === of.value) change(key, null);
    else change(key, of.write(value));
  };
  const slider = of.most && html('input', {type: 'range', min: of.least, max: Math.max(of.most, value ?? 0), step: of.step, value: value ?? of.least, 'aria-label': label});
  const box = html('input', {type: 'number', id, min: 0, step: 'any', value: value ?? '', placeholder: of.hint ?? ''});
  slider?.addEventListener('input', () => { box.value = slider.value; set(slider.value); });
  box.addEventListener('input', () => { if (slider && box.value !== '') { slider.max = Math.max(+slider.max, +box.value); slider.value = box.value; } set(box.value); });
  return html('div', {class: `knob${given ? ' changed' : ''}`, 'data-key': key}, html('label', {for: id}, label), box, slider || null);
};

const parameter = (one, axes, changes, change) => {
  const axis = axes.find(axis => axis.parameter === one.name), values = axis?.values ?? [];
  const whole = Number.isInteger(one.value) && values.every(Number.isInteger);
  const most = Math.max(...values, (one.value ?? 5) * (one.value <= 1 ? 1 : 2), one.value === 0 ? 10 : 1);
  return number(`parameters.${one.name}`, one.name, changes[`parameters.${one.name}`], {
    value: one.drawn ? null : one.value, least: 0, most: one.drawn ? null : most, step: whole ? 1 : most <= 1 ? 0.05 : 'any',
    hint: one.drawn ? 'drawn' : '',
    read: text => text === undefined ? undefined : Number(text), write: value => String(value),
  }, change);
};

const deadline = (one, changes, change) => number(`request.${one.name}.deadline`, one.name, changes[`request.${one.name}.deadline`], {
  value: one.deadline_ms / 1000, least: 0.1, most: Math.max(one.deadline_ms / 1000 * 3, 10), step: 0.1,
  read: text => text === undefined ? undefined : text.endsWith('ms') ? parseFloat(text) / 1000 : parseFloat(text), write: value => span(Math.max(Math.round(value * 1000), 1)),
}, change);

const group = (name, ...content) => html('fieldset', {}, html('legend', {}, name), content);

/** Fills the form. `page` has the scenario's description, the changes, fixes, loads and seed; `act` the functions that change them. */
export const controls = (form, page, act) => {
  const {described, changes, fixes, loads, seed} = page;
  const profile = html('select', {id: 'profile', onchange: event => act.change('browser.profile', event.target.value || null)},
    html('option', {value: ''}, described.profile ? `${PROFILES[described.profile]} (scenario)` : 'as in the scenario'),
    described.profiles.map(name => html('option', {value: name, selected: changes['browser.profile'] === name}, PROFILES[name] ?? name)));
  const deadlines = described.requests.filter(one => one.kind === 'request' && one.deadline_ms !== null).slice(0, 40);
  const amount = html('select', {id: 'loads', onchange: event => act.loads(+event.target.value)},
    [...new Set([1000, 10000, 100000, 1000000, loads])].sort((one, other) => one - other).map(number => html('option', {value: number, selected: number === loads}, String(number))));
  fill(form,
    described.fixes.length > 0 && group('Fixes that are in place', described.fixes.map((fix, number) => html('label', {class: 'fix'},
      html('input', {type: 'checkbox', name: 'fix', value: fix.name, checked: fixes.includes(fix.name), onchange: event => act.fix(fix.name, event.target.checked)}),
      html('span', {}, fix.title, ' ', html('span', {class: 'word', 'data-fix': number}))))),
    described.parameters.length > 0 && group(described.parameters.some(one => one.drawn) ? 'Parameters; a number replaces what is drawn for each load' : 'Parameters', described.parameters.map(one => parameter(one, described.axes, changes, act.change))),
    group('Browser',
      html('div', {class: `knob${changes['browser.profile'] ? ' changed' : ''}`}, html('label', {for: 'profile'}, 'rules'), profile),
      number('browser.connections', 'connections to an origin', changes['browser.connections'], {value: described.connections, least: 1, most: 12, step: 1, read: text => text === undefined ? undefined : Number(text), write: value => String(Math.max(1, Math.round(value)))}, act.change)),
    deadlines.length > 0 && group('Deadlines, in seconds', deadlines.map(one => deadline(one, changes, act.change))),
    group('Simulation',
      html('div', {class: 'knob'}, html('label', {for: 'loads'}, 'loads'), amount),
      html('div', {class: 'knob'}, html('label', {for: 'seed'}, 'seed'), html('input', {type: 'number', id: 'seed', min: 0, step: 1, value: seed, onchange: event => act.seed(event.target.value)}))),
    html('button', {type: 'button', onclick: act.reset}, 'As in the scenario'));
};

/** Shows what each fix does beside its box. */
export const words = (form, described, compared) => {
  for (const mark of form.querySelectorAll('.word')) {
    const found = compared?.fixes.find(fix => fix.fix === described.fixes[+mark.dataset.fix]?.name);
    mark.className = `word ${found?.verdict ?? ''}`;
    fill(mark, found?.verdict ?? '');
  }
};
