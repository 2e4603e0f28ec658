// The WebAssembly module against this machine's own code and against the command: the same questions have the same bytes.
// Usage: node web/tests/engine.mjs --module FILE --answers FILE --sixslot FILE [--loads N]
// --answers is the example `answers` of sixslot-web; --loads is how many loads of each scenario are hashed.
import assert from 'node:assert/strict';
import {execFileSync} from 'node:child_process';
import {mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {dirname, join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {parseArgs} from 'node:util';
import {gunzipSync} from 'node:zlib';
import {asker} from '../page/module.js';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const {values: options} = parseArgs({options: {module: {type: 'string'}, answers: {type: 'string'}, sixslot: {type: 'string'}, loads: {type: 'string', default: '200'}}});
const module = new WebAssembly.Module(readFileSync(options.module));
assert.deepEqual(WebAssembly.Module.imports(module), [], 'the module imports nothing');
const {exports} = new WebAssembly.Instance(module, {});
const ask = asker(exports);
const answerOf = (question, files = []) => JSON.parse(ask(JSON.stringify(question), files));
const command = words => JSON.parse(execFileSync(options.sixslot, words, {cwd: root, encoding: 'utf8', maxBuffer: 1 << 28, stdio: ['ignore', 'pipe', 'ignore']}));
const folder = mkdtempSync(join(tmpdir(), 'engine-'));

const loads = Number(options.loads);
const archivesIn = place => readdirSync(join(root, place)).filter(name => name.endsWith('.har.gz')).sort().map(name => join(root, place, name));
const dashboard = archivesIn('scenarios/hypotheses/captures/T40_N5M2'), strangers = archivesIn('har/tests/archives');
const scenarios = readdirSync(join(root, 'scenarios')).filter(name => name.endsWith('.toml'))
  .map(name => ({name: `scenarios/${name}`, text: readFileSync(join(root, 'scenarios', name), 'utf8')}));
const reported = scenarios.find(({name}) => name.includes('issue-1855'));
const failing = {scenario: {...reported, set: ['parameters.sessions=40']}, seed: 1, fixes: []};

// ---- questions to both
const questions = [];
const both = (question, files = []) => questions.push([question, files]);
for (const scenario of scenarios) {
  const fixes = [...scenario.text.matchAll(/^\[fix\.([\w-]+)\]/gm)].map(([, name]) => name);
  both({question: 'check', scenario});
  both({question: 'hash', scenario, from: 0, to: loads});
  if (fixes.length) both({question: 'hash', scenario, fixes: [fixes.at(-1)], seed: 7, from: 0, to: Math.ceil(loads / 4)});
  both({question: 'load', scenario, load: 3});
  both({question: 'tally', scenario, from: 5, to: 25});
  both({question: 'count', scenario, from: 5, to: 25});
  for (const format of ['har', 'trace', 'svg']) both({question: 'export', scenario, load: 2, format});
}
both({question: 'hash', ...failing, from: 0, to: loads});
both({question: 'compare', ...failing, loads: 60});
both({question: 'diagnose', names: strangers.map((_, at) => `${at}.har.gz`)}, strangers);
both({question: 'import', names: dashboard.map((_, at) => `${at}.har.gz`)}, dashboard);
const refused = [
  {question: 'nothing'}, {question: 'hash', ...failing, from: 3, to: 3}, {question: 'tally', ...failing, from: 0, to: 1e12}, {question: 'load', ...failing, fixes: ['x'], load: 0},
  {question: 'estimate', ...failing, tallies: []}, {question: 'estimate', ...failing, tallies: ['{"loads": -1}']}, {question: 'check', scenario: {name: 'a.toml', text: 'schema = 1\n[request.a]\nsrvice = "1s"\n'}},
  {question: 'check', scenario: {...reported, set: ['parameters.sessions=']}}, {question: 'check', scenario: {...reported, text: '\u0000'}}, {question: 'diagnose', names: ['x']}, {question: 'compare', scenario: {name: 'a', text: ''}, loads: 5},
];
for (const question of refused) both(question);
both({question: 'diagnose', names: ['broken']}, [join(root, 'scenarios/issue-1855.toml')]);

const lines = questions.map(([question, files]) => [JSON.stringify(question), ...files].join('\t'));
const own = execFileSync(options.answers, {input: `${lines.join('\n')}\n`, encoding: 'utf8', maxBuffer: 1 << 29}).trimEnd().split('\n');
assert.equal(own.length, questions.length);
for (const [at, [question, files]] of questions.entries()) {
  const what = `${question.question} of ${question.scenario?.name ?? question.names ?? ''}`;
  const answer = ask(JSON.stringify(question), files.map(file => readFileSync(file)));
  assert(answer === own[at], `${what}: the module and this machine's own code differ`);
  const isRefused = refused.includes(question) || question.names?.[0] === 'broken';
  assert.equal('error' in JSON.parse(answer), isRefused, `${what}: ${answer.slice(0, 300)}`);
}
const fault = answerOf(refused[6]).error;
assert.deepEqual([fault.source, fault.line, fault.column], ['a.toml', 3, 1]);

// ---- the command's JSON, from tallies of uneven ranges as a pool of workers makes them
const estimated = (subject, cuts, data = false) => {
  const ranges = cuts.slice(1).map((to, at) => [cuts[at], to]);
  const tallies = ranges.map(([from, to]) => answerOf({question: 'tally', ...subject, from, to}).tally);
  // The first two joined by an earlier look.
  const first = answerOf({question: 'estimate', ...subject, tallies: tallies.slice(0, 2)});
  return answerOf({question: 'estimate', ...subject, tallies: [first.tally, ...tallies.slice(2)], data});
};
const same = (answer, words, what) => assert.equal(JSON.stringify(answer), JSON.stringify(command([...words, '--format', 'json'])), what);
same(estimated(failing, [0, 1, 130, 137, 400]).answer, ['run', reported.name, '--set', 'parameters.sessions=40', '--loads', '400'], 'run --loads');
for (const scenario of scenarios) same(estimated({scenario}, [0, 7, 8, 30]).answer, ['run', scenario.name, '--loads', '30'], `run --loads of ${scenario.name}`);
same(estimated({...failing, fixes: ['dedupe'], seed: 5}, [0, 40, 90, 100]).answer, ['run', reported.name, '--set', 'parameters.sessions=40', '--fix', 'dedupe', '--seed', '5', '--loads', '100'], 'run --fix');
same(answerOf({question: 'compare', ...failing, loads: 100}).answer, ['compare', reported.name, '--set', 'parameters.sessions=40', '--loads', '100'], 'compare');
same(answerOf({question: 'load', ...failing, load: 4}).record, ['run', reported.name, '--set', 'parameters.sessions=40', '--replication', '4'], 'run');
const names = strangers.map(file => file.slice(root.length + 1));
same(answerOf({question: 'diagnose', names}, strangers.map(file => readFileSync(file))).report, ['diagnose', ...names], 'diagnose');
// An archive is the same packed and unpacked.
const [packed] = dashboard, name = ['a.har'];
assert.deepEqual(answerOf({question: 'diagnose', names: name}, [readFileSync(packed)]), answerOf({question: 'diagnose', names: name}, [gunzipSync(readFileSync(packed))]));
// From archives to the interval with their uncertainty.
const archived = dashboard.map(file => file.slice(root.length + 1));
const imported = answerOf({question: 'import', names: archived}, dashboard.map(file => readFileSync(file)));
const written = join(folder, 'page.toml');
writeFileSync(written, imported.text);
const scenario = {name: written, text: imported.text};
same(estimated({scenario}, [0, 10, 20, 60], true).answer, ['run', written, '--loads', '60'], 'run of an import');

rmSync(folder, {recursive: true});
console.log(`${questions.length} answers are the same, ${loads} loads of each scenario are hashed, and the command prints the same JSON`);
