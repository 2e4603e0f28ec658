// What the page of `sixslot report` does on its own: cells read aloud, and a slider over loads.
// It makes no request, keeps nothing, and writes text only, never markup.
'use strict';
(() => {
  document.documentElement.classList.add('script');

  // Heat maps: a cell's reading is its name. One cell of each map can be tabbed to; arrows move it.
  const reading = document.getElementById('reading');
  const maps = Array.from(document.querySelectorAll('.map'));
  const cellOf = event => event.target instanceof Element ? event.target.closest('.cell') : null;
  const at = (map, x, y) => map.querySelector(`.cell[data-x="${x}"][data-y="${y}"]`);
  let marked = [];

  const show = cell => {
    reading.textContent = cell.getAttribute('aria-label');
    for (const other of marked) other.classList.remove('same');
    marked = maps.map(map => at(map, cell.dataset.x, cell.dataset.y)).filter(other => other && other !== cell);
    for (const other of marked) other.classList.add('same');
  };

  const moves = {ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1], Home: [-Infinity, 0], End: [Infinity, 0]};
  for (const map of maps) {
    const cells = Array.from(map.querySelectorAll('.cell'));
    const last = {x: Math.max(...cells.map(cell => cell.dataset.x)), y: Math.max(...cells.map(cell => cell.dataset.y))};
    const within = (value, most) => Math.min(Math.max(value, 0), most);
    for (const cell of cells) cell.setAttribute('tabindex', '-1');
    // The upper left cell is where reading begins.
    let current = at(map, 0, last.y);
    current.setAttribute('tabindex', '0');
    const take = cell => {
      current.setAttribute('tabindex', '-1');
      cell.setAttribute('tabindex', '0');
      current = cell;
    };
    // Not pointerover: a page that scrolls to the focused cell moves others under a pointer at rest, which must not talk over the keys.
    map.addEventListener('pointermove', event => {
      const cell = cellOf(event);
      if (cell) show(cell);
    });
    map.addEventListener('click', event => cellOf(event)?.focus());
    map.addEventListener('focusin', event => {
      const cell = cellOf(event);
      if (!cell) return;
      take(cell);
      show(cell);
    });
    map.addEventListener('keydown', event => {
      const cell = cellOf(event), move = moves[event.key];
      if (!cell || !move || event.altKey || event.ctrlKey || event.metaKey) return;
      event.preventDefault();
      at(map, within(+cell.dataset.x + move[0], last.x), within(+cell.dataset.y + move[1], last.y)).focus();
    });
  }
  if (reading && maps.length) {
    reading.textContent = 'Point at a cell to read it, or tab to a map and move with the arrow keys.';
    reading.hidden = false;
  }

  // Loads: the slider shows one at a time.
  const slider = document.getElementById('load');
  const loads = Array.from(document.querySelectorAll('.load'));
  if (slider && loads.length > 1) {
    const choose = number => {
      slider.value = number;
      loads.forEach((load, at) => { load.hidden = at !== number; });
      slider.setAttribute('aria-valuetext', loads[number].querySelector('figcaption p').textContent);
    };
    slider.addEventListener('input', () => choose(+slider.value));
    for (const button of document.querySelectorAll('button[data-load]')) {
      button.addEventListener('click', () => choose(+button.dataset.load));
    }
    const typical = loads.findIndex(load => load.matches('.typical.failed'));
    choose(typical < 0 ? loads.findIndex(load => load.matches('.typical')) : typical);
    document.getElementById('choice').hidden = false;
  }
})();
