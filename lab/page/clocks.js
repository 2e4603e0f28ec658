// Before the start: clocks and warm-up. After it: the messages of the control origin.

// The server's clock minus this page's is `offset`, with an error of at most `error`.
let best = { offset: 0, error: Infinity };
let pong;
let tied; // the clocks have been compared

// The page's clock shows whole steps, rounded down: 1 ms in WebKitGTK.
function clockStep() {
  let step = Infinity;
  for (let round = 0; round < 10; round++) {
    const before = performance.now();
    let after = before;
    while (after === before) after = performance.now();
    step = Math.min(step, after - before);
  }
  return step;
}

// The server's clock, when it has received everything that this page has said.
function ask() {
  const answer = new Promise((resolve) => (pong = resolve));
  say({ ping: 0 });
  return answer;
}

async function tieClocks() {
  const step = clockStep();
  for (let round = 0; round < 20; round++) {
    const before = performance.now();
    const server = await ask();
    const after = performance.now() + step;
    const error = (after - before) / 2;
    if (error < best.error) best = { offset: server - (before + after) / 2, error };
  }
}

// Learns what each secure origin speaks. The origin closes the connection with its answer.
async function sayHello() {
  for (const base of plan.hello) {
    for (const credentials of ["include", "omit"]) {
      const answer = await fetch(`${base}/sixslot-hello?token=${token}`, { cache: "no-store", credentials });
      await answer.arrayBuffer();
    }
  }
}

// The first fetch of a page costs a browser some extra milliseconds; it is made here, at another origin.
async function warmUp() {
  const url = `http://${controlHost}/warm?token=${token}`;
  const ask = async (options) => {
    const controller = new AbortController();
    const options2 = { cache: "no-store", credentials: "include", headers: { accept: "sixslot/0" }, ...options };
    const answer = await fetch(url, { ...options2, signal: controller.signal });
    await answer.arrayBuffer();
  };
  for (let round = 0; round < 3; round++) {
    await Promise.all([ask({}), ask({}), ask({ priority: "low" }), ask({ method: "POST" }), ask({}), ask({})]);
  }
  const controller = new AbortController();
  const aborted = fetch(url, { cache: "no-store", signal: controller.signal }).catch(() => {});
  controller.abort();
  await aborted;
}

control.onmessage = ({ data }) => {
  const message = JSON.parse(data);
  if (message.server !== undefined) pong(message.server);
  else if (message.sent) sent(message.sent);
  else if (message.plan) {
    plan = message.plan;
    // A document that goes on with a load has no time to warm up.
    if (takeOver()) tied = tieClocks();
    else tied = warmUp().then(sayHello).then(tieClocks).then(() => say({ ready: true }));
  } else if (message.go !== undefined) {
    tied.then(() => {
      start = message.go - best.offset;
      begin();
    });
  }
};
