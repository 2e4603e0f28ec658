#!/usr/bin/env node
// The command `sixslot` without a program for the platform: the engine of the page, in Node.
import {existsSync, readFileSync, realpathSync, statSync, writeFileSync} from 'node:fs';
import {availableParallelism, cpus} from 'node:os';
import {basename} from 'node:path';
import {fileURLToPath} from 'node:url';
import {parseArgs} from 'node:util';
import {Worker} from 'node:worker_threads';
import {gunzipSync} from 'node:zlib';
import {Pool, estimate} from './pool.js';

const file = name => new URL(name, import.meta.url);
const {version} = JSON.parse(readFileSync(file('package.json')));
const HELP = `sixslot ${version}, the engine as WebAssembly: with what probability does a page fail to load, why, and which fix ends it?

  sixslot HAR... [-o PATH] [--loads N]     from archives of a failing page to the fix; writes PATH.toml and PATH.html
  sixslot diagnose HAR...                  what archives prove, and what they only suggest
  sixslot import HAR... -o FILE            a scenario from archives
  sixslot run SCENARIO [--replication K]   one load
  sixslot run SCENARIO --loads N           how often loads fail, and why
  sixslot compare SCENARIO [--loads N]     each fix against none, on the same loads
  sixslot validate SCENARIO                whether a scenario can be read

  --set PATH=VALUE  change a key            --fix A,B         apply fixes (run)
  --seed S          seed, default 1         --jobs N          threads
  --format json     the JSON of the program --force           replace files that exist

Not here: check, sweep, merge, explore, report, hypotheses, lab, mcp, schema, init; text has no waterfall. They need the program,
which the package sixslot has for Linux on x64, or \`cargo install sixslot\`. The numbers are the program's, bit for bit.
`;

