/** A provider on loopback that does to its connections, byte by byte, what a test tells it to. */
import type { Socket } from 'node:net';
import type { TlsOptions } from 'node:tls';
import { openRawServer } from './raw-server.ts';

/** One thing that it does. */
export type Step =
  | { readonly does: 'send'; readonly bytes: string | Uint8Array }
  /** Sends bytes in pieces of so many, with a pause of so many milliseconds (real ones) after each. */
  | {
      readonly does: 'trickle';
      readonly bytes: string | Uint8Array;
      readonly pieceBytes: number;
      readonly everyMs: number;
    }
  /** Sends the same bytes again and again, as fast as they are taken and no faster. */
  | { readonly does: 'flood'; readonly bytes: string | Uint8Array; readonly times: number }
  /** Waits until a test says so. */
  | { readonly does: 'wait'; readonly gate: Promise<unknown> }
  /** Does nothing more on this connection. */
  | { readonly does: 'stall' }
  /** Breaks the connection (RST). */
  | { readonly does: 'reset' }
  /** Ends the connection in both directions, in order. */
  | { readonly does: 'end' }
  /** Says that it sends no more, and goes on reading. */
  | { readonly does: 'half-close' };

/** Shorthands for scripts. */
export const steps = {
  send: (bytes: string | Uint8Array): Step => ({ does: 'send', bytes }),
  trickle: (bytes: string | Uint8Array, pieceBytes = 1, everyMs = 1): Step => ({
    does: 'trickle',
    bytes,
    pieceBytes,
    everyMs,
  }),
  flood: (bytes: string | Uint8Array, times: number): Step => ({ does: 'flood', bytes, times }),
  wait: (gate: Promise<unknown>): Step => ({ does: 'wait', gate }),
  stall: { does: 'stall' },
  reset: { does: 'reset' },
  end: { does: 'end' },
  halfClose: { does: 'half-close' },
} as const;

/** One HTTP request that came whole. */
export interface WholeRequest {
  readonly method: string;
  readonly path: string;
  /** Lower-case names. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
  /** Number of its connection, from 0. */
  readonly connection: number;
}

/** One connection, and how it ended. */
export interface WatchedConnection {
  /** Resolves with performance.now() when it is closed, whichever side closed it. */
  readonly closed: Promise<number>;
  readonly closedAtMs: number | undefined;
  /** Bytes that the other side's system has taken. */
  readonly bytesTaken: number;
}

/** The server. */
export interface MisbehavingServer extends AsyncDisposable {
  readonly port: number;
  /** Requests so far, in the order of their last bytes. */
  readonly requests: readonly WholeRequest[];
  /** Connections that sent anything so far. */
  readonly connections: readonly WatchedConnection[];
  /** Resolves when so many requests have come. */
  readonly requested: (count: number) => Promise<void>;
}

/**
 * Opens a server on a free port; with TLS if it is given certificates. `script` says what is done for each request, by its
 * number from 0; a connection that is still open afterwards takes the next request.
 */
export async function openMisbehavingServer(
  script: (request: WholeRequest, index: number) => readonly Step[],
  tls?: TlsOptions,
): Promise<MisbehavingServer> {
  const requests: WholeRequest[] = [];
  const watched: Connection[] = [];
  const waiting: { readonly count: number; readonly resolve: () => void }[] = [];
  const server = await openRawServer((socket, { connection, text }) => {
    const own = watched[connection] ?? new Connection(socket);
    watched[connection] = own;
    for (const request of own.read(text, connection)) {
      const index = requests.push(request) - 1;
      for (const { count, resolve } of waiting) if (requests.length >= count) resolve();
      own.play(script(request, index));
    }
  }, tls);
  return {
    port: server.port,
    requests,
    connections: watched,
    requested(count) {
      const { promise, resolve } = Promise.withResolvers<void>();
      waiting.push({ count, resolve });
      if (requests.length >= count) resolve();
      return promise;
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

class Connection implements WatchedConnection {
  readonly closed: Promise<number>;
  closedAtMs: number | undefined;
  readonly #socket: Socket;
  /** What was read and belongs to no whole request yet, as latin1: a character a byte. */
  #unread = '';
  #playing: Promise<void> = Promise.resolve();

  constructor(socket: Socket) {
    this.#socket = socket;
    this.closed = new Promise((resolve) => {
      socket.once('close', () => {
        this.closedAtMs = performance.now();
        resolve(this.closedAtMs);
      });
    });
  }

  get bytesTaken(): number {
    return this.#socket.bytesWritten - this.#socket.writableLength;
  }

  /** Takes bytes and gives the requests that they complete. Bodies have a content-length. */
  *read(text: string, connection: number): Iterable<WholeRequest> {
    this.#unread += text;
    for (;;) {
      const headEnd = this.#unread.indexOf('\r\n\r\n');
      if (headEnd < 0) return;
      const [start = '', ...lines] = this.#unread.slice(0, headEnd).split('\r\n');
      const headers = new Map(lines.map(splitHeader));
      const bodyEnd = headEnd + 4 + Number(headers.get('content-length') ?? 0);
      if (this.#unread.length < bodyEnd) return;
      const body = Buffer.from(this.#unread.slice(headEnd + 4, bodyEnd), 'latin1').toString();
      this.#unread = this.#unread.slice(bodyEnd);
      const [method = '', path = ''] = start.split(' ');
      yield { method, path, headers, body, connection };
    }
  }

  /** Does what it is told, after what it was told before. */
  play(todo: readonly Step[]): void {
    this.#playing = this.#playing.then(async () => {
      for (const step of todo) {
        if (this.#socket.destroyed) return;
        await this.#do(step);
      }
    });
  }

  async #do(step: Step): Promise<void> {
    const socket = this.#socket;
    switch (step.does) {
      case 'send':
        socket.write(step.bytes);
        return;
      case 'trickle':
        await trickle(socket, step);
        return;
      case 'flood':
        await flood(socket, step);
        return;
      case 'wait':
        await step.gate;
        return;
      case 'stall':
        await this.closed;
        return;
      case 'reset':
        socket.resetAndDestroy();
        return;
      case 'end':
        socket.end(() => socket.destroy());
        return;
      case 'half-close':
        socket.end();
        return;
      default:
        throw new Error(`no such step: ${String(step satisfies never)}`);
    }
  }
}

async function flood(socket: Socket, { bytes, times }: Extract<Step, { does: 'flood' }>): Promise<void> {
  const closed = new Promise((resolve) => socket.once('close', resolve));
  for (let sent = 0; sent < times && !socket.destroyed; sent += 1) {
    if (!socket.write(bytes)) await Promise.race([closed, new Promise((resolve) => socket.once('drain', resolve))]);
  }
}

function splitHeader(line: string): readonly [string, string] {
  const colon = line.indexOf(':');
  return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
}

async function trickle(
  socket: Socket,
  { bytes, pieceBytes, everyMs }: Extract<Step, { does: 'trickle' }>,
): Promise<void> {
  const whole = Buffer.from(bytes);
  for (let at = 0; at < whole.length && !socket.destroyed; at += pieceBytes) {
    socket.write(whole.subarray(at, at + pieceBytes));
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
}
