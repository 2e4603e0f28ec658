// What Lantern, the simulation inside Lighthouse, predicts for the pages of results/what-if.
//
//     node scripts/what-if/lantern.mjs FOLDER [--traces FOLDER] [--page NAME]...
//
// Rule: each page is loaded once under `recorded`, with a trace and the events of the protocol, as Lighthouse gathers them. Lighthouse
// makes the graph of requests and tasks of it, which Lantern simulates under each condition. A page's end is the last end of a
// request over the network. FOLDER holds measured.json and gets lantern.json: for each page and condition the simulated end, and the
// recorded end of measured.json (its first load, the recording) plus what the simulation says that the condition changes; and
// `traced`, the end of each traced load.
// Lantern adds two round trips for the look-up of each host's name; these pages have addresses, so that it is set to none.
// With --traces, recordings are kept there, and used instead of a new load where they exist.
//
// Needs what scripts/what-if/bench.mjs needs, unless all traces are there.
//
// Source: Lighthouse, core/computed/page-dependency-graph.js, network-analysis.js and load-simulator.js (which numbers the simulator
// gets), core/gather/gatherers/trace.js (categories) and core/gather/driver/prepare.js (stacks across asynchronous calls).
import {existsSync, mkdirSync, readFileSync, writeFileSync} from 'node:fs';
import {createRequire} from 'node:module';
import {join} from 'node:path';
import {parseArgs} from 'node:util';
import {gunzipSync, gzipSync} from 'node:zlib';
import {NetworkAnalysis} from 'lighthouse/core/computed/network-analysis.js';
import {PageDependencyGraph} from 'lighthouse/core/computed/page-dependency-graph.js';
import {Simulation} from 'lighthouse/core/lib/lantern/lantern.js';
import {address, BASE, CONDITIONS, load, open, run} from './bench.mjs';
import {PAGES} from './pages.mjs';

const {values: options, positionals: [folder]} = parseArgs({allowPositionals: true, options: {
  traces: {type: 'string'}, page: {type: 'string', multiple: true}}});
/** Lighthouse's, without pictures of the screen and texts of scripts, which Lantern does not read. */
const CATEGORIES = ['-*', 'disabled-by-default-lighthouse', 'loading', 'v8', 'v8.execute', 'blink.user_timing', 'blink.console', 'devtools.timeline',
  'disabled-by-default-devtools.timeline', 'disabled-by-default-devtools.timeline.stack', 'disabled-by-default-devtools.timeline.frame', 'latencyInfo'];
/** Lantern has no second tab, and Chromium's order of pictures by priority is not its own. */
const ASKED = Object.keys(CONDITIONS).filter(name => name !== 'tabs' && name !== 'low-images');

/** Loads a page with a trace: {traceEvents, devtoolsLog, url, product, end}. */
async function record(browser, url) {
  const traceEvents = [], devtoolsLog = [];
  let complete;
  const completed = new Promise(done => { complete = done; });
  const requests = await load(browser, url, 1, {
    async before(session) {
      await browser.call('Runtime.enable', {}, session);
      await browser.call('Debugger.enable', {}, session);
      await browser.call('Debugger.setSkipAllPauses', {skip: true}, session);
      await browser.call('Debugger.setAsyncCallStackDepth', {maxDepth: 8}, session);
      await browser.call('Tracing.start', {categories: CATEGORIES.join(','), options: 'sampling-frequency=10000'}, session);
    },
    see({method, params, sessionId}) {
      if (method === 'Tracing.dataCollected') traceEvents.push(...params.value);
      else if (method === 'Tracing.tracingComplete') complete();
      else if (/^(Page|Network|Target|Runtime)\./.test(method)) devtoolsLog.push({method, params, sessionId, targetType: 'page'});
    },
    async after(session) {
      await browser.call('Tracing.end', {}, session);
      await completed;
    },
  });
  const start = Math.min(...requests.map(r => r.issue)), end = Math.max(...requests.map(r => r.end));
  const {product} = await browser.call('Browser.getVersion');
  return {traceEvents, devtoolsLog, url, product, end: (end - start) * 1000};
}

