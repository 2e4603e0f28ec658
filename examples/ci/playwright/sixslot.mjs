// A Playwright fixture that records the HAR of each test and checks it with sixslot.
//
//   import { test, expect } from './sixslot.mjs';
//
// Use it in the place of '@playwright/test'. After each test the archive is closed, imported and simulated: the test fails if
// a limit is broken, and has the archive, the scenario and the report as attachments. What the loads do not decide is an
// annotation of the test, not a failure. Playwright's archives have no waiting and no lives of failed calls: the check rests on
// the simulation, not on what was recorded of the waiting.
//
// Options, in playwright.config.mjs under `use`, or by test.use():
//   sixslotLimits    the limits of `sixslot check`, as arguments; default --max-failure 0.01 --max-late 0.01
//   sixslotNeeds     what no archive says: the path of the call that the page needs, and when it gives up, such as
//                    { path: '/api/session', deadline: '8s' }; default none
//   sixslotExpected  'passed' or 'failed'; default 'passed'
//   sixslotCommand   the program; default 'sixslot', or the variable SIXSLOT
import { test as base, expect } from '@playwright/test';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

export { expect };

const EXIT = { passed: 0, failed: 1, undecided: 3 };

/** The name that an imported scenario gives to the request with this path. */
function requestOf(scenario, path) {
  let name;
  for (const line of scenario.split('\n')) {
    name = /^\[request\.([^.\]]+)\]/.exec(line)?.[1] ?? (line.startsWith('[') ? undefined : name);
    if (name && line.includes(`url = "${path}`)) return name;
  }
  throw new Error(`the test made no request to ${path}`);
}

/** The changes of a scenario that say what the page needs. */
function rule(scenario, { path, deadline }) {
  const name = requestOf(scenario, path);
  return [
    `request.${name}.deadline=${deadline}`,
    `load.ready=["${name}"]`,
    `load.error={ request = "${name}", failures = 1 }`,
    'load.fails=error-shown',
  ].flatMap((change) => ['--set', change]);
}

export const test = base.extend({
  sixslotLimits: [['--max-failure', '0.01', '--max-late', '0.01'], { option: true }],
  sixslotNeeds: [null, { option: true }],
  sixslotExpected: ['passed', { option: true }],
  sixslotCommand: [process.env.SIXSLOT ?? 'sixslot', { option: true }],

  context: async ({ browser, contextOptions, sixslotLimits, sixslotNeeds, sixslotExpected, sixslotCommand }, use, testInfo) => {
    const archive = testInfo.outputPath('page.har');
    const scenario = testInfo.outputPath('page.toml');
    const context = await browser.newContext({
      ...contextOptions,
      recordHar: { path: archive, content: 'omit' },
    });
    await use(context);
    // The archive is written when the context is closed.
    await context.close();
    await testInfo.attach('page.har', { path: archive, contentType: 'application/json' });

    const run = (...words) => {
      const ended = spawnSync(sixslotCommand, words, { encoding: 'utf8' });
      if (ended.error) throw new Error(`${sixslotCommand} cannot be run: ${ended.error.message}`);
      if (!Object.values(EXIT).includes(ended.status)) throw new Error(`sixslot ${words.join(' ')}\n${ended.stderr}`);
      return ended;
    };
    run('import', archive, '-o', scenario, '--force');
    const sets = sixslotNeeds ? rule(readFileSync(scenario, 'utf8'), sixslotNeeds) : [];
    const check = run('check', scenario, ...sixslotLimits, ...sets);
    await testInfo.attach('sixslot.txt', { body: check.stdout, contentType: 'text/plain' });
    if (check.status === EXIT.undecided) {
      testInfo.annotations.push({ type: 'sixslot', description: check.stdout.split('\n\n')[0] });
    } else if (check.status !== EXIT[sixslotExpected]) {
      // What a person needs next: the scenario, and the report with the fixes.
      const report = testInfo.outputPath('page.html');
      run('report', scenario, '-o', report, '--loads', '500', '--force', ...sets);
      await testInfo.attach('page.toml', { path: scenario, contentType: 'text/plain' });
      await testInfo.attach('page.html', { path: report, contentType: 'text/html' });
      throw new Error(`sixslot expected that the load ${sixslotExpected}\n${check.stdout}`);
    }
  },
});
