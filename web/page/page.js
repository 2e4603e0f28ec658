// The page: its state, what it asks the engine, and when.
import {cards, headline} from './cards.js';
import {by, fill, html, unbroken} from './dom.js';
import {controls, sets, words} from './knobs.js';
import {bytesOf, gunzip, read, written} from './link.js';
import {archives, fixes, load, map, scenario, waits} from './panels.js';
import {Pool, STALE, estimate} from './pool.js';
import {sweep} from './sweep.js';
import {tabs} from './tabs.js';
import {plain, quoted} from './words.js';

const LIMIT = 16 << 20;
const data = id => by(id)?.textContent ?? '';

/** The state that a link keeps. */
const state = {example: '', name: '', text: '', changes: {}, fixes: [], seed: 1, loads: 10000, load: null, tab: 'load', axes: null};
/** What was found for it. */
const found = {described: null, looks: [null, null], compared: null, loads: [], cells: [], statements: null, agreement: null, diagnosed: null, files: null};
let pool, choose, viewer, started = 0;

const subject = (fixes, more = []) => ({scenario: {name: state.name, text: state.text, set: [...sets(state.changes), ...more]}, fixes, seed: state.seed});
const sideNames = () => state.fixes.length ? ['As it is', `With ${state.fixes.join(' + ')}`] : ['As it is'];
const sideFixes = side => side ? state.fixes : [];

/** What a report holds: the state with which it begins, and the cells of its sweep. */
const report = JSON.parse(data('report') || 'null');

/** Whether the scenario is that of the report's sweep. */
const isSwept = () => Boolean(report?.sweep && report.onsets) && state.text === report.state.text;

/** Runs what a change asks for; a later change makes it stale. */
const quietly = work => work().catch(fault => { if (fault !== STALE) complain(fault); });

const complain = fault => {
  const place = fault.line ? `${fault.set ? `${fault.set}: ` : `${fault.source}, line ${fault.line}, column ${fault.column}: `}` : '';
  by('fault').hidden = false;
  fill(by('fault'), plain(place + (fault.message ?? fault)), fault.help ? `. ${plain(fault.help)}` : '', ' ',
    fault.line && !fault.set && html('button', {type: 'button', onclick: () => goTo(fault)}, 'Show the line'));
};

const goTo = ({line, column}) => {
  choose('scenario', false);
  const lines = by('text').value.split('\n'), at = lines.slice(0, line - 1).reduce((sum, text) => sum + text.length + 1, 0);
  const start = at + [...lines[line - 1] ?? ''].slice(0, column - 1).join('').length;
  by('text').focus();
  by('text').setSelectionRange(start, at + (lines[line - 1] ?? '').length);
};

let saving;
const save = () => {
  clearTimeout(saving);
  saving = setTimeout(async () => {
    const {example, name, text, ...rest} = state;
    // A link is to the load that is shown, also where nobody chose it.
    const load = state.load ?? found.looks[0]?.failing[0] ?? null, kept = {...rest, load};
    const link = await written(example ? {example, ...kept} : {name, text, ...kept});
    if (link !== location.hash) history.replaceState(null, '', link);
  }, 250);
};

// ---- what is shown

const showAnswer = () => {
  const names = sideNames();
  if (found.described) fill(by('title'), unbroken([found.described.title, ...sets(state.changes).map(set => set.replace('=', ' = ')), ...state.fixes.length ? [`with ${state.fixes.join(' + ')}`] : []].join(' · ')));
  cards(names.map((name, side) => ({name, kind: side ? 'with' : 'base', look: found.looks[side], total: state.loads})));
  headline(found.looks[names.length - 1], state.fixes.length ? null : found.compared);
  if (state.tab === 'waits') waits(found.looks[names.length - 1]);
  const last = found.looks[names.length - 1];
  if (last?.answer.loads === state.loads && by('status').dataset.said !== last.headline) {
    by('status').dataset.said = last.headline;
    fill(by('status'), last.headline);
  }
};

const name = () => state.example ? `scenarios/${state.example}.toml` : state.name;

