// One load, or the same load on two sides: what to zoom, filter and read with, and the waterfalls on one axis of time.
import {fill, html, sentence, unbroken} from './dom.js';
import {legend, told, waterfall} from './waterfall.js';
import {plain} from './words.js';

// Requests that are shown at first, and at most.
const FEW = 30, MANY = 4000;

export class Viewer {
  /** Fills `box`; `lead` stands before the tools. */
  constructor(box, lead = []) {
    Object.assign(this, {window: null, filter: '', most: FEW, sides: []});
    const button = (text, act, name = null) => html('button', {type: 'button', 'aria-label': name, onclick: act}, text);
    this.whole = button('whole', () => this.look({window: null}));
    this.more = button('all requests', () => this.look({most: this.most > FEW ? FEW : MANY}));
    this.reading = html('p', {class: 'reading', 'aria-live': 'polite'}, 'Point at a request, or tab to the picture and move with the arrow keys, to read where its time went. Drag to zoom.');
    this.boxes = html('div', {class: 'sides'});
    this.colours = html('div', {});
    fill(box,
      html('p', {class: 'tools'}, lead,
        html('label', {}, 'filter ', html('input', {type: 'search', name: 'filter', oninput: event => this.look({filter: event.target.value})})),
        button('+', () => this.zoom(0.5), 'zoom in'), button('−', () => this.zoom(2), 'zoom out'),
        button('←', () => this.move(-0.4), 'earlier'), button('→', () => this.move(0.4), 'later'), this.whole, this.more),
      this.reading, this.boxes, this.colours);
  }

  /** Shows `{name, outcome, failed, picture}` for each side; a side without a name has a heading elsewhere. */
  show(sides) {
    this.sides = sides;
    this.draw();
  }

  look(changes) {
    Object.assign(this, changes);
    this.draw();
  }

  /** The times that are shown, and the last one that can be. */
  times() {
    const last = of => Math.max(...this.sides.map(({picture}) => picture[of]));
    return [...this.window ?? [0, last('end_ms')], last('horizon_ms')];
  }

  zoom(factor) {
    const [from, to, end] = this.times(), middle = (from + to) / 2, half = Math.max((to - from) / 2 * factor, 0.5);
    this.look({window: 2 * half >= end ? null : [Math.max(middle - half, 0), Math.min(middle + half, end)]});
  }

  move(part) {
    const [from, to, end] = this.times(), by = Math.min(Math.max((to - from) * part, -from), end - to);
    this.look({window: [from + by, to + by]});
  }

  draw() {
    const {sides} = this;
    if (!sides.length) return;
    const [from, to] = this.times();
    this.whole.disabled = !this.window;
    fill(this.more, this.most > FEW ? 'fewer requests' : 'all requests');
    this.boxes.classList.toggle('two', sides.length > 1);
    fill(this.boxes, sides.map(side => html('div', {class: 'side'}, side.name && [html('h3', {}, unbroken(side.name)),
      html('p', {class: side.failed ? 'bad' : ''}, sentence(side.outcome))], html('div', {class: 'picture'}))));
    fill(this.colours, legend(sides.map(side => side.picture)));
    const moments = Math.max(...sides.map(side => side.picture.moments.length));
    for (const [at, box] of [...this.boxes.querySelectorAll('.picture')].entries()) {
      const view = {from, to, width: Math.max(box.clientWidth, 300), filter: this.filter, most: this.most, moments};
      const say = row => fill(this.reading, plain(told(row)), ' ', html('code', {}, row.url));
      fill(box, waterfall(sides[at].picture, view, say, window => this.look({window})));
    }
  }
}
