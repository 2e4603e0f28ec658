// The heat maps: one at a time as tabs, and their cells read aloud.
import {by} from '../../../web/page/dom.js';
import {tabs} from '../../../web/page/tabs.js';

const MOVES = {ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1], Home: [-Infinity, 0], End: [Infinity, 0]};
const within = (value, most) => Math.min(Math.max(value, 0), most);
const cellOf = event => event.target instanceof Element ? event.target.closest('.cell') : null;
const at = (map, x, y) => map.querySelector(`.cell[data-x="${x}"][data-y="${y}"]`);

/** A cell's reading is its name. One cell of a map can be tabbed to; arrows move it. */
const readable = (map, show) => {
  const cells = Array.from(map.querySelectorAll('.cell'));
  const last = {x: Math.max(...cells.map(cell => cell.dataset.x)), y: Math.max(...cells.map(cell => cell.dataset.y))};
  for (const cell of cells) cell.setAttribute('tabindex', '-1');
  // The upper left cell is where reading begins.
  let current = at(map, 0, last.y);
  current.setAttribute('tabindex', '0');
  // Not pointerover: a page that scrolls to the focused cell moves others under a pointer at rest, which must not talk over the keys.
  map.addEventListener('pointermove', event => {
    const cell = cellOf(event);
    if (cell) show(cell);
  });
  map.addEventListener('click', event => cellOf(event)?.focus());
  map.addEventListener('focusin', event => {
    const cell = cellOf(event);
    if (!cell) return;
    current.setAttribute('tabindex', '-1');
    cell.setAttribute('tabindex', '0');
    current = cell;
    show(cell);
  });
  map.addEventListener('keydown', event => {
    const cell = cellOf(event), move = MOVES[event.key];
    if (!cell || !move || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    at(map, within(+cell.dataset.x + move[0], last.x), within(+cell.dataset.y + move[1], last.y)).focus();
  });
};

export const maps = () => {
  const figures = Array.from(document.querySelectorAll('.map')), reading = by('reading');
  if (!figures.length) return;
  let read = null;
  const show = cell => {
    read?.classList.remove('same');
    read = cell;
    cell.classList.add('same');
    reading.textContent = cell.getAttribute('aria-label');
  };
  for (const map of figures) readable(map, show);
  reading.textContent = 'Point at a cell to read it, or tab to a map and move with the arrow keys.';
  reading.hidden = false;
  if (figures.length < 2) return;
  const panels = figures.map((panel, number) => ({id: `map-${number}`, title: panel.querySelector('figcaption').textContent, panel}));
  const choose = tabs(by('map-tabs'), panels, id => {
    // The same point of the other map is read next.
    if (read) show(at(by(`panel-${id}`), read.dataset.x, read.dataset.y));
  });
  by('map-tabs').hidden = false;
  choose('map-0', false);
};