/** The recording of each page, made where --traces has none. */
async function recordings(names) {
  const found = {};
  let bench;
  if (options.traces) mkdirSync(options.traces, {recursive: true});
  for (const name of names) {
    const file = options.traces && join(options.traces, `${name}.json.gz`);
    if (file && existsSync(file)) {
      found[name] = JSON.parse(gunzipSync(readFileSync(file)));
      continue;
    }
    if (!bench) {
      bench = await open();
      await bench.set(BASE);
    }
    // As in measure.mjs: a browser and a server that never met the page are slower than any later load.
    await load(bench.browser, address(name, BASE), 1);
    found[name] = await record(bench.browser, address(name, BASE));
    console.log(`${name}: ${found[name].traceEvents.length} events of the trace, end ${found[name].end.toFixed(1)} ms`);
    if (file) writeFileSync(file, gzipSync(JSON.stringify(found[name])));
  }
  await bench?.close();
  return found;
}

/** The graph of a recording, and the time in ms that each origin's server needs. */
async function graphOf({traceEvents, devtoolsLog, url}) {
  const context = {computedCache: new Map()}, URL = {requestedUrl: url, mainDocumentUrl: url, finalDisplayedUrl: url};
  const graph = await PageDependencyGraph.request(
    {trace: {traceEvents}, devtoolsLog, URL, settings: {}, SourceMaps: [], HostDPR: 1, fromTrace: false}, context);
  const {serverResponseTimeByOrigin} = await NetworkAnalysis.request(devtoolsLog, context);
  return {graph, serverResponseTimeByOrigin};
}

/** The end of the page that Lantern simulates, in ms. It is told the link's true numbers; the processor is the recording's. */
function simulated({graph, serverResponseTimeByOrigin}, {rtt, rate, delay, h2}) {
  const simulator = new Simulation.Simulator({
    rtt, throughput: rate * 1000, cpuSlowdownMultiplier: 1, layoutTaskMultiplier: 1, additionalRttByOrigin: new Map(),
    serverResponseTimeByOrigin: new Map([...serverResponseTimeByOrigin].map(([origin, ms]) => [origin, ms + delay])),
  });
  const changed = [];
  // HTTP/2 is measured over TLS.
  if (h2) graph.traverse(({request}) => {
    if (!request || !/^http/.test(request.parsedURL.scheme)) return;
    changed.push([request, {protocol: request.protocol, parsedURL: request.parsedURL}]);
    Object.assign(request, {protocol: 'h2', parsedURL: {...request.parsedURL, scheme: 'https'}});
  });
  const {nodeTimings} = simulator.simulate(graph);
  for (const [request, before] of changed) Object.assign(request, before);
  return Math.max(...[...nodeTimings].filter(([node]) => node.type === 'network' && !node.isConnectionless).map(([, timing]) => timing.endTime));
}

async function main() {
  const measured = JSON.parse(readFileSync(join(folder, 'measured.json'), 'utf8'));
  const found = await recordings(options.page ?? Object.keys(PAGES));
  const version = createRequire(import.meta.url)('lighthouse/package.json').version;
  const browser = [...new Set(Object.values(found).map(({product}) => product))].sort().join(', ');
  const pages = {}, traced = {};
  Simulation.DNSCache.rttMultiplier = 0;
  for (const name of Object.keys(found).sort()) {
    const graph = await graphOf(found[name]);
    traced[name] = Number(found[name].end.toFixed(1));
    const base = simulated(graph, BASE), recorded = measured[name].recorded.ends[0];
    pages[name] = Object.fromEntries([...ASKED].sort().map(condition => {
      const absolute = simulated(graph, {...BASE, ...CONDITIONS[condition]});
      return [condition, {absolute: Number(absolute.toFixed(1)), difference: Number((recorded + absolute - base).toFixed(1))}];
    }));
  }
  writeFileSync(join(folder, 'lantern.json'), JSON.stringify({package: 'lighthouse', version, browser, traced, pages}, null, 1) + '\n');
}

await run(main);
