"use strict";
// One tab of one load: it issues the requests of its plan with the browser's fetch, AbortController, WebSocket and
// EventSource, and reports what happened. Each rule has its counterpart in models/src/load/page.rs.
// Times are real milliseconds since the start of the load.

const query = new URLSearchParams(location.search);
const controlHost = `127.0.0.1:${query.get("control")}`;
const token = query.get("token"); // the servers answer nobody without it
const control = new WebSocket(`ws://${controlHost}/page?load=${query.get("load")}&tab=${query.get("tab")}&token=${token}`);
const say = (message) => control.send(JSON.stringify(message));

let plan;
let start; // performance.now() at the start of the load
let ended = false;
const now = () => performance.now() - start;

// --- Time: scheduled actions, ordered by (time, sequence) like the simulator's events.

const agenda = [];
let armed;
let running = false;
const turn = new MessageChannel();
turn.port1.onmessage = () => arm();

function at(time, action) {
  const entry = { time, action };
  let place = agenda.length;
  while (place > 0 && agenda[place - 1].time > time) place--;
  agenda.splice(place, 0, entry);
  // Never synchronously: the current action ends first, like an event of the simulator.
  if (place === 0 && !running) turn.port2.postMessage(0);
  return entry;
}

function cancel(entry) {
  if (entry) entry.action = undefined;
}

// Timers are set from a message's task only: their nesting level is 0 there, so browsers do not clamp them to 4 ms.
// A timer takes whole milliseconds, rounded down; the rest is a busy wait.
function arm() {
  clearTimeout(armed);
  if (agenda.length === 0 || ended) return;
  const left = agenda[0].time - now();
  if (left <= 0) return due();
  armed = setTimeout(due, Math.max(0, Math.floor(left)));
}

function due() {
  running = true;
  while (agenda.length > 0 && !ended) {
    const left = agenda[0].time - now();
    if (left > 1) break;
    if (left > 0) {
      while (agenda[0].time > now());
    }
    const { time, action } = agenda.shift();
    if (action) action(time);
  }
  running = false;
  turn.port2.postMessage(0);
}

// --- The page.

const calls = [];
let copies = []; // instances of each class
let reached = []; // of each class: how many instances have had each event
let queues = [];
const joinable = new Map();
const kept = []; // responses with unread bodies; garbage collection of one would close its connection

function makeCopy(number, index) {
  return { number, index, calls: 0, ticks: 0, inFlight: 0, last: undefined, failures: 0, lastEnd: undefined, had: new Set() };
}

function begin() {
  performance.setResourceTimingBufferSize(100_000);
  copies = plan.classes.map((rules, number) => rules.starts.map((_, index) => makeCopy(number, index)));
  reached = plan.classes.map(() => ({}));
  queues = plan.queues.map((rules) => ({ rules, inside: 0, waiting: [] }));
  plan.classes.forEach((rules, number) => {
    if (rules.stream) {
      rules.arrivals.forEach((time, index) => at(plan.opens + time, () => arrive(number, index)));
    } else if (rules.kind === "background") {
      // The server starts its own background calls, unless they wait for something of the page.
      if (rules.after && hasNothingToWaitFor(rules.after[0])) startCopies(number, plan.opens);
    } else if (!rules.after || hasNothingToWaitFor(rules.after[0])) {
      startCopies(number, plan.opens);
    }
  });
  at(plan.horizon, finishLoad);
}

const hasNothingToWaitFor = (number) => copies[number].length === 0 && !plan.classes[number].stream;

function startCopies(number, from) {
  const rules = plan.classes[number];
  if (rules.kind === "background") {
    if (copies[number].length > 0) at(from, () => say({ background: number }));
    return;
  }
  copies[number].forEach((copy) => at(from + rules.starts[copy.index], (time) => startCopy(copy, time)));
}

function startCopy(copy, time) {
  const rules = plan.classes[copy.number];
  if (rules.every !== null && !rules.everyFromEnd) {
    at(time + rules.lags[copy.index] + rules.every, (tick) => pollTick(copy, tick));
  }
  issue(copy);
}

function arrive(number, index) {
  const copy = makeCopy(number, index);
  copies[number].push(copy);
  issue(copy);
}

function pollTick(copy, time) {
  const rules = plan.classes[copy.number];
  copy.ticks++;
  if (rules.untilOk && copy.had.has("ok")) return;
  if (!rules.everyFromEnd) at(time + rules.every, (tick) => pollTick(copy, tick));
  const busy = rules.skipWhileInFlight && copy.inFlight > 0;
  if (!busy && !(rules.fresh && isFresh(...rules.fresh))) issue(copy, copy.ticks);
  else rearm(copy);
}

// A call is over, or was left out: a timer that counts from there starts.
function rearm(copy) {
  const rules = plan.classes[copy.number];
  if (rules.everyFromEnd) at(now() + rules.every, (tick) => pollTick(copy, tick));
}

