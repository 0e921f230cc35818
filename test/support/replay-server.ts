/** A provider on loopback that says again what a real one said, over real HTTP, its bytes cut at random places. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { Random } from '../../server/model/clock.ts';
import { drawInteger, seededRandom } from '../../server/providers/simulator/random.ts';
import { firstJson, type Recording } from './recordings.ts';

/** One request that came. */
export interface ReplayedRequest {
  readonly method: string;
  /** Below the base URL that `serve` gave. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** Name and value in turn, as they came. */
  readonly rawHeaders: readonly string[];
  readonly body: string;
}

/** How a recording is served. */
export interface ReplayOptions {
  /** Default: the status in the recording's name, else 200, else 400 where the reply is an error. */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Into how many pieces the body is cut, each written by itself. Default: 64. */
  readonly pieces?: number;
  /** How many bytes of the body come before the end. Default: all. */
  readonly keepBytes?: number;
  /** How it ends. Default: orderly. */
  readonly ending?: 'orderly' | 'reset';
  /** Other seeds cut at other places. Default: the server's, and another one for each request. */
  readonly seed?: number;
}

/** One recording being served. */
export interface Replay {
  /** For a provider's configuration: its requests get this recording. */
  readonly baseUrl: string;
  /** Requests so far. */
  readonly requests: readonly ReplayedRequest[];
}

/** A place whose recording can be changed, for a provider that is configured once. */
export interface ReplaySlot extends Replay {
  /** From now on its requests get this recording. */
  readonly play: (recording: Recording, options?: ReplayOptions) => void;
}

/** The server. */
export interface ReplayServer extends AsyncDisposable {
  readonly serve: (recording: Recording, options?: ReplayOptions) => Replay;
  /** A place that answers 404 until it is told what to play. */
  readonly openSlot: () => ReplaySlot;
}

interface Served {
  readonly requests: ReplayedRequest[];
  playing: { readonly recording: Recording; readonly options: ReplayOptions } | undefined;
}

/** Opens a server on a free port. The same seed cuts the same bodies at the same places. */
export async function openReplayServer(seed = 1): Promise<ReplayServer> {
  const served: Served[] = [];
  const server = createServer((request, response) => void answer(request, response, { served, seed }));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo; // Holds for a server on a port.
  const openSlot = (): ReplaySlot => {
    const slot: Served = { requests: [], playing: undefined };
    const place = served.push(slot) - 1;
    return {
      baseUrl: `http://127.0.0.1:${port}/${place}`,
      requests: slot.requests,
      play(recording, options = {}) {
        slot.playing = { recording, options };
      },
    };
  };
  return {
    openSlot,
    serve(recording, options) {
      const slot = openSlot();
      slot.play(recording, options);
      return slot;
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** The body of a recording as its provider sends it, with the content type. */
export function replayBody(recording: Recording): { readonly contentType: string; readonly body: Buffer } {
  switch (recording.form) {
    case 'reply':
      return { contentType: 'application/json', body: Buffer.from(recording.bytes) };
    case 'binary':
      return { contentType: 'application/vnd.amazon.eventstream', body: Buffer.from(recording.bytes) };
    case 'sse':
      return { contentType: SSE, body: Buffer.from(recording.bytes) };
    case 'chunks':
      return { contentType: SSE, body: Buffer.from(sseText(recording)) };
    default:
      throw new Error(`no such form: ${String(recording.form satisfies never)}`);
  }
}

const SSE = 'text/event-stream; charset=utf-8';

/** OpenAI's chat dialect ends with [DONE]; those whose events have a type say it in an `event:` line too, as Anthropic does. */
function sseText({ chunks }: Recording): string {
  const isChat = chunks.some((chunk) => eventType(chunk) === undefined && chunk.includes('"choices"'));
  const events = chunks.map((chunk) => {
    const type = isChat ? undefined : eventType(chunk);
    return type === undefined ? `data: ${chunk}\n\n` : `event: ${type}\ndata: ${chunk}\n\n`;
  });
  return events.join('') + (isChat ? 'data: [DONE]\n\n' : '');
}

function eventType(chunk: string): string | undefined {
  const json: unknown = JSON.parse(chunk);
  const type = typeof json === 'object' && json !== null && 'type' in json ? json.type : undefined;
  return typeof type === 'string' ? type : undefined;
}

/** The status that a recording was sent with, as far as it tells. */
export function replayStatus(recording: Recording): number {
  const named = /(?:^|[-_./])([45]\d\d)(?=[-_./]|$)/.exec(recording.name)?.[1];
  if (named !== undefined) return Number(named);
  const json = recording.form === 'reply' ? firstJson(recording) : undefined;
  if (typeof json !== 'object' || json === null || 'choices' in json) return 200;
  const isError = ('error' in json && json.error !== null) || ('object' in json && json.object === 'error');
  return isError ? statusWithin(json) : 200;
}

/** Some errors repeat their status as a number. */
function statusWithin(json: object): number {
  const inner = 'error' in json && typeof json.error === 'object' && json.error !== null ? json.error : json;
  const numbers = ['code', 'status'].map((member) => Number((inner as Readonly<Record<string, unknown>>)[member]));
  return numbers.find((number) => Number.isInteger(number) && number >= 400 && number <= 599) ?? 400;
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  { served, seed }: { readonly served: readonly Served[]; readonly seed: number },
): Promise<void> {
  const [, place = '', path = ''] = /^\/(\d+)(.*)$/.exec(request.url ?? '') ?? [];
  const found = served[Number(place)];
  response.on('error', () => undefined); // A gateway may go away in the middle, and tests want it to.
  if (place === '' || found?.playing === undefined) {
    response.writeHead(404).end();
    return;
  }
  const { requests } = found;
  const { recording, options } = found.playing;
  const { method = '', headers, rawHeaders } = request;
  requests.push({ method, path, headers, rawHeaders, body: await text(request) });
  const { contentType, body } = replayBody(recording);
  response.writeHead(options.status ?? replayStatus(recording), { 'content-type': contentType, ...options.headers });
  const random = seededRandom(options.seed ?? seed + Number(place) * 1000 + requests.length);
  const kept = body.subarray(0, options.keepBytes ?? body.length);
  for (const piece of cutBytes(kept, options.pieces ?? 64, random)) {
    if (response.destroyed) return;
    response.write(piece);
    await new Promise((resolve) => setImmediate(resolve)); // So that the pieces leave one by one.
  }
  if (options.ending === 'reset') response.socket?.resetAndDestroy();
  else response.end();
}

/** Cuts bytes at random places, characters and lines be what they may. */
export function cutBytes(bytes: Uint8Array, pieces: number, random: Random): readonly Uint8Array[] {
  const places = Array.from({ length: pieces - 1 }, () => drawInteger(random, 0, bytes.length));
  const ends = [...places.sort((a, b) => a - b), bytes.length];
  return ends.map((end, index) => bytes.subarray(ends[index - 1] ?? 0, end)).filter(({ length }) => length > 0);
}
