// A headless Chromium, driven through a pipe: no port that others could use.
import {spawn} from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

const sleep = ms => new Promise(done => setTimeout(done, ms));

/** Starts the browser. `before`: a command in front of it; `flags`: more of its arguments. */
export function launch({before = [], flags = []} = {}) {
  const profile = fs.mkdtempSync(path.join(os.tmpdir(), 'devtools-'));
  const command = [...before, process.env.CHROMIUM ?? 'chromium', '--headless', '--no-sandbox', '--disable-gpu', '--no-first-run',
    '--disable-background-networking', '--disable-component-update', '--disable-sync', `--user-data-dir=${profile}`,
    '--remote-debugging-pipe', ...flags, 'about:blank'];
  const browser = spawn(command[0], command.slice(1), {stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe']});
  let number = 0, rest = [];
  const waiting = new Map();
  const driver = {
    /** Called with each event of the protocol. */
    onEvent: () => {},
    call: (method, params = {}, sessionId) => new Promise(done => {
      number += 1;
      waiting.set(number, done);
      browser.stdio[3].write(JSON.stringify({id: number, method, params, sessionId}) + '\0');
    }),
    async close() {
      await Promise.race([driver.call('Browser.close'), sleep(2000)]);
      browser.kill();
      await sleep(300);
      fs.rmSync(profile, {recursive: true, force: true, maxRetries: 5});
    },
  };
  browser.stdio[4].on('data', data => {
    rest.push(data);
    if (!data.includes(0)) return;
    const whole = Buffer.concat(rest), end = whole.lastIndexOf(0);
    rest = [whole.subarray(end + 1)];
    for (const text of whole.subarray(0, end).toString().split('\0')) {
      const message = JSON.parse(text);
      if (message.id) { waiting.get(message.id)?.(message.result ?? {error: message.error}); waiting.delete(message.id); } else driver.onEvent(message);
    }
  });
  return driver;
}
