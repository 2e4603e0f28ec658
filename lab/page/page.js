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

// --- The page.

const calls = [];
let copies = []; // instances of each class
let queues = [];
const joinable = new Map();
const kept = []; // responses with unread bodies; garbage collection of one would close its connection

function makeCopy(number, index) {
  return { number, index, calls: 0, ticks: 0, inFlight: 0, last: undefined, failures: 0, waitsFor: 0, had: new Set() };
}

function begin() {
  performance.setResourceTimingBufferSize(100_000);
  followEvents();
  queues = plan.queues.map((rules) => ({ rules, inside: 0, waiting: [] }));
  if (before) goOn();
  else open();
  if (plan.closes !== null) at(plan.opens + plan.closes, closeTab);
  at(plan.horizon, finishLoad);
}

function open() {
  copies = plan.classes.map((rules, number) => rules.starts.map((_, index) => makeCopy(number, index)));
  reached = plan.classes.map(() => ({}));
  plan.classes.forEach((rules, number) => {
    if (rules.stream) {
      rules.arrivals.forEach((time, index) => at(plan.opens + time, () => arrive(number, index)));
    } else {
      openCopies(number);
    }
  });
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
  if (unmounted.has(copy.number)) return;
  if (rules.supersedes) supersede(copy.last);
  copy.calls++;
  copy.inFlight++;
  const call = { copy, rules, attempt: copy.calls, tick, tickAttempt, issued: now(), followers: new Set(), announced: new Set() };
  call.key = [copy.index, tick, tickAttempt].join("-");
  copy.last = call;
  calls.push(call);
  reach(call, "issued");
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
  call.timer = at(start + deadline, () => {
    if (call.settled === undefined) call.failure = "timeout";
    return call.rules.deadlineAborts ? abort(call) : giveUp(call);
  });
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
  call.sent = now();
  if (rules.navigates) return navigate(call, name);
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
  fetch(baseOf(call) + call.path, options).then(
    (response) => {
      if (call.ended !== undefined) return;
      const fails = rules.failsOn.includes(response.status);
      if (fails) call.failure ??= response.status;
      const pause = Number(response.headers.get("retry-after"));
      if (fails && pause > 0) call.retryAfter = pause * 1000;
      headersSeen(call, !fails);
      if (!rules.readsBody) kept.push(response);
      if (rules.readsBody) response.arrayBuffer().then(() => finish(call, fails ? "failed" : "ok"), (error) => broken(call, error));
    },
    (error) => broken(call, error),
  );
}

// A refused call goes to a port of its origin's host at which nobody listens.
function baseOf({ rules, key }) {
  return rules.refused.includes(key) ? rules.refusedBase : rules.base;
}

// An error that is not this page's own abort. It invalidates the measurement, unless the load's draws have it.
function broken(call, error, failure = "network", time = now()) {
  if (call.ended !== undefined || ended) return;
  if (brokenByLeaving(call, (earlier) => broken(call, error, failure, earlier))) return;
  call.error = String(error);
  call.failure ??= failure;
  finish(call, "failed", time);
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
    headersSeen(call, true);
    if (entry?.responseStart > 0) call.headers = entry.responseStart - start;
    finish(call, "ok");
  };
  document.head.append(link);
}

function openSocket(call, name) {
  const url = call.path + (call.path.includes("?") ? "&" : "?") + `sixslot=${name}`;
  const isWeb = call.rules.kind === "websocket";
  const address = baseOf(call) + url;
  const socket = isWeb ? new WebSocket(address) : new EventSource(address, { withCredentials: true });
  call.socket = socket;
  socket.onopen = () => headersSeen(call, true);
  socket.onmessage = ({ data }) => (call.data = Math.max(call.data ?? -Infinity, now() - Number(data)));
  socket[isWeb ? "onclose" : "onerror"] = () => {
    if (call.ended !== undefined) return;
    // An EventSource that would not open again has been answered with a status (HTML, section 9.2.3). Firefox does not try
    // another origin again that refuses the connection, which here is the origin itself.
    const isClosed = !isWeb && socket.readyState === EventSource.CLOSED && !call.rules.refused.includes(call.key);
    const failure = isClosed ? "status" : "network";
    if (call.headers === undefined) {
      socket.close();
      return broken(call, "the socket did not open", failure);
    }
    closed(call);
  };
}

// A socket that was open has closed.
function closed(call, time = now()) {
  if (call.ended !== undefined || ended) return;
  const byRule = call.rules.kind === "websocket" && plan.navigationClosesWebSockets;
  if (!byRule && brokenByLeaving(call, (earlier) => closed(call, earlier))) return;
  call.socket.close();
  finish(call, "ok", time);
}

