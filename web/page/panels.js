// The details: one load, the fixes, a map of two parameters, waits, the scenario, the archives.
import {change, map as drawMap} from './draw.js';
import {by, fill, html, unbroken} from './dom.js';
import {Viewer} from './viewer.js';
import {percent, plain, short, time} from './words.js';

/** The same load on each side. `viewer` is that of the panel, which this makes at first; `act` has the choice of the load. */
export const load = (sides, number, viewer, failing, act) => {
  if (!viewer) {
    const step = by => () => act.load(Math.max(0, act.number() + by));
    viewer = new Viewer(by('panel-load'), [html('label', {for: 'number'}, 'load'), html('input', {type: 'number', id: 'number', min: 0, step: 1, onchange: event => act.load(Math.max(0, Math.floor(+event.target.value) || 0))}),
      html('button', {type: 'button', 'aria-label': 'the load before', onclick: step(-1)}, '‹'), html('button', {type: 'button', 'aria-label': 'the next load', onclick: step(1)}, '›'),
      html('button', {type: 'button', id: 'next-failing', onclick: act.nextFailing}, 'next failing load')]);
  }
  by('number').value = number;
  by('next-failing').disabled = !failing.length;
  viewer.show(sides.map(({name, load}) => ({name, outcome: load.outcome, failed: load.record.outcome.failed, picture: load.picture})));
  return viewer;
};

/** The fixes, the best first. */
export const fixes = (compared, described, chosen, act) => {
  const panel = by('panel-fixes');
  if (!described.fixes.length) return fill(panel, html('p', {}, 'The scenario has no fix to compare. Add a table ', html('code', {}, '[fix.NAME]'), ' with a patch.'));
  if (!compared) return fill(panel, html('p', {}, 'Comparing …'));
  const {answer} = compared;
  const ends = answer.fixes.flatMap(fix => [fix.difference_interval.low, fix.difference_interval.high]);
  const scale = [Math.min(0, ...ends), Math.max(0, ...ends)];
  const quantile = ({value, low, high}) => [time(value), html('small', {}, low === null ? '' : `${time(low)} to ${time(high)}`)];
  const judged = share => share === null ? 'not judged' : short(share);
  const row = fix => html('tr', {},
    html('th', {scope: 'row'}, fix.title === fix.fix ? '' : unbroken(fix.title), ' ', html('code', {}, unbroken(fix.fix))),
    html('td', {'data-label': 'does', class: `word ${fix.verdict}`}, fix.verdict ?? `shows only at a horizon of ${time(fix.needed_horizon_ms)}`, fix.tied_with.length > 0 && html('small', {}, `tied with ${fix.tied_with.length}`)),
    html('td', {'data-label': 'fail', class: 'number'}, judged(fix.failed), fix.failed_interval && html('small', {}, `${short(fix.failed_interval.low)} to ${short(fix.failed_interval.high)}`)),
    html('td', {'data-label': 'late', class: 'number'}, short(fix.late)),
    html('td', {'data-label': 'ready, median', class: 'number'}, quantile(fix.ready_interval_ms.p50)),
    html('td', {'data-label': 'ready, 95 %', class: 'number'}, quantile(fix.ready_interval_ms.p95)),
    html('td', {'data-label': 'change'}, change(fix.difference, fix.difference_interval, scale)),
    html('td', {'data-label': 'fixed, broken', class: 'number'}, `${fix.fixed}, ${fix.broken}`),
    html('td', {}, html('button', {type: 'button', 'aria-label': `try ${fix.fix} side by side`, onclick: () => act.only(fix.fix)}, 'try')));
  const {without} = answer;
  return fill(panel,
    html('p', {class: 'quiet'}, `Each fix on the same ${answer.loads} loads${chosen.length ? `, on top of ${chosen.join(' + ')}` : ''}. Without: ${judged(without.failed)} fail, ${short(without.late)} are late; ready after ${time(without.ready_ms.p50)} in the median and ${time(without.ready_ms.p95)} in 95 % of loads.`),
    html('div', {class: 'scroll', tabindex: 0, role: 'region', 'aria-label': 'The fixes'}, html('table', {class: 'fixes'},
      html('thead', {}, html('tr', {}, ['fix', 'does', 'fail', 'late', 'ready, median', 'ready, 95 %', 'change', 'fixed, broken', 'side by side'].map((word, at) => html('th', {scope: 'col', class: at > 1 && at !== 6 && at !== 8 ? 'number' : null}, word)))),
      html('tbody', {}, answer.fixes.map(row)))),
    html('p', {class: 'quiet'}, 'Fixed: loads that fail only without the fix. Broken: loads that fail only with it. The interval of a change is a paired one and holds for all fixes at once.'));
};