const command = () => {
  const common = [quoted(name()), ...sets(state.changes).flatMap(set => ['--set', quoted(set)]), ...state.seed === 1 ? [] : ['--seed', state.seed]];
  const fix = state.fixes.length ? ['--fix', quoted(state.fixes.join(','))] : [];
  const of = {
    load: ['run', ...common, ...fix, '--replication', loadNumber()],
    fixes: ['compare', ...common, ...fix, '--loads', state.loads],
    map: ['sweep', ...common, ...(found.axes ?? []).flatMap(axis => ['--set', quoted(`sweep.${axis.name}=[${axis.values.join(', ')}]`)]), '--loads', state.loads, '--output', 'map'],
  }[state.tab] ?? ['run', ...common, ...fix, '--loads', state.loads];
  const first = found.files && found.statements && !state.example ? `sixslot import ${found.files.map(quoted).join(' ')} -o ${quoted(state.name)} && ` : '';
  return first + ['sixslot', ...of].join(' ');
};

const showCommand = () => fill(by('command'), unbroken(command()));

const loadNumber = () => state.load ?? found.looks[0]?.failing[0] ?? 0;

const actLoad = {
  number: loadNumber,
  load: number => { state.load = number; wholeLoad(); quietly(showLoad); },
  nextFailing: () => {
    const failing = found.looks[0]?.failing ?? [];
    actLoad.load(failing.find(number => number > loadNumber()) ?? failing[0] ?? 0);
  },
};
const drawLoads = () => { if (found.loads.length) viewer = load(found.loads, found.loads[0].load.record.load, viewer, found.looks[0]?.failing ?? [], actLoad); };
const wholeLoad = () => { if (viewer) viewer.window = null; };

const showLoad = async () => {
  showCommand();
  save();
  if (state.tab !== 'load') return;
  const number = loadNumber(), names = sideNames();
  const asked = await Promise.all(names.map((_, side) => pool.ask({question: 'load', ...subject(sideFixes(side)), load: number}, {urgency: 0})));
  if (number !== loadNumber()) return;
  found.loads = asked.map((answer, side) => ({name: `${names[side]}: load ${number}`, load: answer}));
  drawLoads();
};

const fixActs = {only: fix => { state.fixes = [fix]; renew({controls: true, tab: 'load'}); }};
const showFixes = () => fixes(found.compared, found.described, [], fixActs);

// ---- the map

const valuesOf = one => {
  const swept = report?.state.text === state.text && report.sweep?.axes.find(axis => axis.name === one.name);
  if (swept) return swept.values;
  const axis = found.described.axes.find(axis => axis.parameter === one.name);
  if (axis) return [...axis.values].sort((one, other) => one - other).slice(0, 12);
  const at = one.value || 1, whole = Number.isInteger(one.value);
  const around = [0.25, 0.5, 0.75, 1, 1.5, 2, 3].map(factor => whole ? Math.round(at * factor) : +(at * factor).toPrecision(4));
  return [...new Set(one.value <= 1 && !whole ? around.map(value => Math.min(value, 1)) : around)];
};

const axesNow = () => {
  const numbers = found.described.parameters.filter(one => !one.drawn);
  if (!numbers.length) return null;
  const swept = found.described.axes.map(axis => axis.parameter);
  const order = [...numbers].sort((one, other) => (swept.indexOf(one.name) >>> 0) - (swept.indexOf(other.name) >>> 0));
  const chosen = state.axes ?? order.slice(0, 2).map(one => one.name);
  return chosen.map(name => numbers.find(one => one.name === name)).filter(Boolean).slice(0, 2).map(one => ({name: one.name, values: valuesOf(one)}));
};

const currentOf = axis => {
  const changed = state.changes[`parameters.${axis.name}`];
  return changed === undefined ? found.described.parameters.find(one => one.name === axis.name)?.value : Number(changed);
};

const actMap = {
  axes: (which, name) => {
    const axes = (found.axes ?? []).map(axis => axis.name);
    axes[which] = name;
    state.axes = which === 0 && axes[1] === name ? [name] : axes.filter((one, at) => one && axes.indexOf(one) === at);
    save();
    quietly(showMap);
  },
  cell: (column, row) => {
    found.axes.forEach((axis, at) => {
      const value = axis.values[at ? row : column], own = found.described.parameters.find(one => one.name === axis.name)?.value;
      if (value === own) delete state.changes[`parameters.${axis.name}`];
      else state.changes[`parameters.${axis.name}`] = String(value);
    });
    renew({controls: true});
  },
};

