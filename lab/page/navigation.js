// Navigations: a document of the tab is left for another one, a new page with this script, which goes on with the load. What it
// must know of the document before it is kept in the tab's session storage. Counterpart: the rule in models/src/load/cancels.rs.

const KEPT = "sixslot";
const COMMIT = 50; // ms from the first sign of the new document to the end of this one, at most (7 measured)

// `answered`: the status with which the server sent this document.
let leaving; // the call for the new document, while it is on its way
let before; // what the document before this one has left
let past = []; // its calls, as rows of the report

function navigate(call, name) {
  const query = new URLSearchParams(location.search);
  query.set(KEPT, name); // at the end
  const url = `${call.path}${call.path.includes("?") ? "&" : "?"}${query}`;
  leaving = call;
  call.left = now();
  if (plan.navigationEndsCalls) endStreams();
  if (call.rules.navigates === "reload") {
    history.replaceState(null, "", url);
    location.reload();
  } else if (call.rules.navigates === "click") {
    const link = document.createElement("a");
    link.href = url;
    document.body.append(link);
    link.click();
  } else {
    location.href = url;
  }
}

// Whether a call is of the page that is being left.
function isLeft({ rules }) {
  return leaving !== undefined && rules.leftBy.includes(leaving.copy.number);
}

// The browser ends the event streams, of which the page hears nothing.
function endStreams() {
  for (const call of calls) {
    if (call.rules.kind !== "event-source" || call.ended !== undefined || !isLeft(call)) continue;
    cancelledAt.set(call.copy.number, now());
    call.cancelled = call.settled === undefined;
    kept.push(call.socket);
    call.socket = undefined;
    finish(call, "aborted");
  }
}

// An error of a call because the page is being left. Where the browser does not say so at the navigation's start, the page counts
// no failure: it hears of some ends a little before it is gone. Returns whether it is such an error, or may still be one.
function brokenByLeaving(call, failed) {
  if (!isLeft(call) || call.waited) return false;
  const isWeb = call.rules.kind === "websocket";
  // Firefox ends them some milliseconds after the navigation's start.
  const isLate = now() - leaving.left > COMMIT;
  const isEarly = call.sent < leaving.left || !(isLate || plan.navigationRefusesCalls);
  const isEnded = isWeb ? plan.navigationClosesWebSockets : plan.navigationEndsCalls;
  if (!isEnded || (!isEarly && !plan.navigationRefusesCalls)) {
    const time = now();
    call.waited = true;
    setTimeout(() => failed(time), COMMIT);
    return true;
  }
  call.failure ??= "network";
  finish(call, isEarly ? "aborted" : "failed");
  return true;
}

// The new document is there: this one's calls end.
addEventListener("pagehide", () => {
  if (!leaving || ended) return;
  endTab();
  const { number, index } = leaving.copy;
  sessionStorage.setItem(KEPT, JSON.stringify({
    rows: [...past, ...calls.filter((call) => call !== leaving).map(row)],
    navigation: { number, index, ...row(leaving), announced: [...leaving.announced] },
    copies: copies.map((some) => some.map((copy) => ({ ...copy, last: undefined, had: [...copy.had] }))),
    reached,
    unmounted: [...unmounted],
    cancelledAt: [...cancelledAt],
  }));
});

// What the document before this one has left, if there was one.
function takeOver() {
  const text = sessionStorage.getItem(KEPT);
  sessionStorage.removeItem(KEPT);
  before = text ? JSON.parse(text) : undefined;
  return before !== undefined;
}

// Goes on with the load of the document before this one.
function goOn() {
  past = before.rows;
  copies = before.copies.map((some) => some.map((copy) => ({ ...copy, had: new Set(copy.had) })));
  reached = before.reached;
  before.unmounted.forEach((number) => unmounted.add(number));
  before.cancelledAt.forEach(([number, time]) => cancelledAt.set(number, time));
  const { number, index, announced, attempt, tick, tickAttempt, issued } = before.navigation;
  const copy = copies[number].find((copy) => copy.index === index);
  const call = { copy, rules: plan.classes[number], attempt, tick, tickAttempt, issued, followers: new Set() };
  call.announced = new Set(announced);
  call.key = [index, tick, tickAttempt].join("-");
  calls.push(call);
  const [entry] = performance.getEntriesByType("navigation");
  const fails = call.rules.failsOn.includes(answered);
  if (fails) call.failure = answered;
  headersSeen(call, !fails, entry.responseStart - start);
  const end = (time) => finish(call, fails ? "failed" : "ok", time - start);
  // Firefox does not say when the response ended before the page has loaded.
  if (document.readyState === "loading") addEventListener("DOMContentLoaded", () => end(performance.now()));
  else end(Math.max(entry.responseEnd, entry.responseStart));
}