/** The map. `axes` are the two parameters with their values, or null where there is none to vary. */
export const map = (described, axes, cells, current, act) => {
  const panel = by('panel-map');
  const numbers = described.parameters.filter(one => !one.drawn);
  if (!axes) return fill(panel, html('p', {}, 'The scenario has no parameter with a fixed value to vary. Add one under ', html('code', {}, '[parameters]'), '.'));
  const choice = (which, label, none) => {
    const id = `axis-${which}`;
    return [html('label', {for: id}, label), html('select', {id, onchange: event => act.axes(which, event.target.value)},
      none && html('option', {value: ''}, 'none'), numbers.map(one => html('option', {value: one.name, selected: axes[which]?.name === one.name}, one.name)))];
  };
  const focus = document.activeElement?.closest?.('td.cell button');
  const at = focus && [focus.dataset.x, focus.dataset.y];
  const table = drawMap(axes, cells, current, 0.01);
  table.addEventListener('click', event => {
    const button = event.target.closest('button');
    if (button) act.cell(+button.dataset.x, +button.dataset.y);
  });
  const least = Math.min(...cells.flat().map(cell => cell?.loads ?? 0));
  fill(panel,
    html('p', {class: 'tools'}, choice(0, 'across'), numbers.length > 1 && choice(1, 'upwards', true)),
    html('p', {class: 'quiet'}, `The share of loads that ${described.judged ? 'fail' : 'are late'}, ${least ? `${least} loads in each cell` : 'while cells come in'}. The heavy line is where it exceeds 1 %. A click sets the values, arrow keys move; your own have a frame.`),
    html('div', {class: 'scroll', tabindex: 0, role: 'region', 'aria-label': 'Map of two parameters'}, table));
  if (at) panel.querySelector(`button[data-x="${at[0]}"][data-y="${at[1]}"]`)?.focus();
  return panel;
};

/** Where calls wait, over all loads, the longest first. */
export const waits = look => {
  const panel = by('panel-waits');
  const rows = [...(look?.answer.waits ?? [])].sort((one, other) => other.p95_ms - one.p95_ms || other.share - one.share).slice(0, 30);
  if (!rows.length) return fill(panel, html('p', {}, look ? 'No call waits for a millisecond or longer before it is sent.' : 'Simulating …'));
  const stations = {page: 'held by the page', scheduler: 'queueing in the scheduler', cache: 'stalled at the cache lock', pool: 'stalled, no free connection'};
  return fill(panel, html('p', {class: 'quiet'}, 'The longest wait of a call of each request in a load, over all loads, up to the verdict.'),
    html('div', {class: 'scroll', tabindex: 0, role: 'region', 'aria-label': 'Waits'}, html('table', {},
      html('thead', {}, html('tr', {}, ['request', 'where', 'median', '95 %', 'in loads'].map((word, at) => html('th', {scope: 'col', class: at > 1 ? 'number' : null}, word)))),
      html('tbody', {}, rows.map(wait => html('tr', {}, html('th', {scope: 'row'}, html('code', {}, wait.request)), html('td', {}, stations[wait.station]),
        html('td', {class: 'number'}, time(wait.p50_ms)), html('td', {class: 'number'}, time(wait.p95_ms)), html('td', {class: 'number'}, percent(wait.share))))))));
};

/** The scenario's text, to be edited, and how its numbers are known. */
export const scenario = (source, act) => {
  const panel = by('panel-scenario');
  if (!by('text')) {
    fill(panel, html('p', {class: 'quiet'}, html('label', {for: 'text'}, 'The scenario. Changes are simulated as you write; “What if” changes come on top.')),
      html('textarea', {id: 'text', spellcheck: 'false', autocapitalize: 'off', oninput: event => act.text(event.target.value)}), html('div', {id: 'evidence'}));
  }
  if (by('text').value !== source.text) by('text').value = source.text;
  const known = source.statements ?? [];
  const guesses = known.filter(one => one.known === 'guessed');
  const list = (title, rows) => rows.length > 0 && [html('h3', {}, `${title} (${rows.length})`), html('div', {class: 'scroll', tabindex: 0, role: 'region', 'aria-label': title}, html('table', {}, html('tbody', {}, rows.map(one => html('tr', {},
    html('th', {scope: 'row'}, html('code', {}, one.place)), html('td', {}, html('code', {}, one.value.length > 120 ? `${one.value.slice(0, 119)}…` : one.value)), html('td', {}, one.because))))))];
  fill(by('evidence'), source.agreement && html('p', {}, source.agreement), list('Guesses, which the archives do not show', guesses), list('Numbers with their evidence', known.filter(one => one.known !== 'guessed' && one.because && !one.place.startsWith('evidence.'))));
};

/** What the archives prove. */
export const archives = diagnosed => {
  const panel = by('panel-archives');
  if (!diagnosed) return fill(panel, html('p', {}, 'Reading the archives …'));
  const {files, together} = diagnosed.report;
  const parts = {proved: 'Proved', possible: 'Only possible', settle: 'What would settle it', change: 'What to change'};
  const said = (statements, several) => Object.entries(Object.groupBy?.(statements, one => one.part) ?? statements.reduce((groups, one) => ({...groups, [one.part]: [...(groups[one.part] ?? []), one]}), {}))
    .filter(([part]) => part !== 'answer').map(([part, ones]) => [html('h3', {}, parts[part] ?? part), html('ul', {class: 'said'}, ones.map(one => html('li', {}, several ? `In ${one.loads} of ${one.of} loads: ` : '', one.text)))]);
  const first = together ?? files[0]?.together ?? files[0]?.loads[0];
  return fill(panel, html('p', {}, html('strong', {}, first?.statements[0]?.text ?? '')),
    said(first?.statements ?? [], Boolean(first?.pool ?? together ?? files[0]?.together)),
    html('h3', {}, 'Each file'), html('div', {class: 'scroll', tabindex: 0, role: 'region', 'aria-label': 'Files'}, html('table', {class: 'files'}, html('tbody', {}, files.map(file => html('tr', {}, html('th', {scope: 'row'}, html('code', {}, file.file)), html('td', {class: 'number'}, `${file.requests} requests`), html('td', {}, file.sentence)))))),
    html('details', {}, html('summary', {}, 'The whole diagnosis as text'), html('pre', {}, diagnosed.text.split('\n').map(plain).flatMap(line => [document.createTextNode(line), document.createTextNode('\n')]))));
};
