// Tabs: one of several panels is shown. Arrow keys, Home and End move between the tabs.
import {by, fill, html, unbroken} from './dom.js';

/** Makes `bar` the tabs of `panels`: `[{id, title, panel}]`. `show` is told which one is shown; the answer shows another one. */
export const tabs = (bar, panels, show) => {
  const tab = id => by(`tab-${id}`);
  const choose = (id, focus) => {
    for (const {id: other, panel} of panels) {
      const selected = other === id;
      tab(other).setAttribute('aria-selected', String(selected));
      tab(other).tabIndex = selected ? 0 : -1;
      panel.hidden = !selected;
      if (selected && focus) tab(other).focus();
    }
    show(id);
  };
  bar.setAttribute('role', 'tablist');
  fill(bar, panels.map(({id, title}) => html('button', {type: 'button', role: 'tab', id: `tab-${id}`, 'aria-controls': `panel-${id}`, onclick: () => choose(id, false)}, unbroken(title))));
  for (const {id, panel} of panels) {
    panel.id = `panel-${id}`;
    panel.setAttribute('role', 'tabpanel');
    panel.setAttribute('aria-labelledby', `tab-${id}`);
  }
  bar.addEventListener('keydown', event => {
    const shown = panels.map(({id}) => id).filter(id => !tab(id).hidden);
    const at = shown.findIndex(id => tab(id) === event.target);
    const after = at + 1, before = at - 1 + shown.length;
    const next = {ArrowRight: after, ArrowDown: after, ArrowLeft: before, ArrowUp: before, Home: 0, End: shown.length - 1}[event.key];
    if (at < 0 || next === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    choose(shown[next % shown.length], true);
  });
  return choose;
};
