// Two pages of a small server: one whose call starves behind eight slow ones, and one without them.
import { createServer } from 'node:http';
import { test, expect } from './sixslot.mjs';

// The page needs this call, and gives it up after 1.5 s.
test.use({ sixslotNeeds: { path: '/api/session', deadline: '1500ms' } });

const page = (slow) => `<!doctype html><title>page</title><p id="state">waiting</p><p id="slow">loading</p><script>
const slow = Array.from({ length: ${slow} }, (_, at) => fetch('/slow/' + at).then((answer) => answer.text()));
fetch('/api/session', { signal: AbortSignal.timeout(1500) })
  .then((answer) => answer.text())
  .then((text) => { document.querySelector('#state').textContent = text; })
  .catch(() => { document.querySelector('#state').textContent = 'error'; });
Promise.all(slow).then(() => { document.querySelector('#slow').textContent = 'loaded'; });
</script>`;

let server;
let origin;
test.beforeAll(async () => {
  server = createServer((request, response) => {
    const delay = request.url.startsWith('/slow/') ? 2000 : 20;
    const text = request.url === '/starved' ? page(8) : request.url === '/good' ? page(0) : 'ready';
    const type = text === 'ready' ? 'text/plain' : 'text/html';
    setTimeout(() => response.writeHead(200, { 'content-type': type, 'cache-control': 'no-store' }).end(text), delay);
  });
  await new Promise((listening) => server.listen(0, '127.0.0.1', listening));
  origin = `http://127.0.0.1:${server.address().port}`;
});
test.afterAll(() => server.close());

test('a page without slow calls', async ({ page }) => {
  await page.goto(`${origin}/good`);
  await expect(page.locator('#state')).toHaveText('ready');
});

test.describe('a page with eight slow calls', () => {
  // A real project would leave this line out, and get a failed test with the report as attachment.
  test.use({ sixslotExpected: 'failed' });

  test('starves the call that it needs', async ({ page }) => {
    await page.goto(`${origin}/starved`);
    await expect(page.locator('#state')).toHaveText('error', { timeout: 10_000 });
    await expect(page.locator('#slow')).toHaveText('loaded', { timeout: 10_000 });
  });
});
