#!/usr/bin/env node
// Runs the program of this platform's package; without one, the engine as WebAssembly (@sixslot/wasm).
'use strict';
const {spawn} = require('node:child_process');
const {constants} = require('node:os');

const engine = () => import('@sixslot/wasm').then(({main}) => main(process.argv.slice(2)));

let program;
try {
  program = process.env.SIXSLOT_WASM ? null : require.resolve(`@sixslot/${process.platform}-${process.arch}/sixslot`);
} catch {
  program = null;
}
if (program) {
  const child = spawn(program, process.argv.slice(2), {stdio: 'inherit'});
  // Ctrl-C reaches the child too, which prints the result so far.
  process.on('SIGINT', () => {});
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  child.on('error', engine);
  child.on('exit', (code, signal) => { process.exitCode = code ?? 128 + constants.signals[signal]; });
} else {
  engine();
}
