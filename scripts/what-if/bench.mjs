// The bench on which pages are measured: a link between two network namespaces (lab/link/carrier.py), a server at its far end, a browser
// at its near end. Needs root, chromium, python3, util-linux, iproute2, openssl and `npm ci --prefix scripts/what-if --ignore-scripts`.
import {execFileSync, spawn} from 'node:child_process';
import {createHash, X509Certificate} from 'node:crypto';
import {mkdtempSync, readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {dirname, join} from 'node:path';
import {createInterface} from 'node:readline';
import {fileURLToPath} from 'node:url';
import {launch} from '../devtools/chromium.mjs';
import {follow} from '../devtools/har.mjs';

const here = dirname(fileURLToPath(import.meta.url));
/** What a condition changes of the recorded one: HTTP/1.1, 40 ms, 10 Mbit/s, answers at once, one tab, the page as it is. */
export const CONDITIONS = {
  recorded: {}, h2: {h2: true}, far: {rtt: 150}, near: {rtt: 5}, thin: {rate: 1600}, slow: {delay: 300},
  'h2-far-thin': {h2: true, rtt: 150, rate: 1600}, tabs: {tabs: 2}, 'low-images': {query: '?images=low'},
};
export const BASE = {h2: false, rtt: 40, rate: 10_000, delay: 0, tabs: 1, query: ''};
/** A page's address, over HTTP/1.1 or HTTP/2. */
export const address = (name, {h2, query}) => `${h2 ? 'https://10.77.0.2:8443' : 'http://10.77.0.2:8000'}/${name}/${query}`;
/** TCP is that of RFC 5681, whatever the machine's default is, and a connection knows nothing of earlier ones: as in lab/src/link.rs. */
const SYSCTLS = ['net.ipv4.tcp_congestion_control=reno', 'net.ipv4.tcp_no_metrics_save=1'];
/** What a page's worker loads is not among its requests: time in ms in which it leaves the link before the next load. */
const REST = 3000;
const sleep = ms => new Promise(done => setTimeout(done, ms));
const temporary = mkdtempSync(join(tmpdir(), 'what-if-'));

/** A program that answers each line with a line; `first` is what it says at its start. */
async function conversation(command, ...words) {
  const process = spawn(command, words, {stdio: ['pipe', 'pipe', 'inherit']});
  const lines = createInterface({input: process.stdout})[Symbol.asyncIterator]();
  const first = (await lines.next()).value;
  return {first, say: async text => { process.stdin.write(`${text}\n`); await lines.next(); }, end: () => process.stdin.end()};
}

/** Sets the bench up. `set` gives link and server a condition's numbers. */
export async function open() {
  execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '30', '-subj', '/CN=10.77.0.2',
    '-addext', 'subjectAltName=IP:10.77.0.2', '-keyout', join(temporary, 'key'), '-out', join(temporary, 'certificate')], {stdio: 'ignore'});
  const certificate = new X509Certificate(readFileSync(join(temporary, 'certificate')));
  const pin = createHash('sha256').update(certificate.publicKey.export({type: 'spki', format: 'der'})).digest('base64');
  const link = await conversation('python3', join(here, '../../lab/link/carrier.py'), ...SYSCTLS);
  const [, near, far] = link.first.split(' ');
  const server = await conversation('nsenter', `--net=${far}`, process.execPath, join(here, 'server.mjs'), '10.77.0.2', join(temporary, 'key'), join(temporary, 'certificate'));
  const browser = launch({before: ['nsenter', `--net=${near}`], flags: [`--ignore-certificate-errors-spki-list=${pin}`]});
  return {
    browser,
    async set({rtt, rate, delay}) {
      await link.say(JSON.stringify({links: [rate, rate], paths: {'10.77.0.2': [rtt, 0, 1]}}));
      await server.say(delay);
    },
    async close() {
      await browser.close();
      server.end();
      link.end();
    },
  };
}

/** Loads a page once, in as many tabs: the requests of the first. `before` and `after` the load are called with the first tab's session,
 *  `see` with each of its events. */
export async function load(browser, url, tabs, {before = () => {}, after = () => {}, see = () => {}} = {}) {
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
    see(message);
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
  await before(sessionId);
  await sleep(REST);
  await Promise.all([sessionId, ...sessions].map(session => browser.call('Page.navigate', {url}, session)));
  const limit = Date.now() + 180_000;
  while ((!loaded || flying.size || Date.now() - quiet < 600) && Date.now() < limit) await sleep(50);
  await after(sessionId);
  browser.onEvent = () => {};
  await browser.call('Target.closeTarget', {targetId});
  await browser.call('Target.disposeBrowserContext', {browserContextId});
  if (Date.now() >= limit) throw new Error(`${url} did not end`);
  return [...requests.values()].filter(r => r.issue !== undefined && /^http/.test(r.url)).sort((a, b) => a.issue - b.issue);
}

function leave(code) {
  rmSync(temporary, {recursive: true, force: true});
  process.exit(code);
}
/** Runs `main` and ends the program; what the bench made on the machine is removed, whatever happens. */
export async function run(main) {
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => leave(130));
  try {
    await main();
    leave(0);
  } catch (error) {
    console.error(error);
    leave(1);
  }
}
