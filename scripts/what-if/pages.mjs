// The pages that are measured: small shells around packages of npm, and what their server answers.
//
// Rule: each is a page that its package documents, with its files unbundled as they are published, so that their number, sizes and
// chains are real. Pictures and answers of an API are bytes made from their URL.
import {createHash} from 'node:crypto';
import {existsSync, readFileSync} from 'node:fs';
import {dirname, extname, join, normalize} from 'node:path';
import {fileURLToPath} from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const TYPES = {'.js': 'text/javascript', '.mjs': 'text/javascript', '.css': 'text/css', '.html': 'text/html', '.svg': 'image/svg+xml', '.png': 'image/png',
  '.bmp': 'image/bmp', '.json': 'application/json', '.woff2': 'font/woff2', '.woff': 'font/woff', '.ttf': 'font/ttf', '.md': 'text/markdown'};

const times = (count, what) => Array.from({length: count}, (_, i) => what(i)).join('\n');
const script = (path, more = '') => `<script ${more} src="/n/${path}"></script>`;
const style = path => `<link rel=stylesheet href="/n/${path}">`;
const get = 'const get = path => fetch(path).then(answer => answer.json());';
const CODES = ['ad', 'ae', 'af', 'ag', 'ai', 'al', 'am', 'ao', 'ar', 'as', 'at', 'au', 'aw', 'ax', 'az', 'ba', 'bb', 'bd', 'be', 'bf', 'bg', 'bh', 'bi', 'bj', 'bm',
  'bn', 'bo', 'br', 'bs', 'bt', 'bw', 'by', 'bz', 'ca', 'cc', 'cd', 'cf', 'cg', 'ch', 'ci', 'ck', 'cl', 'cm', 'cn', 'co', 'cr', 'cu', 'cv', 'cw', 'cx'];

