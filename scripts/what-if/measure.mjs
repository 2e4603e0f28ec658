// Measures pages over a link between two network namespaces: one recording each, and its loads under other networks and servers.
//
//     scripts/what-if/measure.mjs FOLDER [--loads 7] [--page NAME]... [--condition NAME]...
//
// Needs root, chromium, python3, openssl and `npm ci --prefix scripts/what-if --ignore-scripts`. FOLDER gets recordings/NAME.har.gz,
// the load under `recorded`, and measured.json: for each page and condition the end of each load and the median end of each URL, in ms
// from the document's start. The end of a page is its last request's end; a load is over when nothing was in flight for 600 ms.
import {execFileSync, spawn} from 'node:child_process';
import {createHash, X509Certificate} from 'node:crypto';
import {existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {dirname, join} from 'node:path';
import {createInterface} from 'node:readline';
import {fileURLToPath} from 'node:url';
import {parseArgs} from 'node:util';
import {gzipSync} from 'node:zlib';
import {launch} from '../devtools/chromium.mjs';
import {entry, follow} from '../devtools/har.mjs';
import {PAGES} from './pages.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const {values: options, positionals: [folder]} = parseArgs({allowPositionals: true, options: {
  loads: {type: 'string', default: '7'}, page: {type: 'string', multiple: true}, condition: {type: 'string', multiple: true}}});
/** What a condition changes of the recorded one: HTTP/1.1, 40 ms, 10 Mbit/s, answers at once, one tab, the page as it is. */
const CONDITIONS = {
  recorded: {}, h2: {h2: true}, far: {rtt: 150}, near: {rtt: 5}, thin: {rate: 1600}, slow: {delay: 300},
  'h2-far-thin': {h2: true, rtt: 150, rate: 1600}, tabs: {tabs: 2}, 'low-images': {query: '?images=low'},
};
const sleep = ms => new Promise(done => setTimeout(done, ms));
const CLIENT = 'what-if-client', SERVER = 'what-if-server';
const temporary = mkdtempSync(join(tmpdir(), 'what-if-'));

/** A program that answers each line with a line. */
async function conversation(command, ...words) {
  const process = spawn(command, words, {stdio: ['pipe', 'pipe', 'inherit']});
  const lines = createInterface({input: process.stdout})[Symbol.asyncIterator]();
  await lines.next();
  return {say: async text => { process.stdin.write(`${text}\n`); await lines.next(); }, end: () => process.stdin.end()};
}

/** Loads a page once, in as many tabs: the requests of the first. */
async function load(browser, url, tabs) {
  const {browserContextId} = await browser.call('Target.createBrowserContext');
  const others = [];
  for (let i = 1; i < tabs; i += 1) others.push((await browser.call('Target.createTarget', {url: 'about:blank', browserContextId})).targetId);
  const sessions = await Promise.all(others.map(async targetId => (await browser.call('Target.attachToTarget', {targetId, flatten: true})).sessionId));
  const {targetId} = await browser.call('Target.createTarget', {url: 'about:blank', browserContextId});
  const {sessionId} = await browser.call('Target.attachToTarget', {targetId, flatten: true});
  const requests = new Map(), take = follow(requests), flying = new Set();
  let quiet = Date.now(), loaded = false;
  browser.onEvent = message => {
    if (message.sessionId !== sessionId) return;
    const {method, params} = message;
    if (params.request && !params.request.url.startsWith('http')) return;
    if (method === 'Page.loadEventFired') loaded = true;
    if (method === 'Network.requestWillBeSent') flying.add(params.requestId);
    if (method === 'Network.loadingFinished' || method === 'Network.loadingFailed') flying.delete(params.requestId);
    if (method.startsWith('Network.')) quiet = Date.now();
    if (method.startsWith('Network.') && (requests.has(params.requestId) || method.startsWith('Network.requestWillBeSent'))) take(message);
  };
  await browser.call('Network.enable', {}, sessionId);
  await browser.call('Page.enable', {}, sessionId);
  await sleep(150);
  await Promise.all([sessionId, ...sessions].map(session => browser.call('Page.navigate', {url}, session)));
  const limit = Date.now() + 180_000;
  while ((!loaded || flying.size || Date.now() - quiet < 600) && Date.now() < limit) await sleep(50);
  browser.onEvent = () => {};
  await browser.call('Target.closeTarget', {targetId});
  await browser.call('Target.disposeBrowserContext', {browserContextId});
  if (Date.now() >= limit) throw new Error(`${url} did not end`);
  return [...requests.values()].filter(r => r.issue !== undefined && /^http/.test(r.url)).sort((a, b) => a.issue - b.issue);
}

