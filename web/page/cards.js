// The answer: the sentence, and for each side (as it is, and with the chosen fixes) its share of failures and times to ready.
import {bound, interval, ready} from './draw.js';
import {by, fill, html, sentence, unbroken} from './dom.js';
import {between, count, percent, time} from './words.js';

/** Shows the estimates that are there: `sides` are `{name, kind, look, total}`, the one without fixes first. */
export const cards = sides => {
  const known = sides.filter(side => side.look);
  const most = bound(Math.max(...known.map(({look}) => look.answer.interval?.high ?? look.answer.late), 0.001));
  const slowest = Math.max(...known.flatMap(({look}) => look.ready_percentiles_ms.filter(ms => ms !== null)), 0);
  fill(by('cards'), sides.map((side, number) => {
    const {look, total} = side;
    if (!look) return html('div', {class: `card ${side.kind}`}, html('h2', {}, unbroken(side.name)), html('p', {class: 'quiet'}, 'simulating …'));
    const {answer} = look, {interval: range} = answer, data = answer.interval_with_data;
    const before = number > 0 && sides[0].look ? [['before', sides[0].look.ready_percentiles_ms]] : [];
    const judged = answer.probability !== null;
    const finished = answer.loads >= total;
    return html('div', {class: `card ${side.kind}`, 'data-loads': answer.loads}, html('h2', {}, unbroken(side.name)),
      html('section', {}, html('h3', {}, judged ? 'loads that fail' : 'failure is not judged; late loads'),
        html('p', {class: 'big'}, percent(judged ? answer.probability : answer.late).replace(' ', '\u00a0')),
        judged && html('p', {class: 'quiet'}, `95 % interval ${between(data ?? range)}${data ? ', with the uncertainty of the archives' : ''}`),
        judged && interval(answer.probability, data ?? range, Math.max(most, bound((data ?? range).high))),
        html('p', {class: 'progress'}, html('progress', {max: total, value: answer.loads, 'aria-label': `${side.name}: loads simulated`}),
          `${judged ? `${count(answer.failures)} of ` : ''}${count(answer.loads)} loads${judged ? ' failed' : ''}${finished ? '' : ` of ${count(total)}`}`)),
      html('section', {}, html('h3', {}, 'time to ready, median and 95 % of loads'),
        html('p', {class: 'big'}, time(answer.ready_ms?.p50), ' ', html('small', {}, time(answer.ready_ms?.p95))),
        html('p', {class: 'quiet'}, `late: ${percent(answer.late)}`),
        ready([...before, [side.kind, look.ready_percentiles_ms]], slowest)));
  }));
};

export const headline = (look, compared) => {
  fill(by('headline'), look ? sentence(look.headline) : '…');
  by('clause').hidden = !compared?.clause;
  fill(by('clause'), compared?.clause ? sentence(compared.clause) : '');
  const notes = look?.answer.notes ?? [];
  fill(by('notes'), notes.map(note => html('p', {class: 'quiet'}, sentence(note))));
};
