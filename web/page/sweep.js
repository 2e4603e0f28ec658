// The sweep of a report: where failures begin for each set of fixes, and the curves along each axis.
import {by, fill, html, svg, unbroken} from './dom.js';
import {short} from './words.js';

const round = number => Math.round(number * 100) / 100;

/** Where failures begin: a row for each set of fixes. */
const table = ({along, across, sets}) => {
  const number = value => html('th', {scope: 'col', class: 'number'}, String(value));
  const heads = across
    ? [html('tr', {}, html('td', {}), html('th', {scope: 'colgroup', colspan: across[1].length}, across[0])), html('tr', {}, html('th', {scope: 'col'}, 'fixes'), across[1].map(number))]
    : html('tr', {}, html('th', {scope: 'col'}, 'fixes'), number(along));
  const cell = onset => html('td', {class: 'number'}, onset ? html('strong', {}, `${onset.certain ? '' : '≈ '}${onset.value}${onset.ends ? ' *' : ''}`) : '–');
  return html('div', {class: 'scroll', tabindex: 0, role: 'region', 'aria-label': 'Where failures begin'}, html('table', {class: 'onsets'},
    html('thead', {}, heads), html('tbody', {}, sets.map(({title, onsets}) => html('tr', {}, html('th', {scope: 'row'}, unbroken(title)), onsets.map(cell))))));
};

const HEIGHT = 260, LEFT = 52, BOTTOM = 36;

/** The share of failed loads along an axis: a line for each set of fixes. `shares` has a list of shares for each. */
const curve = ({name, values}, shares, WIDTH) => {
  const least = Math.min(...values), most = Math.max(...values);
  const x = value => round(LEFT + (most > least ? (value - least) / (most - least) : 0.5) * (WIDTH - LEFT - 16)), y = share => round(12 + (1 - share) * (HEIGHT - BOTTOM - 12));
  const order = values.map((_, at) => at).sort((one, other) => values[one] - values[other]);
  return svg('svg', {viewBox: `0 0 ${WIDTH} ${HEIGHT}`, class: 'curve', role: 'img', 'aria-label': `The share of loads that fail over ${name}; the table above and the map have the numbers`},
    [0, 0.5, 1].map(share => [svg('line', {class: 'grid', x1: LEFT, x2: WIDTH - 16, y1: y(share), y2: y(share)}), svg('text', {x: LEFT - 8, y: y(share) + 4, 'text-anchor': 'end'}, short(share))]),
    values.map(value => svg('text', {x: x(value), y: HEIGHT - 20, 'text-anchor': 'middle'}, String(value))),
    svg('text', {x: (LEFT + WIDTH) / 2, y: HEIGHT - 4, 'text-anchor': 'middle'}, name),
    shares.map((line, set) => svg('g', {class: `set set${set % 6} dash${Math.floor(set / 6) % 3}`},
      svg('polyline', {points: order.map(at => `${x(values[at])},${y(line[at])}`).join(' ')}), order.map(at => svg('circle', {cx: x(values[at]), cy: y(line[at]), r: 3})))));
};

/** `held` is what a report holds: `{sweep, onsets}`. */
export const sweep = held => {
  const panel = by('panel-sweep'), {sweep: swept, onsets} = held;
  // Its letters stay readable on a telephone.
  const width = panel.clientWidth < 500 ? 340 : 640;
  const {axes} = swept, rows = axes[1]?.values.length ?? 1;
  // The first axis of a sweep changes last.
  const share = ({cells}, at) => { const [loads, failed] = cells[at[0] * rows + (at[1] ?? 0)]; return failed / loads; };
  const along = which => swept.sets.map(set => axes[which].values.map((_, index) => share(set, axes.map((_, axis) => axis === which ? index : onsets.at[axis]))));
  const others = which => axes.filter((_, axis) => axis !== which).map((axis) => `, ${axis.name} = ${axis.values[onsets.at[axes.indexOf(axis)]]}`).join('');
  const curves = axes.flatMap((axis, which) => axis.values.length < 2 ? [] : [html('h3', {}, `Failed loads over ${axis.name}${others(which)}`), curve(axis, along(which), width)]);
  const key = onsets.sets.map(({title}, set) => html('li', {}, svg('svg', {viewBox: '0 0 30 10', width: 30, height: 10, 'aria-hidden': 'true'},
    svg('g', {class: `set set${set % 6} dash${Math.floor(set / 6) % 3}`}, svg('polyline', {points: '1,5 29,5'}), svg('circle', {cx: 15, cy: 5, r: 3}))), html('span', {}, unbroken(title))));
  const ends = onsets.sets.some(set => set.onsets.some(onset => onset?.ends));
  return fill(panel, html('p', {}, 'The smallest ', html('code', {}, onsets.along), ` at which more than 1 % of loads fail${onsets.elsewhere && `, at ${onsets.elsewhere}`}.`), table(onsets),
    html('p', {class: 'quiet'}, `–: at no value of the grid. ≈: the interval of the share holds 1 %.${ends ? ' *: at a larger value no more than 1 % fail.' : ''}`),
    curves, curves.length > 0 && html('ul', {class: 'key', 'aria-label': 'Lines'}, key));
};
