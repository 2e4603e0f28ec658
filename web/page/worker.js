// A worker with an instance of the engine. A fault of the engine is an answer too, and the next question gets a new instance.
import {asker} from './module.js';

let module, ask;

const open = async () => {
  ask = asker((await WebAssembly.instantiate(module, {})).exports);
};

let turn = Promise.resolve();
addEventListener('message', ({data}) => {
  turn = turn.then(async () => {
    if (data.module) {
      module = data.module;
      await open();
      return;
    }
    const start = performance.now();
    let answer;
    try {
      if (!ask) await open();
      answer = JSON.parse(ask(data.request, data.files));
    } catch (fault) {
      ask = null;
      answer = {error: {message: `the engine stopped, which is a fault of sixslot: ${fault.message ?? fault}`}};
    }
    postMessage({id: data.id, answer, ms: performance.now() - start});
  });
});
