// Time: scheduled actions, ordered by (time, sequence) like the simulator's events.

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