/** Each page's name and its document: head and body. */
export const PAGES = {
  modules: ['', `<script type=module>${['debounce', 'merge', 'cloneDeep', 'orderBy', 'template', 'isEqual'].map(name => `import ${name} from '/n/lodash-es/${name}.js';`).join(' ')} merge({}, {a: 1});</script>`],
  three: ['', `<script type=module>import {Vector3, Scene, PerspectiveCamera} from '/n/three/src/Three.Core.js'; new Scene().add(new PerspectiveCamera());</script>`],
  flags: [`${style('flag-icons/css/flag-icons.min.css')}`, times(50, i => `<img width=40 height=30 src="/n/flag-icons/flags/4x3/${CODES[i]}.svg">`)],
  photos: [style('bootstrap/dist/css/bootstrap.min.css'), times(24, i => `<img width=200 height=150 src="/random/${20 + (i * 37) % 60}/photo-${i}.bmp">`)],
  editor: ['', `<pre id=e style="height:300px">function a() { return 1; }</pre>${script('ace-builds/src-min-noconflict/ace.js')}${script('ace-builds/src-min-noconflict/ext-language_tools.js')}
    <script>ace.config.set('basePath', '/n/ace-builds/src-min-noconflict'); const e = ace.edit('e'); e.setTheme('ace/theme/monokai'); e.session.setMode('ace/mode/javascript');
    ['html', 'css', 'python', 'rust', 'sql', 'yaml'].forEach(mode => ace.config.loadModule(['mode', 'ace/mode/' + mode]));</script>`],
  map: [style('leaflet/dist/leaflet.css') + script('leaflet/dist/leaflet.js'), `<div id=m style="width:900px;height:600px"></div><script>${get}
    const map = L.map('m').setView([47, 9], 8); L.tileLayer('/random/14/tile-{z}-{x}-{y}.bmp').addTo(map);
    get('/api/points?kb=40&ms=80').then(() => { L.marker([47, 9]).addTo(map); return get('/api/details?kb=5&ms=30'); });</script>`],
  swagger: [style('swagger-ui-dist/swagger-ui.css'), `<div id=s></div>${script('swagger-ui-dist/swagger-ui-bundle.js')}${script('swagger-ui-dist/swagger-ui-standalone-preset.js')}
    <script>SwaggerUIBundle({url: '/api/openapi?kb=60&ms=50', dom_id: '#s', presets: [SwaggerUIBundle.presets.apis, SwaggerUIStandalonePreset], layout: 'StandaloneLayout'});</script>`],
  formulas: [`<script>MathJax = {loader: {load: ['[tex]/mhchem', '[tex]/physics', '[tex]/color', 'a11y/assistive-mml']}, tex: {packages: {'[+]': ['mhchem', 'physics', 'color']}}};</script>${script('mathjax/es5/startup.js', 'async')}`,
    times(12, i => `<p>\\(\\sum_{i=1}^{${i}} \\sqrt{x_i} \\mathcal{L} \\mathbb{R} \\ce{H2O} \\pdv{f}{x}\\)</p>`)],
  slides: [style('reveal.js/dist/reset.css') + style('reveal.js/dist/reveal.css') + style('reveal.js/dist/theme/white.css'),
    `<div class=reveal><div class=slides>${times(6, i => `<section><img src="/random/${30 + i * 7}/slide-${i}.bmp"></section>`)}</div></div>
    <script type=module>import Reveal from '/n/reveal.js/dist/reveal.mjs'; import markdown from '/n/reveal.js/dist/plugin/markdown.mjs'; import highlight from '/n/reveal.js/dist/plugin/highlight.mjs';
    Reveal.initialize({plugins: [markdown, highlight]}).then(() => fetch('/api/notes?kb=8&ms=20'));</script>`],
  classic: [style('bootstrap/dist/css/bootstrap.css') + style('@fortawesome/fontawesome-free/css/all.css') + style('katex/dist/katex.css'),
    `<i class="fa-solid fa-user"></i><i class="fa-brands fa-github"></i><i class="fa-regular fa-star"></i><p class=katex>x<span class=mathnormal>f</span></p><img src="/random/45/hero.bmp">${times(6, i => `<img src="/random/${6 + i}/card-${i}.bmp">`)}
    ${script('jquery/dist/jquery.js')}${script('@popperjs/core/dist/umd/popper.js')}${script('bootstrap/dist/js/bootstrap.js')}${script('katex/dist/katex.js', 'defer')}
    <script>$(() => { $.getJSON('/api/user?kb=2&ms=60', () => { for (let i = 0; i < 5; i++) $.getJSON('/api/panel-' + i + '?kb=12&ms=' + (40 + 30 * i)); }); });</script>`],
  richtext: [script('tinymce/tinymce.js'), `<textarea>Hello</textarea><script>tinymce.init({selector: 'textarea', license_key: 'gpl', plugins: 'advlist autolink lists link image charmap preview anchor searchreplace code fullscreen table wordcount'});</script>`],
  panels: ['', `<div id=c style="width:600px;height:300px"></div>${script('echarts/dist/echarts.js')}<script>${get}
    const chart = echarts.init(document.getElementById('c'));
    get('/api/session?kb=1&ms=30').then(() => Promise.all(Array.from({length: 12}, (_, i) => get('/api/series-' + i + '?kb=' + (5 + i * 4) + '&ms=' + (20 + i * 15)).then(() => i % 3 ? 0 : get('/api/legend-' + i + '?kb=3&ms=25')))).then(() => chart.setOption({xAxis: {}, yAxis: {}, series: [{type: 'line', data: [[0, 1], [1, 2]]}]})));</script>`],
  modes: [style('codemirror/lib/codemirror.css') + style('codemirror/theme/monokai.css'), `<textarea id=t></textarea>${script('codemirror/lib/codemirror.js')}
    ${['javascript', 'css', 'xml', 'htmlmixed', 'python', 'rust', 'sql', 'yaml', 'markdown', 'clike', 'go', 'ruby', 'php', 'shell', 'swift', 'r', 'perl', 'lua', 'vue', 'sass', 'dart', 'haskell', 'julia', 'toml'].map(mode => script(`codemirror/mode/${mode}/${mode}.js`)).join('\n')}
    <script>CodeMirror.fromTextArea(document.getElementById('t'));</script>`],
  // The pages below were measured after the rules of `sixslot import` were chosen (HELD_OUT of scripts/replay-what-if).
  dates: ['', `<script type=module>import {format, addDays, parseISO} from '/n/date-fns/index.js'; document.title = format(addDays(parseISO('2026-01-31'), 30), 'PPPP');</script>`],
  components: [style('@shoelace-style/shoelace/cdn/themes/light.css'), `<sl-button>Go<sl-icon slot=prefix name=gear></sl-icon></sl-button><sl-input label=Name></sl-input><sl-select label=Size><sl-option value=s>S</sl-option></sl-select>
    <sl-dialog label=D>D</sl-dialog><sl-rating></sl-rating><sl-tab-group><sl-tab slot=nav panel=a>A</sl-tab><sl-tab-panel name=a>a</sl-tab-panel></sl-tab-group><sl-icon name=house></sl-icon><sl-icon name=star></sl-icon>
    <script type=module src="/n/@shoelace-style/shoelace/cdn/shoelace-autoloader.js"></script>`],
  gallery: [style('bootstrap/dist/css/bootstrap.min.css'), times(60, i => `<img width=90 height=70 src="/random/${3 + (i * i * 7) % 41}/picture-${i}.bmp">`) + script('bootstrap/dist/js/bootstrap.bundle.min.js')],
  layers: [style('ol/ol.css') + script('ol/dist/ol.js'), `<div id=m style="width:1000px;height:700px"></div><script>${get}
    const source = new ol.source.XYZ({url: '/random/18/layer-{z}-{x}-{y}.bmp'});
    const map = new ol.Map({target: 'm', layers: [new ol.layer.Tile({source})], view: new ol.View({center: ol.proj.fromLonLat([9, 47]), zoom: 9})});
    get('/api/tracks?kb=120&ms=150').then(() => Promise.all([1, 2, 3].map(i => get('/api/track-' + i + '?kb=25&ms=' + 40 * i))));</script>`],
  code: [`${style('monaco-editor/min/vs/editor/editor.main.css')}${script('monaco-editor/min/vs/loader.js')}`, `<div id=e style="height:400px"></div><script>
    require.config({paths: {vs: '/n/monaco-editor/min/vs'}}); require(['vs/editor/editor.main'], () => { monaco.editor.create(document.getElementById('e'), {value: '# a', language: 'markdown'});
    ['python', 'rust', 'sql', 'yaml', 'go', 'ruby', 'php', 'xml'].forEach(language => monaco.editor.colorize('a', language)); });</script>`],
  docs: [style('docsify/dist/themes/core.css'), `<div id=app></div><script>window.$docsify = {basePath: '/n/docsify/', homepage: 'README.md', loadSidebar: 'CHANGELOG.md', loadNavbar: 'README.md', alias: {'/.*/CHANGELOG.md': '/CHANGELOG.md', '/.*/README.md': '/README.md'}};</script>
    ${script('docsify/dist/docsify.min.js')}${script('docsify/dist/plugins/search.min.js')}${script('docsify/dist/plugins/emoji.min.js')}${script('docsify/dist/plugins/zoom-image.min.js')}${['bash', 'json', 'typescript', 'markdown', 'yaml', 'docker'].map(name => script(`prismjs/components/prism-${name}.min.js`)).join('')}`],
  letters: [[100, 300, 400, 500, 700, 900].map(weight => style(`@fontsource/inter/${weight}.css`) + style(`@fontsource/roboto/${weight}.css`)).join(''),
    times(2, f => times(6, i => `<p style="font:${[100, 300, 400, 500, 700, 900][i]} 20px ${['Inter', 'Roboto'][f]}">Plain \u0416\u0434\u0443 \u03b1\u03b2\u03b3 \u0159\u016f ${i}</p>`))],
  checkout: [style('bootstrap/dist/css/bootstrap.css'), `<div id=a>{{lines.length}}</div>${script('vue/dist/vue.global.prod.js')}<script>${get}
    Vue.createApp({data: () => ({lines: []}), async mounted() { await get('/api/token?kb=1&ms=120'); const [cart, user] = await Promise.all([get('/api/cart?kb=30&ms=200'), get('/api/me?kb=2&ms=90')]); await get('/api/shipping?kb=6&ms=250'); this.lines = [cart, user]; }}).mount('#a');</script>`],
  figures: ['', `${script('chart.js/dist/chart.umd.js')}${times(4, i => `<canvas id=c${i} width=300 height=150></canvas>`)}<script>${get}
    get('/api/filters?kb=4&ms=60').then(async () => { for (const group of [0, 1, 2, 3]) { await Promise.all(Array.from({length: 9}, (_, i) => get('/api/figure-' + group + '-' + i + '?kb=' + (2 + (group * 9 + i) * 5 % 37) + '&ms=' + (10 + i * group * 12)))); new Chart('c' + group, {type: 'line', data: {labels: [1, 2], datasets: [{data: [1, 2]}]}}); } });</script>`],
  player: [style('video.js/dist/video-js.css') + script('video.js/dist/video.js', 'defer'), `<video-js id=v width=640 height=360 poster="/random/140/poster.bmp"></video-js><script>${get}
    addEventListener('DOMContentLoaded', () => { videojs('v'); get('/api/playlist?kb=15&ms=110').then(() => Promise.all(Array.from({length: 8}, (_, i) => new Promise(done => { const image = new Image(); image.onload = done; image.src = '/random/' + (12 + 9 * i) + '/thumb-' + i + '.bmp'; })))); });</script>`],
};

