// Elements. Text of strangers becomes text nodes only.
import {plain} from './words.js';

const SVG = 'http://www.w3.org/2000/svg';

export const by = id => document.getElementById(id);

const add = (node, parts, text) => {
  for (const part of parts.flat(Infinity)) {
    if (part === null || part === undefined || part === false) continue;
    node.append(part instanceof Node ? part : text(part));
  }
  return node;
};

const set = (node, attributes) => {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith('on')) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? '' : value);
  }
  return node;
};

/** An element with attributes, `on...` listeners and content. */
export const html = (name, attributes = {}, ...content) => add(set(document.createElement(name), attributes), content, plain);
export const svg = (name, attributes = {}, ...content) => add(set(document.createElementNS(SVG, name), attributes), content, plain);

/** Gives an element this content instead of its own. */
export const fill = (node, ...content) => {
  node.replaceChildren();
  return add(node, content, plain);
};

/** Words, of which a line breaks none at a hyphen; addresses and sums of names may break after each `/`, `&` and `+`. */
export const unbroken = text => String(text).split(/([+/&]|\s)/).map(word => /[+/&]/.test(word) ? [word, html('wbr')]
  : word.includes('-') && word.length <= 32 ? html('span', {class: 'whole'}, word) : word);

/** A sentence: names between backticks are code, and numbers stay with their units. */
export const sentence = text => String(text).split('`').map((part, at) => at % 2
  ? html('code', {}, unbroken(part))
  : plain(part).replace(/(\d) (%|s|ms)(?=[\s.,;:)]|$)/g, '$1\u00a0$2'));