// Whether a socket of this tab is open and its last data is younger than `within` ms.
function isFresh(socket, within) {
  return copies[socket].some(({ last }) => {
    const open = last && last.headers !== undefined && last.ended === undefined;
    return open && last.data !== undefined && now() - last.data < within;
  });
}

// A server draws by the tick, skipped ones counted, and the attempt within it.
function issue(copy, tick = 0, tickAttempt = 1) {
  const rules = plan.classes[copy.number];
  if (rules.supersedes) supersede(copy.last);
  copy.calls++;
  copy.inFlight++;
  const call = { copy, rules, attempt: copy.calls, tick, tickAttempt, issued: now(), followers: new Set() };
  copy.last = call;
  calls.push(call);
  reach(copy, "issued");
  armDeadline(call, "issued");
  call.path = rules.url.replaceAll("{index}", copy.index).replaceAll("{tab}", plan.tab);
  if (rules.dedupe) {
    const leader = joinable.get(rules.base + call.path);
    if (leader) {
      call.leader = leader;
      leader.followers.add(call);
      return;
    }
    joinable.set(rules.base + call.path, call);
  }
  if (rules.queue === null) return send(call);
  call.queue = queues[rules.queue];
  call.queue.waiting.push(call);
  advanceQueue(call.queue);
}

// Starts the time of a call's deadline, where it counts from this event.
function armDeadline(call, from) {
  const { deadline, deadlineFrom } = call.rules;
  if (deadline === null || deadlineFrom !== from) return;
  const start = from === "issued" ? call.issued : now();
  call.timer = at(start + deadline, () => (call.rules.deadlineAborts ? abort(call) : giveUp(call)));
}

function advanceQueue(queue) {
  while (queue.waiting.length > 0 && queue.inside < queue.rules.limit) {
    const call = queue.rules.lifo ? queue.waiting.pop() : queue.waiting.shift();
    queue.inside++;
    call.hasPlace = true;
    send(call);
  }
}

function leaveQueue(call) {
  if (!call.hasPlace) return;
  call.hasPlace = false;
  call.queue.inside--;
  advanceQueue(call.queue);
}

function send(call) {
  const { rules, copy } = call;
  armDeadline(call, "queue");
  const name = [token, copy.number, copy.index, call.attempt, plan.tab, call.tick, call.tickAttempt].join("-");
  if (rules.kind === "websocket" || rules.kind === "event-source") return openSocket(call, name);
  if (rules.priority === "style") return loadStyleSheet(call);
  call.controller = new AbortController();
  const options = {
    method: rules.method,
    headers: { accept: `sixslot/${name}` },
    cache: rules.cache,
    credentials: rules.credentials,
    priority: rules.priority,
    signal: call.controller.signal,
  };
  // Without a type, so that no preflight is needed.
  if (rules.method === "POST" && rules.bytes[copy.index]) options.body = new Uint8Array(rules.bytes[copy.index]);
  fetch(rules.base + call.path, options).then(
    (response) => {
      if (call.ended !== undefined) return;
      headersSeen(call);
      if (!rules.readsBody) kept.push(response);
      if (rules.readsBody) response.arrayBuffer().then(() => finish(call, "ok"), (error) => broken(call, error));
    },
    (error) => broken(call, error),
  );
}

// An error that is not this page's own abort: it invalidates the measurement.
function broken(call, error) {
  if (call.ended !== undefined || ended) return;
  call.error = String(error);
  finish(call, "aborted");
}

// A style sheet has the highest priority, which fetch() cannot have. The server identifies it by its path and its
// Referer.
function loadStyleSheet(call) {
  const link = document.createElement("link");
  link.rel = "stylesheet";
  link.referrerPolicy = "unsafe-url";
  link.href = call.rules.base + call.path;
  link.onerror = () => broken(call, "the style sheet did not load");
  link.onload = () => {
    const entry = performance.getEntriesByName(link.href).at(-1);
    headersSeen(call);
    if (entry?.responseStart > 0) call.headers = entry.responseStart - start;
    finish(call, "ok");
  };
  document.head.append(link);
}

function openSocket(call, name) {
  const url = call.path + (call.path.includes("?") ? "&" : "?") + `sixslot=${name}`;
  const isWeb = call.rules.kind === "websocket";
  const socket = isWeb ? new WebSocket(call.rules.base + url) : new EventSource(call.rules.base + url, { withCredentials: true });
  call.socket = socket;
  socket.onopen = () => headersSeen(call);
  socket.onmessage = ({ data }) => (call.data = Math.max(call.data ?? -Infinity, now() - Number(data)));
  socket[isWeb ? "onclose" : "onerror"] = () => {
    socket.close();
    if (call.headers === undefined) return broken(call, "the socket did not open");
    finish(call, "ok");
  };
}