/** The cells of the report's sweep, where they are about these axes and nothing else was changed; null otherwise. */
const sweptCells = axes => {
  const same = (one, other) => JSON.stringify(one) === JSON.stringify(other);
  const sweep = report?.sweep, begin = report?.state;
  if (!sweep || state.text !== begin.text || state.seed !== begin.seed || !same(sweep.axes, axes)) return null;
  const own = axes.map(axis => `parameters.${axis.name}`);
  const others = changes => Object.entries(changes).filter(([key]) => !own.includes(key)).sort();
  const set = sweep.sets.find(set => same([...set.fixes].sort(), [...state.fixes].sort()));
  if (!set || !same(others(state.changes), others(begin.changes))) return null;
  const [across, along] = axes, rows = along ? along.values.length : 1, what = found.described.judged ? 'fail' : 'are late';
  // The first axis of a sweep changes last.
  const cell = (row, column) => {
    const [loads, failed, late] = set.cells[column * rows + row] ?? [0];
    const bad = found.described.judged ? failed : late;
    return loads ? {bad, loads, share: bad / loads, what} : null;
  };
  return Array.from({length: rows}, (_, row) => across.values.map((_, column) => cell(row, column)));
};

const showMap = async () => {
  if (state.tab !== 'map' || !found.described) return;
  const axes = axesNow();
  found.axes = axes;
  showCommand();
  if (!axes) return map(found.described, null, [], [], actMap);
  const [across, along] = axes, run = started;
  const key = JSON.stringify([axes, subject(state.fixes)]);
  const heights = along ? along.values : [null];
  const kept = found.mapKey === key ? found.cells : sweptCells(axes) ?? heights.map(() => across.values.map(() => null));
  Object.assign(found, {mapKey: key, cells: kept});
  const current = axes.map(currentOf);
  let drawing = 0;
  const draw = () => {
    if (drawing) return;
    drawing = requestAnimationFrame(() => { drawing = 0; if (run === started && found.mapKey === key) map(found.described, axes, kept, current, actMap); });
  };
  draw();
  const what = found.described.judged ? 'fail' : 'are late';
  for (const to of [100, 400, 1600].filter(loads => loads <= Math.max(state.loads, 100))) {
    await Promise.all(heights.flatMap((height, row) => across.values.map(async (width, column) => {
      const cell = kept[row][column], from = cell?.loads ?? 0;
      if (from >= to) return;
      const more = [`parameters.${across.name}=${width}`, ...along ? [`parameters.${along.name}=${height}`] : []];
      const counts = await pool.ask({question: 'count', ...subject(state.fixes, more), from, to}, {urgency: 6});
      if (found.mapKey !== key) return;
      const bad = (cell?.bad ?? 0) + (counts.failures ?? counts.late);
      kept[row][column] = {bad, loads: to, share: bad / to, what};
      draw();
    })));
  }
};

// ---- changes

/** Answers anew after a change. */
const renew = ({controls: again = false, tab = null} = {}) => {
  started += 1;
  pool.renew();
  Object.assign(found, {looks: [found.looks[0], state.fixes.length ? found.looks[1] : null], compared: null});
  wholeLoad();
  save();
  showAnswer();
  if (again) showControls();
  if (tab) choose(tab, false);
  quietly(simulate);
};

const shown = () => ({load: showLoad, map: showMap, fixes: async () => showFixes(), waits: async () => showAnswer(), sweep: async () => sweep(report), scenario: async () => showScenario(), archives: async () => archives(found.diagnosed)})[state.tab]?.();

