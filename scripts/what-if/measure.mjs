// Measures pages over a link between two network namespaces: one recording each, and its loads under other networks and servers.
//
//     node scripts/what-if/measure.mjs FOLDER [--loads 7] [--page NAME]... [--condition NAME]...
//
// Needs what bench.mjs needs. FOLDER gets recordings/NAME.har.gz, the load under `recorded`, and measured.json: for each page and
// condition the end of each load and the median end of each URL, in ms from the document's start. The end of a page is its last
// request's end; a load is over when nothing was in flight for 600 ms.
import {existsSync, mkdirSync, readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {parseArgs} from 'node:util';
import {gzipSync} from 'node:zlib';
import {entry} from '../devtools/har.mjs';
import {address, BASE, CONDITIONS, load, open, run} from './bench.mjs';
import {PAGES} from './pages.mjs';

const {values: options, positionals: [folder]} = parseArgs({allowPositionals: true, options: {
  loads: {type: 'string', default: '7'}, page: {type: 'string', multiple: true}, condition: {type: 'string', multiple: true}}});

const median = values => [...values].sort((a, b) => a - b)[values.length >> 1];
const path = url => { const {pathname, search} = new URL(url); return pathname + search; };

async function main() {
  const bench = await open();
  const {browser} = bench;
  const version = /AppleWebKit\/([^ ]+)/.exec((await browser.call('Browser.getVersion')).userAgent)?.[1] ?? 'n/a';
  const output = join(folder, 'measured.json');
  mkdirSync(join(folder, 'recordings'), {recursive: true});
  const measured = existsSync(output) ? JSON.parse(readFileSync(output, 'utf8')) : {};
  for (const name of options.page ?? Object.keys(PAGES)) {
    for (const condition of options.condition ?? Object.keys(CONDITIONS)) {
      const numbers = {...BASE, ...CONDITIONS[condition]}, {tabs, query} = numbers;
      if (query && !/<img/.test(PAGES[name].join(''))) continue;
      await bench.set(numbers);
      const ends = [], urls = {};
      // A browser and a server that never met the page are slower than any later load.
      if (condition === 'recorded') await load(browser, address(name, BASE), 1);
      for (let number = 0; number < Number(options.loads); number += 1) {
        const requests = await load(browser, address(name, numbers), tabs);
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
  await bench.close();
}

await run(main);
