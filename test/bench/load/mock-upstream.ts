/**
 * The mock upstream, a process of its own: plain HTTP on the loopback. Chat completions whole or streamed at the pace that
 * the model's name says, embeddings, and a collector of traces that takes everything. GET /tokens tells how many chunks
 * with text have been written so far: the one count that is the same for every subject.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  EMBED_REPLY,
  LAST_CHUNKS,
  modelOf,
  PACES,
  type Pace,
  ROLE_CHUNK,
  TOKEN_CHUNKS,
  WHOLE_REPLY,
} from './mock-wire.ts';

/** A stream that is written chunk by chunk. */
interface PacedStream {
  readonly response: ServerResponse;
  readonly everyMs: number;
  nextAtMs: number;
  next: number;
}

const TICK_MS = 1;

const paced = new Set<PacedStream>();
let tokens = 0;

const server = createServer({ keepAlive: true, noDelay: true }, (request, response) => {
  const body: Buffer[] = [];
  request.on('data', (piece: Buffer) => body.push(piece));
  request.on('end', () => answer(request, Buffer.concat(body).toString('latin1'), response));
});
server.keepAliveTimeout = 600_000;
server.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo; // Of a server that listens on a port.
  process.stdout.write(`${port}\n`);
});
setInterval(writeDue, TICK_MS);
process.on('disconnect', () => process.exit());

function answer({ url = '' }: IncomingMessage, body: string, response: ServerResponse): void {
  if (url.endsWith('/embeddings')) sendJson(response, EMBED_REPLY);
  else if (url === '/tokens') sendJson(response, Buffer.from(String(tokens)));
  else if (url === '/v1/traces') sendJson(response, Buffer.from('{}'));
  else if (!body.includes('"stream":true')) sendJson(response, WHOLE_REPLY);
  else openStream(response, paceOf(body));
}

function sendJson(response: ServerResponse, body: Buffer): void {
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length });
  response.end(body);
}

function paceOf(body: string): Pace {
  const named = (Object.keys(PACES) as Pace[]).find((pace) => body.includes(`"${modelOf(pace)}"`)); // Its own keys.
  if (named === undefined) throw new Error(`no pace in ${body}`);
  return named;
}

function openStream(response: ServerResponse, pace: Pace): void {
  response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache' });
  response.write(ROLE_CHUNK);
  const everyMs = PACES[pace];
  const stream: PacedStream = { response, everyMs, nextAtMs: performance.now(), next: 0 };
  if (everyMs === 0) {
    while (stream.next < TOKEN_CHUNKS.length) writeNext(stream);
    end(stream);
    return;
  }
  writeNext(stream); // So that a silent stream has begun, too.
  stream.nextAtMs += everyMs;
  paced.add(stream);
  response.on('close', () => paced.delete(stream));
}

/** One timer for all: chunks that are late because this process was come at once, so that the rate holds. */
function writeDue(): void {
  const nowMs = performance.now();
  for (const stream of paced) {
    while (stream.nextAtMs <= nowMs && stream.next < TOKEN_CHUNKS.length) {
      writeNext(stream);
      stream.nextAtMs += stream.everyMs;
    }
    if (stream.next < TOKEN_CHUNKS.length) continue;
    paced.delete(stream);
    end(stream);
  }
}

function writeNext(stream: PacedStream): void {
  stream.response.write(TOKEN_CHUNKS[stream.next]);
  stream.next += 1;
  tokens += 1;
}

function end({ response }: PacedStream): void {
  for (const chunk of LAST_CHUNKS) response.write(chunk);
  response.end();
}
