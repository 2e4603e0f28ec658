// The page's worker, in a thread of Node.
import {parentPort} from 'node:worker_threads';

globalThis.addEventListener = (_, listener) => parentPort.on('message', data => listener({data}));
globalThis.postMessage = message => parentPort.postMessage(message);
await import('./worker.js');
