// Events of calls: what they start, and what they cancel. Counterparts: models/src/load/causes.rs and cancels.rs.

let reached = []; // of each class: how many instances have had each event
const unmounted = new Set(); // the classes that make no calls any more
const cancelledAt = new Map(); // when the calls of a class were last cancelled
const starts = new Map(); // by class and event: the classes that wait, each with the instances that its anchor names
const cancels = new Map(); // by class and event: the classes whose calls it cancels, and whether they are unmounted

function followEvents() {
  const add = (map, number, event, entry) => {
    const name = `${number}.${event}`;
    map.set(name, [...(map.get(name) ?? []), entry]);
  };
  plan.classes.forEach((rules, target) => {
    for (const [number, event, which] of rules.after?.anchors ?? []) add(starts, number, event, { target, which });
    for (const [number, event] of rules.cancelledBy) add(cancels, number, event, { target, unmounts: false });
    for (const [number, event] of rules.unmountedBy) add(cancels, number, event, { target, unmounts: true });
  });
}

// Schedules the starts of the instances of a class that wait for nothing. An anchor on a class without instances is met.
function openCopies(number) {
  const { kind, after } = plan.classes[number];
  // The server starts its own background calls, unless they wait for something of the page.
  if (kind === "background" && !after) return;
  const anchors = (after?.anchors ?? []).filter(([cause]) => copies[cause].length > 0 || plan.classes[cause].stream);
  for (const copy of copies[number]) {
    copy.waitsFor = after?.any ? Math.min(1, anchors.length) : anchors.length;
    if (copy.waitsFor === 0) scheduleStart(copy, plan.opens);
  }
}

function scheduleStart(copy, from) {
  const { kind, starts } = plan.classes[copy.number];
  if (kind === "background") at(from, () => say({ background: copy.number }));
  else at(from + starts[copy.index], (time) => startCopy(copy, time));
}

function reach(call, event, time = now()) {
  if (cancels.has(`${call.copy.number}.${event}`) && !call.announced.has(event)) {
    call.announced.add(event);
    at(time, () => cancelBy(call, event));
  }
  release(call.copy, event, time);
}

// An instance has had an event for the first time: instances that wait for it may start, in the order of the file.
function release({ number, index, had }, event, time) {
  if (had.has(event)) return;
  had.add(event);
  const counts = reached[number];
  counts[event] = (counts[event] ?? 0) + 1;
  // A class with random arrivals has no last instance: its first one counts.
  const count = plan.classes[number].stream ? 0 : copies[number].length;
  const all = counts[event] === Math.max(count, 1);
  const last = index + 1 === count;
  const released = [];
  for (const { target, which } of starts.get(`${number}.${event}`) ?? []) {
    for (const copy of copies[target]) {
      const wanted = which === "same" ? copy.index : which;
      // If there are fewer instances than the anchor's number, the last one is meant.
      const met = which === null ? all : wanted === index || (last && wanted > index);
      if (met && copy.waitsFor > 0 && --copy.waitsFor === 0) released.push(copy);
    }
  }
  released.sort((one, other) => one.number - other.number || one.index - other.index);
  for (const copy of released) scheduleStart(copy, time);
}

function cancelBy(call, event) {
  for (const { target, unmounts } of cancels.get(`${call.copy.number}.${event}`)) {
    if (unmounts) unmounted.add(target);
    cancelCalls(target, call);
  }
}

// Cancels the calls of a class in flight, except the one whose event it is. The page has withdrawn them.
function cancelCalls(target, by) {
  cancelledAt.set(target, now());
  const flying = calls.filter((call) => call.copy.number === target && call.ended === undefined && call !== by);
  for (const call of flying) call.cancelled = call.settled === undefined;
  flying.forEach(withdraw);
}

// Whether a call that would be followed by another has been cancelled since it was over.
function isWithdrawn({ copy, settled }) {
  return settled <= cancelledAt.get(copy.number);
}