const simulate = async () => {
  const run = started, names = sideNames();
  showCommand();
  const recorded = (found.described?.recorded ?? 0) > 1;
  let first = true;
  const sides = names.map((_, side) => estimate(pool, subject(sideFixes(side)), state.loads, look => {
    if (run !== started) return;
    by('fault').hidden = true;
    found.looks[side] = look;
    showAnswer();
    document.body.dataset.loads = look.answer.loads;
    if (first && side === 0) {
      first = false;
      document.body.dataset.answered = run;
      quietly(async () => { await showLoad(); });
    }
  }, recorded));
  if (state.tab === 'map') quietly(showMap);
  if (state.tab === 'fixes') showFixes();
  await Promise.all(sides);
  if (run !== started) return;
  document.body.dataset.finished = run;
  if (found.described?.fixes.length) quietly(compare);
};

const compare = async () => {
  const run = started;
  for (const loads of [...new Set([Math.min(1000, state.loads), Math.min(state.loads, 100000)])]) {
    const compared = await pool.ask({question: 'compare', ...subject([]), loads}, {urgency: 8, long: true});
    if (run !== started) return;
    found.compared = compared;
    words(by('controls'), found.described, compared.answer);
    showAnswer();
    if (state.tab === 'fixes') showFixes();
  }
  document.body.dataset.compared = run;
};

const actControls = {
  change: (key, value) => {
    if (value === null) delete state.changes[key];
    else state.changes[key] = value;
    by('controls').querySelector(`[data-key="${CSS.escape(key)}"]`)?.classList.toggle('changed', value !== null);
    renew();
  },
  fix: (name, on) => {
    state.fixes = found.described.fixes.map(fix => fix.name).filter(fix => fix === name ? on : state.fixes.includes(fix));
    renew();
  },
  loads: loads => { state.loads = loads; renew(); },
  seed: text => { if (/^\d{1,15}$/.test(text)) { state.seed = +text; renew(); } },
  reset: () => { Object.assign(state, {changes: {}, fixes: [], seed: 1}); renew({controls: true}); },
};
const showControls = () => {
  controls(by('controls'), {...state, described: found.described}, actControls);
  words(by('controls'), found.described, found.compared?.answer);
};

let writing;
const showScenario = () => scenario({...state, statements: found.statements, agreement: found.agreement}, {
  text: text => {
    clearTimeout(writing);
    writing = setTimeout(() => quietly(() => use({...state, example: '', name: state.example ? `${state.example}.toml` : state.name, text})), 300);
  },
});

/** Describes a new text, and simulates it. */
const use = async next => {
  started += 1;
  pool.renew();
  const run = started;
  const {text, name} = next;
  const described = await pool.ask({question: 'check', scenario: {name, text, set: []}}, {urgency: 0});
  if (run !== started) return;
  const known = new Set(described.fixes.map(fix => fix.name));
  Object.assign(state, next, {fixes: next.fixes.filter(fix => known.has(fix))});
  Object.assign(found, {described, looks: [null, null], compared: null, loads: [], cells: [], mapKey: null});
  by('main').hidden = false;
  by('take').hidden = false;
  by('fault').hidden = true;
  document.title = `${described.title} – sixslot`;
  by('tab-archives').hidden = !found.files;
  by('tab-sweep').hidden = !isSwept();
  if (state.tab === 'sweep' && !isSwept()) state.tab = 'load';
  if (state.tab === 'archives' && !found.files) state.tab = 'load';
  showControls();
  choose(state.tab, false);
  renew();
};

const fresh = more => ({...state, changes: {}, fixes: [], seed: 1, load: null, axes: null, tab: 'load', ...more});

/** Files that were dropped or chosen: archives together, or one scenario. */
const take = async files => {
  if (!files.length) return;
  by('example').value = '';
  const toml = files.filter(file => /\.toml$/i.test(file.name));
  if (toml.length) {
    if (toml[0].size > LIMIT) throw {message: `${toml[0].name} is too long for a scenario`};
    forget();
    return use(fresh({example: '', name: toml[0].name, text: await toml[0].text()}));
  }
  const bytes = await Promise.all(files.map(async file => new Uint8Array(await file.arrayBuffer())));
  return takeArchives(files.map(file => file.name), bytes, '');
};

const forget = () => Object.assign(found, {statements: null, agreement: null, diagnosed: null, files: null});