const median = values => [...values].sort((a, b) => a - b)[values.length >> 1];
const path = url => { const {pathname, search} = new URL(url); return pathname + search; };

async function main() {
  execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '30', '-subj', '/CN=10.77.0.2',
    '-addext', 'subjectAltName=IP:10.77.0.2', '-keyout', join(temporary, 'key'), '-out', join(temporary, 'certificate')], {stdio: 'ignore'});
  const certificate = new X509Certificate(readFileSync(join(temporary, 'certificate')));
  const pin = createHash('sha256').update(certificate.publicKey.export({type: 'spki', format: 'der'})).digest('base64');
  removeNamespaces();
  for (const name of [CLIENT, SERVER]) execFileSync('ip', ['netns', 'add', name]);
  const link = await conversation('python3', join(here, 'carrier.py'), CLIENT, SERVER);
  const server = await conversation('ip', 'netns', 'exec', SERVER, process.execPath, join(here, 'server.mjs'), '10.77.0.2', join(temporary, 'key'), join(temporary, 'certificate'));
  const browser = launch({before: ['ip', 'netns', 'exec', CLIENT], flags: [`--ignore-certificate-errors-spki-list=${pin}`]});
  const version = /AppleWebKit\/([^ ]+)/.exec((await browser.call('Browser.getVersion')).userAgent)?.[1] ?? 'n/a';
  const output = join(folder, 'measured.json');
  mkdirSync(join(folder, 'recordings'), {recursive: true});
  const measured = existsSync(output) ? JSON.parse(readFileSync(output, 'utf8')) : {};
  for (const name of options.page ?? Object.keys(PAGES)) {
    for (const condition of options.condition ?? Object.keys(CONDITIONS)) {
      const {h2 = false, rtt = 40, rate = 10_000, delay = 0, tabs = 1, query = ''} = CONDITIONS[condition];
      if (query && !/<img/.test(PAGES[name].join(''))) continue;
      await link.say(`${rtt} ${rate}`);
      await server.say(delay);
      const ends = [], urls = {};
      // A browser and a server that never met the page are slower than any later load.
      if (condition === 'recorded') await load(browser, `http://10.77.0.2:8000/${name}/`, 1);
      for (let number = 0; number < Number(options.loads); number += 1) {
        const requests = await load(browser, `${h2 ? 'https://10.77.0.2:8443' : 'http://10.77.0.2:8000'}/${name}/${query}`, tabs);
        const start = Math.min(...requests.map(r => r.issue)), end = Math.max(...requests.map(r => r.end));
        ends.push(Math.round((end - start) * 1e4) / 10);
        for (const r of requests) (urls[path(r.url).replace(query, '')] ??= []).push(Math.round((r.end - start) * 1e4) / 10);
        if (condition === 'recorded' && number === 0) {
          const har = {log: {version: '1.2', creator: {name: 'WebInspector', version}, pages: [], entries: requests.map(entry)}};
          writeFileSync(join(folder, 'recordings', `${name}.har.gz`), gzipSync(JSON.stringify(har), {level: 9}));
        }
      }
      (measured[name] ??= {})[condition] = {ends, urls: Object.fromEntries(Object.entries(urls).map(([url, all]) => [url, median(all)]))};
      console.log(`${name} ${condition}: ${Object.keys(urls).length} requests, end ${median(ends)} ms (${Math.min(...ends)} to ${Math.max(...ends)})`);
      writeFileSync(output, JSON.stringify(measured, null, 1) + '\n');
    }
  }
  await browser.close();
  server.end();
  link.end();
}

function removeNamespaces() {
  for (const name of [CLIENT, SERVER]) try { execFileSync('ip', ['netns', 'del', name], {stdio: 'ignore'}); } catch { /* It was not made. */ }
}
function leave(code) {
  removeNamespaces();
  rmSync(temporary, {recursive: true, force: true});
  process.exit(code);
}
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => leave(130));
try {
  await main();
  leave(0);
} catch (error) {
  console.error(error);
  leave(1);
}
