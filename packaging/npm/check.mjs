// The command of the WebAssembly package against the program: the same JSON, the same files, and refusals. scripts/check-package does it
// with the packages themselves; this needs no package.
// Usage: node packaging/npm/check.mjs --page FILE --sixslot FILE
import assert from 'node:assert/strict';
import {execFileSync, spawnSync} from 'node:child_process';
import {cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {dirname, join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {parseArgs} from 'node:util';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const {values: options} = parseArgs({options: {page: {type: 'string'}, sixslot: {type: 'string'}}});
const folder = mkdtempSync(join(tmpdir(), 'npm-'));
const wasm = join(folder, 'node_modules/@sixslot/wasm');
mkdirSync(wasm, {recursive: true});
for (const name of ['wasm/sixslot.mjs', 'wasm/worker.mjs']) cpSync(join(root, 'packaging/npm', name), join(wasm, name.slice(5)));
for (const name of ['module.js', 'pool.js', 'worker.js']) cpSync(join(root, 'web/page', name), join(wasm, name));
cpSync(options.page, join(wasm, 'sixslot.html'));
writeFileSync(join(wasm, 'package.json'), '{"name": "@sixslot/wasm", "version": "0.0.0", "type": "module", "main": "sixslot.mjs"}');
cpSync(join(root, 'packaging/npm/sixslot.js'), join(folder, 'sixslot.js'));

const engine = (...words) => spawnSync(process.execPath, [join(folder, 'sixslot.js'), ...words], {cwd: root, encoding: 'utf8', maxBuffer: 1 << 28});
const program = words => JSON.parse(execFileSync(options.sixslot, words, {cwd: root, encoding: 'utf8', maxBuffer: 1 << 28, stdio: ['ignore', 'pipe', 'ignore']}));
const page = 'examples/tutorial/page.toml', har = 'examples/tutorial/load-3.har.gz';
for (const words of [['run', page, '--loads', '60', '--seed', '3'], ['run', page, '--replication', '2'], ['run', page, '--loads', '40', '--fix', 'low,four', '--set', 'request.session.deadline=1500ms'],
  ['compare', page, '--loads', '60'], ['diagnose', har, 'examples/tutorial/load-1.har.gz']]) {
  const answer = engine(...words, '--format', 'json');
  assert.deepEqual(JSON.parse(answer.stdout), program([...words, '--format', 'json']), words.join(' '));
}
const stem = join(folder, 'page');
const answered = engine(har, '-o', stem, '--loads', '30');
assert.equal(answered.status, 0, answered.stderr);
assert(answered.stdout.startsWith('Failure is not judged') && !answered.stdout.includes('\u001b'), answered.stdout);
assert.equal(execFileSync(options.sixslot, ['validate', `${stem}.toml`], {encoding: 'utf8'}), `${stem}.toml: valid\n`);
assert(readFileSync(`${stem}.html`, 'utf8').includes('request.session'));
for (const [words, reason] of [[[har, '-o', stem], /page\.toml exists; --force/], [['sweep', page], /not in the WebAssembly package/], [['run', 'nothing.toml'], /no such file/], [['run', page, '--loads', 'x'], /whole number/],
  [['run', page, '--set', 'request.session.servic=1s'], /unknown key `servic`/], [['import', har], /needs -o/], [['run', page, '--nothing'], /Unknown option/], [[], /name an archive/], [['import', har, '-o', join(root, har)], /is an input/]]) {
  const refused = engine(...words);
  assert.equal(refused.status, 2, words.join(' '));
  assert.match(refused.stderr, reason);
  assert(!refused.stderr.includes('    at '), refused.stderr);
}
rmSync(folder, {recursive: true});
console.log('the command of the WebAssembly package gives the JSON of the program, and refuses what it has not');