class Refusal extends Error {}
const refuse = message => { throw new Refusal(message); };
/** Text of files is shown, never obeyed: a control character cannot move the cursor. */
const plain = text => String(text).replace(/\u001b\[\d*m/g, '').replace(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, ' ');
const say = text => process.stdout.write(`${plain(text)}\n`);
const isArchive = name => /\.har(\.gz|\.json)?$/i.test(name);
const columns = Math.min(Math.max(Number(process.env.COLUMNS) || process.stdout.columns || 110, 40), 200);
const wrapped = text => text.split('\n').map(line => line.split(' ').reduce(([lines, last], word) =>
  (`${last} ${word}`.length > columns && last ? [[...lines, last], word] : [lines, last ? `${last} ${word}` : word]), [[], ''])).map(([lines, last]) => [...lines, last].join('\n')).join('\n');

const read = path => {
  try {
    return readFileSync(path);
  } catch (fault) {
    return refuse(`${path}: ${fault.code === 'ENOENT' ? 'there is no such file' : fault.message}`);
  }
};
/** Refuses to write over a file, and always over an input. */
const writable = (path, inputs, force) => {
  if (!existsSync(path)) return;
  if (inputs.some(input => realpathSync(input) === realpathSync(path))) refuse(`${path} is an input`);
  if (!force || !statSync(path).isFile()) refuse(`${path} exists; --force replaces a file`);
};
const json = (value) => say(JSON.stringify(value, null, 2));

/** The page, and the engine that it holds. */
const page = () => readFileSync(file('sixslot.html'), 'utf8');
const threads = [];
const open = async jobs => {
  const held = /<script type="text\/plain" id="engine">([^<]*)/.exec(page())[1];
  const module = await WebAssembly.compile(gunzipSync(Buffer.from(held.trim(), 'base64')));
  return new Pool(module, () => {
    const thread = new Worker(file('worker.mjs'));
    threads.push(thread);
    const worker = {postMessage: message => thread.postMessage(message), terminate: () => thread.terminate()};
    thread.on('message', data => worker.onmessage({data}));
    thread.on('error', fault => worker.onerror({message: fault.message, preventDefault: () => {}}));
    return worker;
  }, jobs);
};

/** Per cent with two digits that count; the sentence has more. */
const percent = share => `${Number((100 * share).toPrecision(2))}`;
const seconds = ms => ms === null ? 'never' : `${Number((ms / 1000).toPrecision(3))}`;
/** A table, its first column to the left. */
const table = rows => {
  const widths = rows[0].map((_, at) => Math.max(...rows.map(row => row[at].length)));
  return rows.map(row => row.map((cell, at) => at === 0 ? cell.padEnd(widths[at]) : cell.padStart(widths[at])).join('  ').trimEnd()).join('\n');
};
const failed = ({failed: share, failed_interval: interval}) => interval ? `${percent(share)} (${percent(interval.low)} to ${percent(interval.high)})` : 'not judged';
const fixes = ({without, fixes: found}) => table([['fix', 'failed, %', 'late, %', 'ready, median, s', 'ready, 95 %, s', 'does'],
  ...[{fix: 'none', verdict: '', ...without}, ...found].map(one => [one.fix, failed(one), percent(one.late), seconds(one.ready_ms.p50), seconds(one.ready_ms.p95), one.verdict ?? 'unknown'])]);

/** Imports archives; what was strange in them goes to standard error. */
const imported = async (pool, names) => {
  const answer = await pool.ask({question: 'import', names}, {files: names.map(read)});
  for (const [name, note] of answer.notes) process.stderr.write(`note: ${plain(`${name}: ${note}`)}\n`);
  return answer;
};
const estimated = async (pool, subject, loads) => {
  const {recorded} = await pool.ask({question: 'check', scenario: subject.scenario});
  return estimate(pool, subject, loads, () => {}, recorded > 1);
};

const commands = {
  async answer(pool, names, options) {
    const stem = options.output ?? basename(names[0]).replace(/\.har(\.gz|\.json)?$/i, '');
    const [toml, html] = [`${stem}.toml`, `${stem}.html`];
    for (const path of [toml, html]) writable(path, names, options.force);
    const loads = options.loads ?? 2000;
    const files = names.map(read);
    const [diagnosis, draft] = await Promise.all([pool.ask({question: 'diagnose', names}, {files}), imported(pool, names)]);
    const scenario = {name: toml, text: draft.text, set: []}, subject = {scenario, fixes: [], seed: options.seed};
    const look = await estimated(pool, subject, loads);
    const described = await pool.ask({question: 'check', scenario});
    const compared = described.fixes.length ? await pool.ask({question: 'compare', ...subject, loads}) : null;
    const state = {name: toml, text: draft.text, changes: {}, fixes: [], seed: options.seed, loads, axes: [], tab: 'load'};
    const block = JSON.stringify({state, sweep: null}).replaceAll('<', '\\u003c');
    writeFileSync(toml, draft.text);
    writeFileSync(html, page().replace('<script type="application/json" id="report">null</script>', () => `<script type="application/json" id="report">${block}</script>`));
    const sentence = [look.headline, compared?.clause].filter(Boolean).join(' ');
    if (options.format === 'json') {
      return json({sentence, scenario: toml, report: html, archives: names.length, loads, seed: options.seed, interval_with_data: look.answer.interval_with_data,
        statements: draft.statements, diagnosis: diagnosis.report, comparison: compared?.answer ?? null});
    }
    say([wrapped(sentence), ...look.answer.notes.map(note => wrapped(`note: ${note}`)), ''].join('\n'));
    // The first part of the diagnosis; `sixslot diagnose` has the rest.
    say(`${plain(diagnosis.text).trim().split('\n\n')[0]}\n`);
    if (compared) say(`${described.title}\n${loads} loads, seed ${options.seed}, each without and with the fix; 95 % intervals\n\n${fixes(compared.answer)}\n`);
    say(wrapped(`${toml}: the scenario; what is marked GUESS is not known; edit it, then sixslot compare ${toml}`));
    say(wrapped(`${html}: a page that simulates it; open it in a browser`));
  },
  async diagnose(pool, names, {format}) {
    const {report, text} = await pool.ask({question: 'diagnose', names}, {files: names.map(read)});
    if (format === 'json') json(report);
    else say(plain(text).trim());
  },
  async import(pool, names, {output, force}) {
    if (!output) refuse('import needs -o FILE');
    if (output !== '-') writable(output, names, force);
    const {text, sentence} = await imported(pool, names);
    if (output === '-') return process.stdout.write(text);
    writeFileSync(output, text);
    say(wrapped([`${output} is written.`, sentence].filter(Boolean).join(' ')));
  },
  async run(pool, [name], {loads, replication, set, fix, seed, format}) {
    const subject = {scenario: {name, text: read(name).toString(), set}, fixes: fix, seed};
    if (loads === undefined) {
      const {record, story} = await pool.ask({question: 'load', ...subject, load: replication ?? 0});
      return format === 'json' ? json(record) : say(wrapped(story));
    }
    const {answer} = await estimated(pool, subject, loads);
    if (format === 'json') return json(answer);
    say(wrapped(answer.sentence));
    for (const note of answer.notes) say(wrapped(`note: ${note}`));
    const found = {failed: answer.failed, failed_interval: answer.interval};
    say(`\n${loads} loads, seed ${seed}\n${table([['failed, %', 'late, %', 'ready, median, s', 'ready, 95 %, s'], [failed(found), percent(answer.late), seconds(answer.ready_ms.p50), seconds(answer.ready_ms.p95)]])}`);
  },
  async compare(pool, [name], {loads = 10_000, set, fix, seed, format}) {
    const subject = {scenario: {name, text: read(name).toString(), set}, fixes: fix, seed};
    const {answer} = await pool.ask({question: 'compare', ...subject, loads});
    if (format === 'json') return json(answer);
    say(`${wrapped(answer.sentence)}\n\n${answer.scenario}\n${loads} loads, seed ${seed}, each without and with the fix; 95 % intervals\n\n${fixes(answer)}`);
  },
  async validate(pool, names, {set}) {
    for (const name of names) {
      await pool.ask({question: 'check', scenario: {name, text: read(name).toString(), set}});
      say(`${name}: valid`);
    }
  },
};

const whole = (options, name, least) => {
  if (options[name] === undefined) return undefined;
  const value = Number(options[name]);
  return Number.isSafeInteger(value) && value >= least ? value : refuse(`--${name} takes a whole number from ${least}, not ${options[name]}`);
};

const parsed = words => {
  const string = {type: 'string'};
  try {
    return parseArgs({args: words, allowPositionals: true, options: {set: {...string, multiple: true, default: []}, fix: string, seed: string, loads: string, replication: string,
      output: {...string, short: 'o'}, out: string, format: string, jobs: string, color: string, force: {type: 'boolean'}, help: {type: 'boolean', short: 'h'}, version: {type: 'boolean', short: 'V'}}});
  } catch (fault) {
    return refuse(`${fault.message.split('.')[0]}; sixslot --help says what this package has`);
  }
};

const run = async words => {
  // A closed pipe is no fault.
  process.stdout.on('error', fault => process.exit(fault.code === 'EPIPE' ? 0 : 2));
  const {values, positionals} = parsed(words);
  if (values.version) return say(`sixslot ${version}`);
  if (values.help) return say(HELP);
  let [name, ...rest] = positionals;
  if (name !== undefined && isArchive(name)) [name, rest] = ['answer', positionals];
  const command = Object.hasOwn(commands, name ?? '') ? commands[name] : null;
  if (!command) refuse(name === undefined ? `name an archive or a command\n\n${HELP}` : `\`${name}\` is not in the WebAssembly package; sixslot --help says what is`);
  if (rest.length === 0) refuse(`${name} needs a file`);
  if (['run', 'compare'].includes(name) && (rest.length > 1 || isArchive(rest[0]))) refuse(`${name} takes one scenario; \`sixslot import HAR -o FILE\` makes one`);
  if (!['text', 'json'].includes(values.format ?? 'text')) refuse('--format is text or json');
  const options = {...values, output: values.output ?? values.out, seed: whole(values, 'seed', 0) ?? 1, loads: whole(values, 'loads', 1), replication: whole(values, 'replication', 0),
    fix: values.fix ? values.fix.split(',') : []};
  const cores = availableParallelism?.() ?? cpus().length;
  await command(await open(whole(values, 'jobs', 1) ?? Math.min(cores, 8)), rest, options);
};

/** Runs the command; the exit code is the process's. */
export const main = async words => {
  try {
    await run(words);
  } catch (fault) {
    const place = fault.line ? `${fault.set ?? fault.source}:${fault.line}:${fault.column}: ` : '';
    process.stderr.write(`${plain(`error: ${place}${fault.message ?? fault}${fault.help ? `\nhelp: ${fault.help}` : ''}`)}\n`);
    process.exitCode = 2;
  }
  for (const thread of threads) thread.terminate();
};

if (process.argv[1] && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) main(process.argv.slice(2));