const takeArchives = async (names, bytes, example) => {
  started += 1;
  pool.renew();
  const run = started;
  forget();
  Object.assign(found, {files: names, described: null, looks: [null, null], compared: null, loads: [], cells: [], mapKey: null});
  for (const id of ['cards', 'controls', 'panel-load', 'panel-fixes', 'panel-map', 'panel-waits', 'panel-scenario']) fill(by(id));
  viewer = null;
  by('main').hidden = true;
  by('take').hidden = true;
  by('fault').hidden = true;
  by('clause').hidden = true;
  fill(by('status'), `Reading ${names.length} archives`);
  const diagnosed = pool.ask({question: 'diagnose', names}, {files: bytes, urgency: 0, lasting: true}).then(answer => {
    if (found.files !== names) return;
    found.diagnosed = answer;
    if (state.tab === 'archives' || by('main').hidden) archives(answer);
  });
  const imported = pool.ask({question: 'import', names}, {files: bytes, urgency: 0, lasting: true});
  // Where there is no diagnosis, that is the fault to show.
  imported.catch(() => {});
  await diagnosed;
  by('main').hidden = false;
  by('tab-archives').hidden = false;
  fill(by('title'), names.length > 1 ? `${names.length} archives` : names[0]);
  choose('archives', false);
  const first = found.diagnosed.report;
  headline({headline: (first.together ?? first.files[0]?.together ?? first.files[0]?.loads[0])?.statements[0]?.text ?? '', answer: {notes: []}}, null);
  document.body.dataset.diagnosed = names.length;
  const {text, statements, sentence: agreement, notes} = await imported;
  if (found.files !== names || run !== started) return;
  Object.assign(found, {statements, agreement, notes});
  await use(fresh({example: '', name: `${names[0].replace(/\.gz$/, '').replace(/\.har$/, '') || 'page'}.toml`, text, tab: 'archives', loads: state.loads}));
};

// ---- files to take away

const give = (name, type, text) => {
  const link = html('a', {href: URL.createObjectURL(new Blob([text], {type})), download: name});
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
};
const stem = () => (state.example || state.name).split(/[\\/]/).pop().replace(/\.toml$/, '') || 'page';

const exported = format => quietly(async () => {
  const number = loadNumber(), end = {har: '.har', trace: '.trace.json', svg: '.svg'}[format];
  const {text} = await pool.ask({question: 'export', ...subject(state.fixes), load: number, format}, {urgency: 0, lasting: true});
  give(`${stem()}-load-${number}${end}`, format === 'svg' ? 'image/svg+xml' : 'application/json', text);
});

const reportText = () => quietly(async () => {
  const look = found.looks[state.fixes.length ? 1 : 0];
  const story = await pool.ask({question: 'load', ...subject(state.fixes), load: loadNumber()}, {urgency: 0, lasting: true});
  const lines = [found.described.title, '', look?.headline ?? '', found.compared?.clause ?? '', '', `${look?.answer.loads ?? 0} loads, seed ${state.seed}, ${state.fixes.length ? `with ${state.fixes.join(' + ')}` : 'no fix'}${sets(state.changes).map(set => `, ${set}`).join('')}`, '',
    ...(found.compared?.answer.fixes ?? []).map(fix => `${String(fix.place).padStart(2)} ${fix.fix}: ${fix.verdict ?? 'unknown'}; ${fix.fixed} fixed, ${fix.broken} broken`), '', `Load ${loadNumber()}`, story.outcome, '', story.story, command()];
  give(`${stem()}.txt`, 'text/plain', `${lines.join('\n')}\n`);
});

// ---- beginning

const examples = JSON.parse(data('examples') || '{}');

const open = async () => {
  const held = data('engine'), size = Math.min(Math.max(navigator.hardwareConcurrency || 4, 2), 8);
  const source = URL.createObjectURL(new Blob([data('worker')], {type: 'text/javascript'}));
  // The workers start while the module is compiled.
  const started = Array.from({length: size}, () => new Worker(source));
  const bytes = held ? gunzip(bytesOf(held.trim())) : await fetch('sixslot.wasm');
  const module = await WebAssembly.compile(await bytes.arrayBuffer());
  pool = new Pool(module, () => started.pop() ?? new Worker(source), size);
};

