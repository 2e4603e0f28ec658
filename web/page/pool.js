// A pool of workers: the most urgent question first; questions of an older state of the page are dropped.

/** Why a question has no answer: the page has moved on. */
export const STALE = Symbol('stale');

export class Pool {
  constructor(module, open, size) {
    Object.assign(this, {module, open, size, queue: [], running: new Map(), idle: [], generation: 0, serial: 0});
    for (let number = 0; number < size; number += 1) this.idle.push(this.worker());
  }

  worker() {
    const worker = this.open();
    worker.postMessage({module: this.module});
    worker.onmessage = ({data}) => {
      const task = this.running.get(worker);
      this.running.delete(worker);
      this.idle.push(worker);
      this.next();
      if (!task) return;
      if (task.generation < this.generation && !task.lasting) task.reject(STALE);
      else if (data.answer.error) task.reject(data.answer.error);
      else task.resolve({...data.answer, ms: data.ms});
    };
    worker.onerror = event => {
      event.preventDefault();
      this.running.get(worker)?.reject({message: `the worker stopped: ${event.message ?? 'no reason is given'}`});
      this.replace(worker);
    };
    return worker;
  }

  replace(worker) {
    worker.terminate();
    this.running.delete(worker);
    this.idle = this.idle.filter(other => other !== worker);
    this.idle.push(this.worker());
    this.next();
  }

  /** Asks. `urgency` 0 is the first; `long` questions are ended when they become stale; `lasting` ones never do. */
  ask(question, {files = [], urgency = 5, long = false, lasting = false} = {}) {
    return new Promise((resolve, reject) => {
      const task = {question, files, urgency, long, lasting, resolve, reject, generation: this.generation, id: this.serial += 1};
      const at = this.queue.findIndex(other => other.urgency > urgency);
      this.queue.splice(at < 0 ? this.queue.length : at, 0, task);
      this.next();
    });
  }

  next() {
    while (this.idle.length && this.queue.length) {
      // One worker stays free for urgent questions.
      const long = this.queue[0].urgency > 6;
      if (long && this.size > 1 && this.idle.length < 2) return;
      const task = this.queue.shift(), worker = this.idle.pop();
      this.running.set(worker, task);
      worker.postMessage({id: task.id, request: JSON.stringify(task.question), files: task.files});
    }
  }

  /** From now on, earlier questions are stale. */
  renew() {
    this.generation += 1;
    for (const task of this.queue.filter(task => !task.lasting)) task.reject(STALE);
    this.queue = this.queue.filter(task => task.lasting);
    for (const [worker, task] of [...this.running]) {
      if (task.long && !task.lasting) {
        task.reject(STALE);
        this.replace(worker);
      }
    }
  }
}

// Loads of the first look, and milliseconds that a chunk of loads should take.
const FIRST = 200, CHUNK = 40;
// Milliseconds between two looks.
const LOOKS = 90;

/**
 * Counts loads 0 to before `total` in all workers and joins the counts in the order of the loads, so that the last answer is
 * the command's. `look` gets each estimate on the way.
 */
export const estimate = (pool, subject, total, look, data) => new Promise((resolve, reject) => {
  let next = 0, joined = 0, size = FIRST, active = 0, looking = false, tally = null, last = 0;
  const counted = new Map();
  let fresh = [];
  const show = async () => {
    const due = joined === total || !tally || performance.now() - last > LOOKS;
    if (looking || !fresh.length || !due) return;
    looking = true;
    const tallies = tally ? [tally, ...fresh] : fresh, loads = joined;
    fresh = [];
    const ask = last => pool.ask({question: 'estimate', ...subject, tallies, data: last}, {urgency: 1, long: last});
    let answer = await ask(false);
    tally = answer.tally;
    last = performance.now();
    look(answer);
    if (loads < total) {
      looking = false;
      return show();
    }
    if (data) {
      answer = await ask(true);
      look(answer);
    }
    resolve(answer);
  };
  const count = async () => {
    while (next < total && active < pool.size) {
      const from = next, to = Math.min(total, from + size);
      next = to;
      active += 1;
      pool.ask({question: 'tally', ...subject, from, to}, {urgency: from ? 4 : 1}).then(answer => {
        active -= 1;
        size = Math.round(Math.min(Math.max((to - from) * CHUNK / Math.max(answer.ms, 1), 10), 5000));
        counted.set(from, {to, tally: answer.tally});
        for (let found = counted.get(joined); found; found = counted.get(joined)) {
          counted.delete(joined);
          fresh.push(found.tally);
          joined = found.to;
        }
        show().catch(reject);
        count();
      }, reject);
      // What a load takes is known after the first chunk.
      if (from === 0) return;
    }
  };
  count();
});
