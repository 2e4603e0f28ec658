// The picture of one load: a row for each request, the slots of each origin and the queue before them, on one axis of time.
import {html, svg} from './dom.js';
import {plain, ticks, time} from './words.js';

const round = number => Math.round(number * 100) / 100;

/** A text of at most so many letters; what was left out is marked. The number of a request within its class stays. */
const shortened = (text, letters) => {
  if (text.length <= letters) return text;
  const number = text.match(/ (\[\d+\]|#\d+)$/)?.[0] ?? '', kept = number.length + 4 < letters ? number : '';
  return `${text.slice(0, Math.max(letters - 1 - kept.length, 1))}…${kept}`;
};

const PHASES = {
  page: 'Before the request', scheduler: 'Queueing', cache: 'Stalled, cache lock', pool: 'Stalled, no free connection',
  connect: 'Initial connection', send: 'Request sent', server: 'Waiting for the server', body: 'Content download',
};

const MOMENTS = {ready: 'ready', error: 'error', recovered: 'error cleared'};
const wrong = (row) => ['aborted', 'failed', 'cancelled', 'superseded', 'left'].includes(row.outcome);
const ENDS = {ok: '', aborted: 'aborted by its deadline', failed: 'failed', cancelled: 'cancelled', superseded: 'aborted by the next call', left: 'ended by the navigation', coalesced: 'joined another call', unfinished: 'not ended', cached: 'from the cache'};

/** A request in words: its life and where its time went. */
export const told = row => {
  const life = row.ended_ms === null ? 'not ended' : time(row.ended_ms - row.issued_ms);
  const parts = row.phases.filter(([, , ms]) => ms >= 0.05).map(([key, , ms]) => `${PHASES[key].toLowerCase()} ${time(ms)}`);
  const end = ENDS[row.outcome] && row.outcome !== 'unfinished' ? `, ${ENDS[row.outcome]}` : '';
  return `${row.name}: ${life}${end}; issued at ${time(row.issued_ms)}${parts.length ? '; ' + parts.join(', ') : ''}`;
};

/** Rows that are shown first: what decided the load, then some of each class. */
const chosen = (rows, filter, most) => {
  const words = filter.toLowerCase();
  const fits = rows.filter(row => !words || `${row.name} ${row.url}`.toLowerCase().includes(words));
  const seen = new Map();
  const rank = fits.map(row => {
    const number = (seen.get(row.class) ?? 0) + 1;
    seen.set(row.class, number);
    return [!row.culprit, !(row.decisive && wrong(row)), number > 6, !row.decisive, row.kind !== 'socket', row.number];
  });
  const order = fits.map((row, at) => at).sort((one, other) => {
    for (let key = 0; key < 6; key += 1) if (rank[one][key] !== rank[other][key]) return rank[one][key] - rank[other][key];
    return 0;
  });
  return {rows: order.slice(0, most).map(at => fits[at]).sort((one, other) => one.number - other.number), left: fits.length - most};
};

const ROW = 22, LANE = 20;

/**
 * A load: a row for each request, the slots of each origin and the queue before them, on one axis. `view` has the times from
 * and to, the width, a filter, the most rows and the lines for moments; `say` gets a request in words; `zoom` the times that were dragged over.
 */
export const waterfall = (picture, view, say, zoom) => {
  const {from, to, width, filter, most} = view;
  const narrow = width < 560, left = width < 400 ? 100 : narrow ? 128 : Math.min(230, width * 0.28), right = width - (narrow ? 8 : 64);
  const x = ms => round(left + (Math.min(Math.max(ms, from), to) - from) / (to - from) * (right - left));
  const within = (one, other) => other > from && one < to;
  const {rows, left: more} = chosen(picture.rows.filter(row => row.issued_ms < to), filter, most);
  const letters = Math.floor((left - 14) / 6.9);
  const ground = [], marks = [];
  // Each moment has a line of its own for its words.
  const LINE = 14;
  let y = 36 + LINE * Math.max(view.moments - 1, 0);
  const bar = (row, at) => row.phases.filter(([, start, ms]) => within(start, start + ms)).map(([key, start, ms]) =>
    svg('rect', {class: `phase ${row.kind === 'socket' && key === 'body' ? 'open' : key}`, x: x(start), width: Math.max(x(start + ms) - x(start), 0.8), y: at + 5, height: ROW - 10}));
  const items = rows.map((row, number) => {
    const at = y;
    y += ROW;
    const end = row.ended_ms ?? picture.horizon_ms;
    const words = wrong(row) || row.outcome === 'ok' ? time(end - row.issued_ms)
      : row.kind === 'socket' ? 'open' : {coalesced: 'joined', cached: 'cached', unfinished: 'pending'}[row.outcome];
    return svg('g', {
      class: `row${wrong(row) ? ' aborted' : ''}`, role: 'option', 'aria-selected': 'false', tabindex: number ? -1 : 0,
      'data-number': row.number,
    },
    svg('rect', {class: number % 2 ? 'stripe' : 'stripe odd', x: 0, y: at, width, height: ROW}),
    svg('text', {class: 'name', x: 4, y: at + 15}, shortened(plain(row.name), letters)),
    bar(row, at),
    wrong(row) && within(row.ended_ms, row.ended_ms) && svg('path', {class: 'end', d: `M${x(row.ended_ms)},${at + 2}v${ROW - 4}`}),
    row.deadline_ms !== null && !wrong(row) && within(row.deadline_ms, row.deadline_ms)
      && svg('path', {class: 'deadline', d: `M${x(row.deadline_ms)},${at + 3}v${ROW - 6}`}),
    !narrow && svg('text', {class: 'life', x: width - 4, y: at + 15, 'text-anchor': 'end'}, ` ${words}`));
  });
  if (more > 0) {
    marks.push(svg('text', {class: 'quiet', x: 4, y: y + 15}, `and ${more} more`));
    y += ROW;
  }
  const bottom = y;
  const names = new Map(picture.rows.map(row => [row.number, row]));
  for (const origin of picture.origins) {
    y += 26;
    const head = `${Math.max(origin.limit, origin.lanes)} ${origin.kind}s of ${plain(origin.host)}`, long = `${head} and the requests that hold them`;
    const room = Math.floor((width - 8) / 7.4);
    marks.push(svg('text', {class: 'head', x: 4, y: y - 6}, long.length > room ? shortened(head, room) : long));
    if (Math.max(origin.lanes, Math.min(origin.limit, 16)) <= 16) {
      for (let lane = 0; lane < Math.max(origin.lanes, origin.limit); lane += 1) {
        ground.push(svg('rect', {class: 'lane', x: left, width: right - left, y: y + lane * LANE + 2, height: LANE - 4}));
        marks.push(svg('text', {class: 'name quiet', x: left - 8, y: y + lane * LANE + 14, 'text-anchor': 'end'}, `slot ${lane + 1}`));
      }
      for (const [lane, number, start, until] of origin.held.filter(([, , start, until]) => within(start, until))) {
        const row = names.get(number), wide = x(until) - x(start), label = plain(row?.name ?? '');
        marks.push(svg('g', {class: `held class${(row?.class ?? 0) % 8}`, 'data-number': row && number},
          svg('rect', {x: x(start), width: Math.max(wide, 0.8), y: y + lane * LANE + 2, height: LANE - 4}),
          wide > 34 && svg('text', {x: x(start) + 4, y: y + lane * LANE + 14}, shortened(label, Math.floor((wide - 8) / 7.2)))));
      }
      y += Math.max(origin.lanes, origin.limit) * LANE;
    }
    const deepest = Math.max(...origin.queue.map(([, depth]) => depth), 0);
    if (deepest) {
      y += 8;
      const height = 26, base = y + height, level = depth => round(base - depth / deepest * height);
      let path = `M${left},${base}`;
      for (const [at, now] of origin.queue) {
        if (at > to) break;
        path += `H${x(at)}V${level(now)}`;
      }
      marks.push(svg('path', {class: 'queue', d: `${path}H${x(to)}V${base}Z`}));
      marks.push(svg('text', {class: 'name quiet', x: left - 8, y: base - 4, 'text-anchor': 'end'}, narrow ? `queue ≤${deepest}` : `queue, up to ${deepest}`));
      y = base;
    }
  }
  const height = y + 12;
  const steps = ticks(from, to, (right - left) / 90);
  const grid = steps.map(at => svg('line', {class: 'grid', x1: x(at), x2: x(at), y1: 4, y2: height - 8}));
  const axis = steps.map(at => svg('text', {class: 'quiet', x: x(at) + 3, y: 13}, time(at)));
  const moments = picture.moments.filter(([, at]) => within(at, at)).map(([word, at], number) => svg('g', {class: `moment ${word}`},
    svg('line', {x1: x(at), x2: x(at), y1: 20 + LINE * number, y2: bottom}),
    svg('text', {x: x(at) > width - 90 ? x(at) - 4 : x(at) + 4, y: 30 + LINE * number, 'text-anchor': x(at) > width - 90 ? 'end' : 'start'}, MOMENTS[word])));
  const shade = svg('rect', {class: 'shade', y: 0, height, width: 0, x: 0});
  const rowsGroup = svg('g', {role: 'listbox', 'aria-label': 'Requests; arrow keys move, the line above the picture has the times'}, items);
  const picked = svg('svg', {class: 'waterfall', viewBox: `0 0 ${width} ${round(height)}`, width, height: round(height)},
    svg('g', {'aria-hidden': 'true'}, ground, grid), rowsGroup, svg('g', {class: 'over', 'aria-hidden': 'true'}, axis, marks, moments, shade));
  const select = item => {
    for (const other of items) {
      other.setAttribute('aria-selected', String(other === item));
      other.setAttribute('tabindex', other === item ? 0 : -1);
    }
    say(names.get(+item.dataset.number));
  };
  const itemOf = event => event.target instanceof Element ? event.target.closest('[data-number]') : null;
  // A row or a block in a slot.
  picked.addEventListener('pointermove', event => { const item = itemOf(event); if (item) say(names.get(+item.dataset.number)); });
  rowsGroup.addEventListener('focusin', event => { const item = itemOf(event); if (item) select(item); });
  rowsGroup.addEventListener('keydown', event => {
    const at = items.indexOf(document.activeElement);
    const move = {ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: items.length - 1}[event.key];
    if (move === undefined) return;
    event.preventDefault();
    items[Math.min(Math.max(move, 0), items.length - 1)]?.focus();
  });
  // Dragging over times zooms to them.
  let start = null;
  const timeAt = event => {
    const box = picked.getBoundingClientRect();
    return from + (Math.min(Math.max((event.clientX - box.x) * width / box.width, left), right) - left) / (right - left) * (to - from);
  };
  picked.addEventListener('pointerdown', event => { if (event.pointerType === 'mouse' && event.button === 0) start = timeAt(event); });
  picked.addEventListener('pointermove', event => {
    if (start === null || !(event.buttons & 1)) { start = null; return; }
    const ends = [start, timeAt(event)].sort((one, other) => one - other);
    shade.setAttribute('x', x(ends[0]));
    shade.setAttribute('width', x(ends[1]) - x(ends[0]));
  });
  picked.addEventListener('pointerup', event => {
    if (start === null) return;
    const ends = [start, timeAt(event)].sort((one, other) => one - other);
    start = null;
    if (x(ends[1]) - x(ends[0]) > 8) zoom(ends);
    else shade.setAttribute('width', 0);
  });
  return picked;
};

/** The phases that a picture has, as a legend. */
export const legend = pictures => {
  const keys = new Set(pictures.flatMap(picture => picture.rows.flatMap(row => row.phases.map(([key]) => row.kind === 'socket' && key === 'body' ? 'open' : key))));
  const names = {...PHASES, open: 'Open socket'};
  return html('ul', {class: 'legend', 'aria-label': 'Colours'}, Object.keys(names).filter(key => keys.has(key)).map(key =>
    html('li', {}, svg('svg', {viewBox: '0 0 16 10', width: 16, height: 10, 'aria-hidden': 'true'}, svg('rect', {class: `phase ${key}`, x: 0.5, y: 0.5, width: 15, height: 9})), names[key])));
};
