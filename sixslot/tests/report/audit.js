// What is wrong with the page as it is drawn now, in words: texts without contrast to what lies behind them, texts that
// are cut off or lie over each other in a picture, and what stands beyond the page's edge. The window holds all of it.
(() => {
  const faults = [];
  const colour = text => {
    const parts = text.match(/rgba?\(([^)]+)\)/);
    return parts ? parts[1].split(/[, /]+/).map(Number) : null;
  };
  const luminance = ([r, g, b]) => {
    const linear = [r, g, b].map(c => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
  };
  const contrast = (one, other) => {
    const [low, high] = [luminance(one), luminance(other)].sort((a, b) => a - b);
    return (high + 0.05) / (low + 0.05);
  };
  const over = (top, below) => {
    const a = top[3] ?? 1;
    return [0, 1, 2].map(i => a * top[i] + (1 - a) * below[i]);
  };
  const paper = colour(getComputedStyle(document.documentElement).backgroundColor);
  const canvas = paper && (paper[3] ?? 1) > 0 ? paper : matchMedia('print').matches ? [255, 255, 255] : colour(getComputedStyle(document.body).backgroundColor);

  // The colour that is drawn at a point below an element: everything there, from the bottom up.
  const behind = (element, x, y) => {
    const all = document.elementsFromPoint(x, y);
    const below = all.slice(all.indexOf(element) + 1).reverse();
    let drawn = canvas;
    for (const one of below) {
      const style = getComputedStyle(one);
      const svg = one instanceof SVGElement && !(one instanceof SVGSVGElement);
      if (svg && (one.tagName === 'text' || one.tagName === 'tspan' || style.fill === 'none')) continue;
      const fill = colour(svg ? style.fill : style.backgroundColor);
      if (!fill) continue;
      const opacity = svg ? style.fillOpacity * style.opacity : 1;
      drawn = over([fill[0], fill[1], fill[2], (fill[3] ?? 1) * opacity], drawn);
    }
    return drawn;
  };
  const name = element => `${element.tagName} "${element.textContent.trim().slice(0, 40)}"`;

  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const drawn = [];
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const element = node.parentElement;
    if (!node.data.trim() || element.closest('script, style, title, desc') || !element.checkVisibility()) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    const boxes = Array.from(range.getClientRects()).filter(box => box.width > 1 && box.height > 1);
    if (!boxes.length) continue;
    const box = boxes[0];
    const style = getComputedStyle(element);
    const svg = element instanceof SVGElement;
    const clip = element.closest('.scroll, pre');
    // What a box of its own scrolls away is not on the page now.
    const room = clip ? clip.getBoundingClientRect() : document.documentElement.getBoundingClientRect();
    const x = box.x + box.width / 2, y = box.y + box.height / 2;
    const outside = box.right > document.documentElement.clientWidth + 1 || box.x < -1;
    if (outside && !clip) faults.push(`beyond the edge: ${name(element)}`);
    const seen = x > room.left && x < room.right && y > room.top && y < room.bottom && x < innerWidth && y < innerHeight;
    if (!seen) continue;
    const own = colour(svg ? style.fill : style.color);
    const below = behind(element, x, y);
    const ratio = contrast(over(own, below), below);
    const large = parseFloat(style.fontSize) >= 24 || (parseFloat(style.fontSize) >= 18.66 && style.fontWeight >= 700);
    if (ratio < (large ? 3 : 4.5)) faults.push(`contrast ${ratio.toFixed(2)}: ${name(element)} in ${style.fill} on ${below.map(Math.round)}, ${element.closest('figure, table, section, header')?.className}`);
    if (svg && parseFloat(style.fontSize) > 0) drawn.push({element, boxes, svg: element.closest('svg')});
  }
  // Texts of one picture do not lie over each other.
  for (let i = 0; i < drawn.length; i++) {
    for (let j = i + 1; j < drawn.length && drawn[j].svg === drawn[i].svg; j++) {
      for (const one of drawn[i].boxes) {
        for (const other of drawn[j].boxes) {
          const width = Math.min(one.right, other.right) - Math.max(one.left, other.left);
          const height = Math.min(one.bottom, other.bottom) - Math.max(one.top, other.top);
          if (width > 1 && height > 0.35 * Math.min(one.height, other.height)) {
            faults.push(`over each other: ${name(drawn[i].element)} and ${name(drawn[j].element)}`);
          }
        }
      }
    }
  }
  return faults;
})()
