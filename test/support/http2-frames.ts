/** HTTP/2 frames made by hand, for what no client library sends. */

/** What opens a connection: the preface and empty SETTINGS. */
export const PREFACE = Buffer.concat([Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'), frame(4, 0, 0)]);

/** One frame: type, flags, stream, payload (RFC 9113, 4.1). */
export function frame(type: number, flags: number, stream: number, payload: Buffer = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

/** HEADERS with END_HEADERS; `end` ends the stream too. */
export function headersFrame(stream: number, headers: Readonly<Record<string, string>>, end = false): Buffer {
  return frame(1, end ? 5 : 4, stream, headerBlock(headers));
}

/** RST_STREAM with CANCEL. */
export function resetFrame(stream: number): Buffer {
  return frame(3, 0, stream, Buffer.from([0, 0, 0, 8]));
}

/** PING. */
export function pingFrame(): Buffer {
  return frame(6, 0, 0, Buffer.alloc(8));
}

/** Empty SETTINGS. */
export function settingsFrame(): Buffer {
  return frame(4, 0, 0);
}

/** Literals without indexing (RFC 7541, 6.2.2), names and values under 127 bytes. */
export function headerBlock(headers: Readonly<Record<string, string>>): Buffer {
  const parts = Object.entries(headers).flatMap(([name, value]) => [Buffer.from([0]), text(name), text(value)]);
  return Buffer.concat(parts);
}

function text(value: string): Buffer {
  return Buffer.concat([Buffer.from([value.length]), Buffer.from(value)]);
}
