// The state of the page in the fragment of its address: JSON, compressed, base64url.

const PREFIX = '#1.';
// A longer state is not read: the fragment comes from anywhere.
const MOST = 4 << 20;

const through = async (bytes, stream) => {
  const reader = new Blob([bytes]).stream().pipeThrough(stream).getReader();
  const parts = [];
  for (let length = 0; ;) {
    const {done, value} = await reader.read();
    if (done) break;
    length += value.length;
    if (length > MOST) {
      reader.cancel().catch(() => {});
      throw new RangeError('the link is too long');
    }
    parts.push(value);
  }
  return new Uint8Array(await new Blob(parts).arrayBuffer());
};

const toText = bytes => {
  let text = '';
  for (let at = 0; at < bytes.length; at += 8192) text += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return btoa(text);
};

export const bytesOf = text => {
  const letters = atob(text), bytes = new Uint8Array(letters.length);
  for (let at = 0; at < letters.length; at += 1) bytes[at] = letters.charCodeAt(at);
  return bytes;
};

export const gunzip = bytes => new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip')));

export const written = async state => {
  const bytes = await through(new TextEncoder().encode(JSON.stringify(state)), new CompressionStream('deflate-raw'));
  return PREFIX + toText(bytes).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
};

/** The state in a fragment; null where there is none or it cannot be read. */
export const read = async fragment => {
  if (!fragment.startsWith(PREFIX)) return null;
  try {
    const text = fragment.slice(PREFIX.length).replaceAll('-', '+').replaceAll('_', '/');
    const state = JSON.parse(new TextDecoder().decode(await through(bytesOf(text), new DecompressionStream('deflate-raw'))));
    return state && typeof state === 'object' ? state : null;
  } catch {
    return null;
  }
};
