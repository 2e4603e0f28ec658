// The loads: a slider shows one at a time, the same load with a fix beside it, and the fragment of the address keeps which.
import {by, fill, html, unbroken} from '../../../web/page/dom.js';
import {Viewer} from '../../../web/page/viewer.js';

export const loads = () => {
  const figures = Array.from(document.querySelectorAll('.load')), slider = by('load'), box = by('viewer');
  if (!figures.length) return;
  const held = JSON.parse(by('pictures').textContent);
  const number = at => +figures[at].dataset.number;
  let at = 0, fixed = false;
  const fragment = () => `#load=${number(at)}${fixed ? '&fix' : ''}`;
  const beside = html('button', {type: 'button', 'aria-pressed': 'false', onclick: () => { fixed = !fixed; show(); keep(); }}, 'with ', unbroken(held.fix ?? ''));
  const link = html('a', {}, 'link to this load');
  box.hidden = false;
  const viewer = new Viewer(box, [held.fix !== null && beside, link]);

  const show = () => {
    const {base, fixed: other} = held.loads[at], both = fixed && other;
    beside.disabled = !other;
    beside.setAttribute('aria-pressed', String(Boolean(both)));
    link.setAttribute('href', fragment());
    // A load that had no room as data is a picture already.
    box.hidden = !base;
    figures[at].classList.toggle('undrawn', !base);
    if (base) viewer.show([{...base, name: both ? 'As it is' : ''}, ...both ? [{...other, name: `With ${held.fix}`}] : []]);
  };
  const choose = next => {
    at = next;
    slider.value = at;
    figures.forEach((figure, other) => { figure.hidden = other !== at; });
    slider.setAttribute('aria-valuetext', figures[at].querySelector('figcaption p').textContent);
    fill(by('missing'));
    viewer.window = null;
    show();
  };
  const keep = () => history.replaceState(null, '', fragment());
  const take = next => { choose(next); keep(); };

  slider.addEventListener('input', () => take(+slider.value));
  for (const button of document.querySelectorAll('button[data-load]')) button.addEventListener('click', () => take(+button.dataset.load));
  by('choice').hidden = figures.length < 2;

  /** Shows the load that the address names; whether it names one. */
  const named = () => {
    const found = /^#load=(\d{1,16})(&fix)?$/.exec(location.hash);
    if (!found) return false;
    const which = figures.findIndex((_, other) => number(other) === Number(found[1]));
    by('loads').scrollIntoView();
    if (which < 0) {
      fill(by('missing'), `Load ${found[1]} is not in this report; --replication ${found[1]} in the command below shows it.`);
      return false;
    }
    fixed = Boolean(found[2]);
    choose(which);
    return true;
  };
  const typical = figures.findIndex(figure => figure.matches('.typical.failed'));
  choose(typical < 0 ? figures.findIndex(figure => figure.matches('.typical')) : typical);
  named();
  addEventListener('hashchange', named);
  let width = innerWidth;
  addEventListener('resize', () => {
    if (innerWidth === width) return;
    width = innerWidth;
    viewer.draw();
  });
};
