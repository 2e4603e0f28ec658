// The server of the measured pages: HTTP/1.1 without TLS on port 8000, HTTP/2 over TLS 1.3 on port 8443.
// Usage: server.mjs ADDRESS KEY CERTIFICATE; each line on standard input is the time in ms that every answer comes later.
import {readFileSync} from 'node:fs';
import http from 'node:http';
import http2 from 'node:http2';
import {createInterface} from 'node:readline';
import {answer} from './pages.mjs';

const [address, key, certificate] = process.argv.slice(2);
let delay = 0;

function serve(request, response) {
  const found = answer(request.url);
  const send = () => {
    if (!found) return response.writeHead(404, {'content-length': 0}).end();
    response.writeHead(200, {'content-type': found.type, 'content-length': found.body.length, 'cache-control': 'max-age=3600'});
    response.end(found.body);
  };
  const ms = delay + (found?.ms ?? 0);
  return ms ? setTimeout(send, ms) : send();
}

const plain = http.createServer({keepAliveTimeout: 60_000}, serve);
const secure = http2.createSecureServer({key: readFileSync(key), cert: readFileSync(certificate), minVersion: 'TLSv1.3'}, serve);
for (const [server, port] of [[plain, 8000], [secure, 8443]]) {
  server.on('connection', socket => socket.setNoDelay(true));
  await new Promise(done => server.listen(port, address, done));
}
console.log('ready');
createInterface({input: process.stdin}).on('line', line => { delay = Number(line); console.log('ok'); }).on('close', () => process.exit(0));