/** Bytes that are the same for the same URL. */
function bytes(seed, length) {
  const parts = [];
  for (let i = 0; parts.length * 32 < length; i++) parts.push(createHash('sha256').update(`${seed} ${i}`).digest());
  return Buffer.concat(parts).subarray(0, length);
}

/** A picture of about so many bytes: a browser breaks off what it can't decode. */
function picture(seed, length) {
  const rows = Math.max(1, Math.round((length - 54) / 300)), pixels = bytes(seed, 300 * rows), head = Buffer.alloc(54);
  head.write('BM');
  for (const [at, value] of [[2, 54 + pixels.length], [10, 54], [14, 40], [18, 100], [22, rows], [34, pixels.length]]) head.writeUInt32LE(value, at);
  head.writeUInt16LE(1, 26);
  head.writeUInt16LE(24, 28);
  return Buffer.concat([head, pixels]);
}

const kept = new Map();
/** The answer for a URL: its type, its body and how long the server takes, in ms; none: not found. */
export function answer(target) {
  const {pathname, searchParams} = new URL(target, 'http://page');
  const ms = Number(searchParams.get('ms') ?? 0);
  if (!kept.has(target)) kept.set(target, content(pathname, searchParams));
  const found = kept.get(target);
  return found && {...found, ms};
}

function content(pathname, query) {
  const page = PAGES[pathname.slice(1, -1)];
  if (page) {
    const body = query.get('images') === 'low' ? page[1].replaceAll('<img ', '<img fetchpriority=low ') : page[1];
    return {type: 'text/html', body: Buffer.from(`<!doctype html><html><head><meta charset=utf-8><link rel=icon href=data:,>${page[0]}</head><body>${body}</body></html>`)};
  }
  const [, kind, ...rest] = pathname.split('/');
  if (kind === 'random') return {type: TYPES[extname(pathname)], body: picture(pathname, Number(rest[0]) * 1000)};
  if (kind === 'api') {
    const body = {openapi: '3.0.0', info: {title: 'shop', version: '1'}, paths: {}, filler: bytes(pathname, Number(query.get('kb')) * 500).toString('hex')};
    return {type: 'application/json', body: Buffer.from(JSON.stringify(body))};
  }
  const file = kind === 'n' && join(here, 'node_modules', normalize(`/${rest.join('/')}`));
  return file && existsSync(file) ? {type: TYPES[extname(file)] ?? 'application/octet-stream', body: readFileSync(file)} : undefined;
}