function headersSeen(call, ok, time = now()) {
  const { rules } = call;
  if (call.ended !== undefined) return;
  call.headers = time;
  if (rules.deadlineUntil === "headers") cancel(call.timer);
  reach(call, "headers", time);
  if (call.queue?.rules.releaseOn === "headers") leaveQueue(call);
  if (!rules.readsBody && rules.kind === "fetch") {
    leaveJoinable(call);
    settle(call, ok);
    finishFollowers(call);
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

// The page withdraws a call: the network sees an abort, unless a service worker hides it.
function withdraw(call) {
  if (call.rules.cancelAborts) abort(call);
  else giveUp(call);
}

function supersede(call) {
  if (!call || call.ended !== undefined) return;
  if (call.rules.cancelAborts || call.settled === undefined) call.superseded = true;
  withdraw(call);
}

function abort(call) {
  if (call.ended !== undefined) return;
  if (call.leader) call.leader.followers.delete(call);
  else if (call.queue && !call.controller) call.queue.waiting = call.queue.waiting.filter((other) => other !== call);
  finish(call, "aborted");
}

function finish(call, outcome, time = now()) {
  if (call.ended !== undefined || ended) return;
  call.ended = time;
  call.outcome = outcome;
  cancel(call.timer);
  if (outcome === "aborted") {
    call.controller?.abort();
    call.socket?.close();
  }
  leaveQueue(call);
  leaveJoinable(call);
  if (outcome === "coalesced") call.failure = call.leader.failure;
  settle(call, outcome === "ok" || (outcome === "coalesced" && call.leader.ok === true), time);
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
function settle(call, ok, time = now()) {
  if (call.settled !== undefined) return;
  const { copy, rules } = call;
  call.settled = time;
  call.ok = ok;
  copy.inFlight--;
  if (ok) {
    copy.failures = 0;
    reach(call, "ok", time);
    rearm(copy);
    openAgain(call);
  } else if (call.cancelled) {
    rearm(copy);
  } else if (!call.superseded) {
    copy.failures++;
    const pause = retryPause(call);
    call.retried = pause !== undefined;
    if (call.retried) at(call.settled + pause, () => retry(call));
    else rearm(copy);
    openAgain(call);
    reach(call, "failed");
  }
  reach(call, "end", time);
}

// The pause before the retry that follows a failure, if one does.
function retryPause({ rules, copy, key, failure, retryAfter }) {
  const follows = rules.retryOn === null || failure === undefined || rules.retryOn.includes(failure);
  if (copy.failures >= rules.attempts || !follows) return undefined;
  const pause = (rules.backoff[copy.failures - 1] ?? rules.backoff.at(-1) ?? 0) * (rules.jitter[key] ?? 1);
  return rules.followsRetryAfter ? Math.max(pause, retryAfter ?? 0) : pause;
}

// A socket has closed, or its opening has failed: it opens again after a pause, if at all.
function openAgain(call) {
  const { rules, copy, tickAttempt } = call;
  const drawn = rules.reconnects[copy.index]?.[tickAttempt - 1];
  if (drawn === undefined || call.failure === "status") return;
  const growth = rules.reconnectFactor ** Math.max(0, copy.failures - 1);
  at(call.settled + Math.min(drawn * growth, rules.reconnectAtMost ?? Infinity), () => retry(call));
}

function retry(call) {
  const { copy, tick, tickAttempt } = call;
  if (isWithdrawn(call)) return rearm(copy);
  if (copy.inFlight === 0 || !plan.classes[copy.number].skipWhileInFlight) issue(copy, tick, tickAttempt + 1);
}

// The server has received a request.
function sent([number, index, attempt]) {
  const copy = copies[number].find((copy) => copy.index === index);
  const call = calls.find((call) => call.copy === copy && call.attempt === attempt);
  if (call && call.ended === undefined) {
    if (call.rules.deadlineUntil === "sent") cancel(call.timer);
    armDeadline(call, "sent");
  }
  if (call) reach(call, "sent");
}

function finishLoad() {
  ended = true;
  clearTimeout(armed);
  if (leaving) window.stop();
  for (const call of calls) {
    if (call.ended === undefined) call.controller?.abort();
    call.socket?.close();
  }
  tieClocks().then(report);
}

// The document is gone: the browser ends the calls in flight, except the one for another document.
function endTab() {
  ended = true;
  clearTimeout(armed);
  const time = now();
  for (const call of calls.filter((call) => call.ended === undefined && call !== leaving)) {
    call.cancelled = call.settled === undefined;
    call.ended = time;
    call.outcome = "aborted";
  }
}

// The tab closes, which the page says before it is gone.
async function closeTab() {
  endTab();
  report();
  await ask(); // the report has been received
  window.close();
}

// A call, as the report has it.
function row(call) {
  // The page does not see the end of a body that it does not read: the headers are the end.
  const isUnread = !call.rules.readsBody && call.headers !== undefined;
  return {
    class: call.copy.number,
    index: call.copy.index,
    attempt: call.attempt,
    tick: call.tick,
    tickAttempt: call.tickAttempt,
    issued: call.issued,
    headers: call.headers,
    ended: isUnread ? call.headers : call.ended,
    outcome: isUnread ? (call.failure === undefined ? "ok" : "failed") : (call.outcome ?? "unfinished"),
    settled: call.superseded || call.cancelled ? undefined : call.settled, // the page does not count it
    ok: call.ok,
    retried: call.retried ?? false,
    error: call.error,
  };
}

function report() {
  say({ report: { clock: best, start, calls: [...past, ...calls.map(row)] } });
}