const openExample = key => {
  const example = examples[key];
  if (!example) return;
  if (example.archives) return takeArchives(Object.keys(example.archives), Object.values(example.archives).map(bytesOf), key);
  forget();
  return use(fresh({example: key, name: `${key}.toml`, text: example.text, changes: {...example.changes}}));
};

/** A state from a link or a report: only fields of the right type. */
const restored = async kept => {
  if (!kept) return false;
  const texts = list => Array.isArray(list) ? list.filter(one => typeof one === 'string') : [];
  const example = typeof kept.example === 'string' && examples[kept.example]?.text ? kept.example : '';
  const text = example ? examples[example].text : kept.text;
  if (typeof text !== 'string') return false;
  const changes = Object.fromEntries(Object.entries(kept.changes ?? {}).filter(([, value]) => typeof value === 'string'));
  const whole = (value, other) => Number.isSafeInteger(value) && value >= 0 ? value : other;
  forget();
  await use({...fresh({}), example, text, name: example ? `${example}.toml` : String(kept.name ?? 'page.toml'), changes, fixes: texts(kept.fixes), seed: whole(kept.seed, 1),
    loads: Math.min(Math.max(whole(kept.loads, 10000), 1), 1000000), load: Number.isSafeInteger(kept.load) ? kept.load : null,
    tab: ['load', 'fixes', 'map', 'sweep', 'waits', 'scenario'].includes(kept.tab) ? kept.tab : 'load', axes: texts(kept.axes).length ? texts(kept.axes) : null});
  return true;
};

const begin = async () => {
  const titles = {load: 'One load', fixes: 'Fixes', map: 'Map', sweep: 'Where failures begin', waits: 'Waits', scenario: 'Scenario', archives: 'Archives'};
  const panels = Object.entries(titles).map(([id, title]) => ({id, title, panel: html('div', {tabindex: 0, hidden: true})}));
  by('panels').append(...panels.map(({panel}) => panel));
  choose = tabs(by('tabs'), panels, id => {
    state.tab = id;
    if (!pool) return;
    save();
    showCommand();
    if (found.described || id === 'archives') quietly(async () => { await shown(); });
  });
  by('example').append(...Object.entries(examples).map(([key, example]) => html('option', {value: key}, example.title)));
  by('example').addEventListener('change', event => quietly(async () => { await openExample(event.target.value); }));
  by('open').addEventListener('click', () => by('file').click());
  by('file').addEventListener('change', event => quietly(() => take([...event.target.files])));
  addEventListener('dragover', event => { event.preventDefault(); document.body.classList.add('over'); });
  addEventListener('dragleave', () => document.body.classList.remove('over'));
  addEventListener('drop', event => {
    event.preventDefault();
    document.body.classList.remove('over');
    quietly(() => take([...event.dataTransfer.files]));
  });
  addEventListener('hashchange', () => quietly(async () => { await restored(await read(location.hash)); }));
  let width = innerWidth;
  addEventListener('resize', () => { if (innerWidth !== width) { width = innerWidth; if (state.tab === 'load') viewer?.draw(); } });
  if (innerWidth < 900) by('knobs').open = false;
  fill(by('downloads'), [['Scenario', () => give(`${stem()}.toml`, 'text/plain', state.text)], ['Report as text', reportText], ['Load as HAR', () => exported('har')], ['Load as trace', () => exported('trace')], ['Load as SVG', () => exported('svg')]]
    .map(([title, act]) => html('button', {type: 'button', onclick: act}, title)),
    html('button', {type: 'button', onclick: () => copy(location.href)}, 'Copy link'));
  by('copy').addEventListener('click', () => copy(command()));
  await open();
  if (await restored(await read(location.hash) ?? report?.state)) return;
  const first = Object.keys(examples)[0];
  if (first) {
    by('example').value = first;
    await openExample(first);
  }
};

const copy = async text => {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const field = html('textarea', {});
    field.value = text;
    document.body.append(field);
    field.select();
    document.execCommand('copy');
    field.remove();
  }
  fill(by('status'), 'Copied');
};

quietly(begin);
