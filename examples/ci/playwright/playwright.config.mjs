import { defineConfig } from '@playwright/test';

export default defineConfig({
  testMatch: '*.spec.mjs',
  // The test framework's own report, and one for other programs.
  reporter: [['list'], ['junit', { outputFile: 'test-results/playwright.xml' }]],
  use: {
    browserName: 'chromium',
    // Where Playwright's own browser is not installed: the path of a Chromium.
    launchOptions: process.env.CHROMIUM ? { executablePath: process.env.CHROMIUM, args: ['--no-sandbox'] } : {},
  },
});