function headersSeen(call) {
  const { rules } = call;
  call.headers = now();
  if (rules.deadlineUntil === "headers") cancel(call.timer);
  reach(call.copy, "headers");
  if (call.queue?.rules.releaseOn === "headers") leaveQueue(call);
  if (!rules.readsBody && rules.kind === "fetch") {
    leaveJoinable(call);
    settle(call, true);
    finishFollowers(call, true);
  }
}

function leaveJoinable(call) {
  const key = call.rules.base + call.path;
  if (joinable.get(key) === call) joinable.delete(key);
}

// The page gives up, and the request goes on.
function giveUp(call) {
  if (call.ended !== undefined || call.settled !== undefined) return;
  leaveJoinable(call);
  settle(call, false);
}

function supersede(call) {
  if (!call || call.ended !== undefined) return;
  call.superseded = true;
  abort(call);
}

function abort(call) {
  if (call.ended !== undefined) return;
  if (call.leader) call.leader.followers.delete(call);
  else if (call.queue && !call.controller) call.queue.waiting = call.queue.waiting.filter((other) => other !== call);
  finish(call, "aborted");
}

function finish(call, outcome) {
  if (call.ended !== undefined || ended) return;
  call.ended = now();
  call.outcome = outcome;
  cancel(call.timer);
  if (outcome === "aborted") call.controller?.abort();
  leaveQueue(call);
  leaveJoinable(call);
  settle(call, outcome === "ok" || (outcome === "coalesced" && call.leader.ok === true));
  finishFollowers(call);
}

// Requests that joined a request (`dedupe`) end with it.
function finishFollowers(call) {
  for (const follower of call.followers) {
    call.followers.delete(follower);
    finish(follower, "coalesced");
  }
}

// The request succeeds or fails for the page, once. From then on the page does not count it as in flight.
function settle(call, ok) {
  if (call.settled !== undefined) return;
  const { copy, rules } = call;
  call.settled = now();
  call.ok = ok;
  copy.inFlight--;
  if (ok) {
    copy.failures = 0;
    reach(copy, "ok");
    rearm(copy);
    const pause = rules.reconnects[copy.index]?.[call.tickAttempt - 1];
    if (pause !== undefined) at(call.settled + pause, () => retry(call));
  } else if (!call.superseded) {
    copy.failures++;
    if (copy.failures < rules.attempts) {
      const pause = rules.backoff[copy.failures - 1] ?? rules.backoff.at(-1) ?? 0;
      at(call.settled + pause, () => retry(call));
    } else {
      rearm(copy);
    }
    reach(copy, "failed");
  }
  reach(copy, "end");
}

function retry({ copy, tick, tickAttempt }) {
  if (copy.inFlight === 0 || !plan.classes[copy.number].skipWhileInFlight) issue(copy, tick, tickAttempt + 1);
}

// An instance has had an event. When all instances have had it, the classes that wait for it start.
function reach(copy, event) {
  if (copy.had.has(event)) return;
  copy.had.add(event);
  const counts = reached[copy.number];
  counts[event] = (counts[event] ?? 0) + 1;
  // A class with random arrivals has no last instance: its first one counts.
  const wanted = plan.classes[copy.number].stream ? 1 : copies[copy.number].length;
  if (counts[event] !== wanted) return;
  plan.classes.forEach((rules, number) => {
    if (rules.after && rules.after[0] === copy.number && rules.after[1] === event) startCopies(number, now());
  });
}

// The server has received a request.
function sent([number, index, attempt]) {
  const copy = copies[number].find((copy) => copy.index === index);
  const call = calls.find((call) => call.copy === copy && call.attempt === attempt);
  if (call && call.ended === undefined) {
    if (call.rules.deadlineUntil === "sent") cancel(call.timer);
    armDeadline(call, "sent");
  }
  if (copy) reach(copy, "sent");
}

function finishLoad() {
  ended = true;
  clearTimeout(armed);
  for (const call of calls) {
    if (call.ended === undefined) call.controller?.abort();
    call.socket?.close();
  }
  const rows = calls.map((call) => ({
    class: call.copy.number,
    index: call.copy.index,
    attempt: call.attempt,
    tick: call.tick,
    tickAttempt: call.tickAttempt,
    issued: call.issued,
    headers: call.headers,
    ended: call.ended,
    outcome: call.outcome ?? "unfinished",
    settled: call.superseded ? undefined : call.settled, // the page does not count it
    ok: call.ok,
    error: call.error,
  }));
  tieClocks().then(() => say({ report: { clock: best, start, calls: rows } }));
}

// --- Before the start: clocks and warm-up.

// The server's clock minus this page's is `offset`, with an error of at most `error`.
let best = { offset: 0, error: Infinity };
let pong;

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

async function tieClocks() {
  const step = clockStep();
  for (let round = 0; round < 20; round++) {
    const before = performance.now();
    const answer = new Promise((resolve) => (pong = resolve));
    say({ ping: before });
    const server = await answer;
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
    warmUp().then(sayHello).then(tieClocks).then(() => say({ ready: true }));
  } else if (message.go !== undefined) {
    start = message.go - best.offset;
    begin();
  }
};
