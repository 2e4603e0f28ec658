// Pictures of shares: an interval, the times to ready, a map of two parameters, a change.
import {html, svg} from './dom.js';
import {short, ticks, time} from './words.js';

const round = number => Math.round(number * 100) / 100;

/** The least round bound of an axis for shares. */
export const bound = share => [0.001, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5].find(bound => share <= bound) ?? 1;

/** A share and its interval on an axis from 0 to `most`. */
export const interval = (share, range, most) => {
  const x = value => round(Math.min(value / most, 1) * 300);
  const axis = ticks(0, most, 4);
  return svg('svg', {viewBox: '-14 0 336 42', class: 'interval', 'aria-hidden': 'true'},
    svg('line', {class: 'axis', x1: 0, x2: 300, y1: 22, y2: 22}),
    axis.map(at => svg('line', {class: 'axis', x1: x(at), x2: x(at), y1: 22, y2: 26})),
    axis.map(at => svg('text', {x: x(at), y: 38, 'text-anchor': 'middle'}, short(at))),
    svg('rect', {class: 'range', x: x(range.low), width: Math.max(x(range.high) - x(range.low), 1.5), y: 8, height: 12}),
    svg('line', {class: 'value', x1: x(share), x2: x(share), y1: 5, y2: 23}));
};

/** The share of loads that are ready by a time, from percentiles: one line for each `[class, percentiles]`. */
export const ready = (curves, least = 0) => {
  const finite = curves.flatMap(([, percentiles]) => percentiles).filter(ms => ms !== null);
  const most = Math.max(...finite, least, 1) * 1.04;
  const x = ms => round(ms / most * 300), y = part => round(92 - part * 0.84);
  const path = percentiles => {
    const known = percentiles.filter(ms => ms !== null);
    if (!known.length) return `M0,${y(0)}H300`;
    const steps = known.map((ms, part) => `${part ? 'L' : 'M'}${x(ms)},${y(part)}`).join('');
    return `M0,${y(0)}L${x(known[0])},${y(0)}${steps.replace('M', 'L')}H300`;
  };
  return svg('svg', {viewBox: '-42 0 354 112', class: 'ready', 'aria-hidden': 'true'},
    [0, 50, 100].map(part => [
      svg('line', {class: 'grid', x1: 0, x2: 300, y1: y(part), y2: y(part)}),
      svg('text', {x: -5, y: y(part) + 4, 'text-anchor': 'end'}, `${part} %`),
    ]),
    ticks(0, most, 4).map(at => svg('text', {x: x(at), y: 108, 'text-anchor': at === 0 ? 'start' : 'middle'}, time(at))),
    curves.map(([name, percentiles]) => svg('path', {class: name, d: path(percentiles)})));
};

/** The share of failed loads over two parameters, as a table; `cells[row][column]` is null until it is there. */
export const map = (axes, cells, current, threshold) => {
  const [across, along] = axes;
  const over = cell => cell && cell.share > threshold;
  const cellOf = (row, column) => {
    const cell = cells[row]?.[column];
    const edges = [
      over(cell) && row + 1 < cells.length && cells[row + 1][column] && !over(cells[row + 1][column]) && 'above',
      over(cell) && row > 0 && cells[row - 1][column] && !over(cells[row - 1][column]) && 'below',
      over(cell) && column > 0 && cells[row][column - 1] && !over(cells[row][column - 1]) && 'before',
      over(cell) && cells[row][column + 1] && !over(cells[row][column + 1]) && 'after',
    ].filter(Boolean);
    const own = current[0] === across.values[column] && (!along || current[1] === along.values[row]);
    const level = cell ? Math.ceil(Math.sqrt(cell.share) * 10) : 0;
    return html('td', {class: ['cell', cell ? `level${level}` : 'empty', own && 'own', ...edges].filter(Boolean).join(' ')},
      html('button', {type: 'button', 'data-x': column, 'data-y': row, tabindex: -1,
        'aria-label': `${across.name} ${across.values[column]}${along ? `, ${along.name} ${along.values[row]}` : ''}: ${cell ? `${short(cell.share)} of ${cell.loads} loads ${cell.what}` : '·, not simulated yet'}; set these values`},
      cell ? short(cell.share) : '·'));
  };
  const rows = (along ? along.values : [null]).map((value, row) => html('tr', {},
    html('th', {scope: 'row'}, along ? String(value) : ''), across.values.map((_, column) => cellOf(row, column)))).reverse();
  const table = html('table', {class: 'map'},
    html('caption', {}, along ? `${along.name} upwards, ${across.name} to the right` : across.name),
    html('tbody', {}, rows),
    html('tfoot', {}, html('tr', {}, html('td', {}), across.values.map(value => html('th', {scope: 'col'}, String(value))))));
  // One cell can be tabbed to; arrows move from it.
  (table.querySelector('.own button') ?? table.querySelector('button')).tabIndex = 0;
  table.addEventListener('keydown', event => {
    const from = event.target.dataset, move = {ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1]}[event.key];
    if (!move || from.x === undefined) return;
    event.preventDefault();
    table.querySelector(`button[data-x="${+from.x + move[0]}"][data-y="${+from.y + move[1]}"]`)?.focus();
  });
  return table;
};

/** A change of a share with its interval, on the scale of all. */
export const change = (difference, range, ends) => {
  const [low, high] = ends, x = value => round(4 + (high > low ? (value - low) / (high - low) : 1) * 112);
  const kind = range.high < 0 ? 'helps' : range.low > 0 ? 'harms' : 'unclear';
  return svg('svg', {viewBox: '0 0 120 18', width: 120, height: 18, class: `change ${kind}`, 'aria-hidden': 'true'},
    svg('rect', {x: Math.min(x(0), x(difference)), width: Math.abs(x(0) - x(difference)), y: 4, height: 10}),
    svg('path', {d: `M${x(0)},0V18M${x(range.low)},9H${x(range.high)}M${x(range.low)},6v6M${x(range.high)},6v6`}));
};
