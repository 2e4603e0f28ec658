// The engine's border: a request as JSON and archives as bytes go in, an answer as JSON comes out.

const encode = text => new TextEncoder().encode(text);

/** The function that asks an instance of the engine. It throws only if the instance is no longer usable. */
export const asker = exports => (request, files = []) => {
  const put = bytes => {
    const at = exports.sixslot_alloc(bytes.length);
    if (at === 0) throw new RangeError(`there is no memory for ${bytes.length} bytes`);
    new Uint8Array(exports.memory.buffer, at, bytes.length).set(bytes);
  };
  put(encode(request));
  files.forEach(put);
  const at = exports.sixslot_answer();
  const answer = new TextDecoder().decode(new Uint8Array(exports.memory.buffer, at, exports.sixslot_length()));
  exports.sixslot_free();
  return answer;
};
