// Archives by the rules of Chromium's DevTools, from the events of its debugging protocol.
// Source: devtools-frontend, front_end/models/har/Log.ts, and core/sdk/NetworkManager.ts with NetworkRequest.ts for the times.

// ---- NetworkRequest.ts: the fields that DevTools keeps for a request
const list = headers => Object.entries(headers ?? {}).map(([name, value]) => ({name, value}));
const initiator = ({type, url, lineNumber, stack}) => ({type, ...(url ? {url, lineNumber} : {}), ...(stack ? {stack} : {})});
export function follow(requests) {
  const at = id => requests.get(id) ?? requests.set(id, {end: -1, received: -1, status: 0, headers: [], answer: [], priority: null}).get(id);
  return ({method, params}) => {
    const r = params?.requestId && at(params.requestId);
    switch (method) {
      case 'Network.requestWillBeSent':
        Object.assign(r, {url: params.request.url, method: params.request.method, issue: params.timestamp, wall: params.wallTime,
          type: params.type?.toLowerCase(), priority: params.request.initialPriority, initiator: initiator(params.initiator)});
        r.start ??= params.timestamp;
        if (!r.raw) r.headers = list(params.request.headers);
        break;
      case 'Network.requestWillBeSentExtraInfo':
        r.raw = true; r.headers = list(params.headers);
        if (params.connectTiming) r.start = params.connectTiming.requestTime;
        break;
      case 'Network.responseReceived': {
        const {response} = params;
        Object.assign(r, {status: response.status, protocol: response.protocol, mime: response.mimeType, received: params.timestamp,
          connection: response.connectionId, ip: response.remoteIPAddress, port: response.remotePort, type: params.type.toLowerCase()});
        r.answer = list(response.headers);
        if (response.timing) {
          r.timing = response.timing; r.start = response.timing.requestTime;
          const headers = response.timing.requestTime + response.timing.receiveHeadersEnd / 1000;
          if (r.received < 0 || r.received > headers) r.received = headers;
          if (r.start > r.received) r.received = r.start;
        }
        break;
      }
      case 'Network.dataReceived': r.end = Math.max(params.timestamp, r.received); r.size = (r.size ?? 0) + params.dataLength; break;
      case 'Network.loadingFinished': r.end = Math.max(params.timestamp, r.received); r.transferred = params.encodedDataLength; break;
      case 'Network.loadingFailed': r.end = Math.max(params.timestamp, r.received); r.error = params.errorText; break;
      case 'Network.webSocketCreated': Object.assign(r, {url: params.url, method: 'GET', type: 'websocket', initiator: {type: 'script'}}); break;
      case 'Network.webSocketWillSendHandshakeRequest':
        Object.assign(r, {issue: params.timestamp, start: params.timestamp, wall: params.wallTime, headers: list(params.request.headers)}); break;
      case 'Network.webSocketHandshakeResponseReceived':
        Object.assign(r, {status: params.response.status, answer: list(params.response.headers), received: params.timestamp, end: params.timestamp}); break;
      case 'Network.webSocketClosed': r.end = params.timestamp; break;
    }
  };
}

// ---- Log.ts: Entry.buildTimings
function timings(r) {
  const ms = seconds => seconds === -1 ? -1 : seconds * 1000;
  const queued = r.issue < r.start ? r.start - r.issue : -1;
  const result = {blocked: ms(queued), dns: -1, ssl: -1, connect: -1, send: 0, wait: 0, receive: 0, _blocked_queueing: ms(queued)};
  const least = values => values.reduce((best, value) => value >= 0 && value < best ? value : best, Infinity);
  let highest = 0;
  const t = r.timing;
  if (t) {
    const blockedStart = least([t.dnsStart, t.connectStart, t.sendStart]);
    if (blockedStart !== Infinity) result.blocked += blockedStart;
    const dnsEnd = t.dnsEnd >= 0 ? t.dnsEnd : -1;
    result.dns = dnsEnd - (t.dnsEnd >= 0 ? blockedStart : 0);
    const sslEnd = t.sslEnd > 0 ? t.sslEnd : -1;
    result.ssl = sslEnd - (t.sslEnd > 0 ? t.sslStart : 0);
    const connectEnd = t.connectEnd >= 0 ? t.connectEnd : -1;
    result.connect = connectEnd - (t.connectEnd >= 0 ? least([dnsEnd, blockedStart]) : 0);
    const sendEnd = t.sendEnd >= 0 ? t.sendEnd : 0;
    result.send = Math.max(sendEnd - (t.sendEnd >= 0 ? Math.max(connectEnd, dnsEnd, blockedStart) : 0), 0);
    highest = Math.max(sendEnd, connectEnd, sslEnd, dnsEnd, blockedStart, 0);
  } else if (r.received === -1) {
    result.blocked = ms(r.end - r.issue);
    return result;
  }
  const base = t ? t.requestTime : r.start;
  const waitEnd = ms(r.received - base);
  result.wait = waitEnd - highest;
  result.receive = Math.max(ms(r.end - base) - waitEnd, 0);
  return result;
}
export function entry(r) {
  const t = timings(r);
  for (const key of Object.keys(t)) t[key] = Number(t[key].toFixed(3));
  const time = ['blocked', 'dns', 'connect', 'send', 'wait', 'receive'].reduce((sum, key) => sum + Math.max(t[key], 0), 0);
  const version = r.protocol ?? (r.status ? 'http/1.1' : '');
  return {
    _initiator: r.initiator, _priority: r.priority, _resourceType: r.type, cache: {}, ...(r.port ? {connection: String(r.port)} : {}),
    ...(r.connection ? {_connectionId: String(r.connection)} : {}),
    request: {method: r.method, url: r.url, httpVersion: version, headers: r.headers, queryString: [], cookies: [], headersSize: -1, bodySize: 0},
    response: {status: r.status, statusText: '', httpVersion: version, headers: r.answer, cookies: [], content: {size: r.size ?? 0, mimeType: r.mime ?? 'x-unknown'},
      redirectURL: '', headersSize: -1, bodySize: -1, _transferSize: r.transferred ?? 0, _error: r.error ?? null},
    serverIPAddress: r.ip ?? '', startedDateTime: new Date(r.wall * 1000).toISOString(), time, timings: t,
    ...(r.type === 'websocket' ? {_webSocketMessages: []} : {}),
  };
}

