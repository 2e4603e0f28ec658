// Numbers and times for people, as the command writes them.

/** A share: two digits that count, 0 % only for none and 100 % only for all. */
export const percent = share => {
  const value = share * 100, rest = 100 - value;
  const places = part => Math.min(Math.max(1 - Math.floor(Math.log10(part)), 2), 8);
  if (share === 0 || share >= 1) return `${value.toFixed(0)} %`;
  if (value < 1) return `${value.toFixed(places(value))} %`;
  return `${value.toFixed(value < 99.95 ? 1 : places(rest))} %`;
};

/** A share where there is little room. */
export const short = share => {
  const value = share * 100;
  if (share === 0 || share === 1) return `${value} %`;
  if (value < 0.1) return '<0.1 %';
  if (value > 99.9) return '>99.9 %';
  return `${value.toFixed(value < 9.95 || value > 99 ? 1 : 0)} %`;
};

export const between = ({low, high}) => `${percent(low).replace(' %', '')} to ${percent(high)}`;

/** Milliseconds; none is infinite. */
export const time = ms => {
  if (ms === null || ms === undefined) return 'never';
  if (ms >= 10000) return `${(ms / 1000).toFixed(1)} s`;
  if (ms >= 1000) return `${(ms / 1000).toFixed(2)} s`;
  return ms >= 10 || Number.isInteger(ms) ? `${ms.toFixed(0)} ms` : `${ms.toFixed(1)} ms`;
};

/** A length of time as a scenario has it. */
export const span = ms => Number.isInteger(ms / 1000) ? `${ms / 1000}s` : `${+ms.toFixed(3)}ms`;

/** Steps of an axis to `most`: 1, 2 or 5 times a power of ten, about `count` of them. */
export const ticks = (from, to, count) => {
  const rough = (to - from) / Math.max(count, 1), power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map(of => of * power).find(step => step >= rough) ?? rough;
  const found = [];
  for (let at = Math.ceil(from / step - 1e-9) * step; at <= to + step * 1e-9 && found.length < 50; at += step) found.push(at);
  return found;
};

export const count = number => number.toLocaleString('en-US').replaceAll(',', '\u202f');

/** Visible in place of characters that act: control characters and marks of direction, as the command shows them. */
export const plain = text => String(text).replace(/[\u0000-\u001f\u007f-\u009f]/g, ' ').replace(/[\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g, '\ufffd');

/** An argument for a shell. */
export const quoted = text => /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
