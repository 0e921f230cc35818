/** The scripted provider: a server on the loopback that plays a scenario. Also a library for tests. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Rule, Scenario } from './scenario.ts';
import {
  type BilledTokens,
  fits,
  readRequest,
  type ScriptedReply,
  type ScriptedRequest,
  writeReply,
} from './scripted-reply.ts';

/** One request that came, and what was done. */
export interface RecordedRequest {
  /** From 1. */
  readonly number: number;
  readonly request: ScriptedRequest;
  /** Place of the rule among the scenario's; undefined: none fitted, and 404 was the answer. */
  readonly rule: number | undefined;
  readonly status: number;
  /** What a provider would charge: also for replies that broke, and for those that nobody waited for. */
  readonly billed: BilledTokens;
}

/** The server. */
export interface ScriptedProvider extends AsyncDisposable {
  readonly port: number;
  readonly baseUrl: string;
  /** In the order in which they were whole. */
  readonly requests: readonly RecordedRequest[];
  /** Tokens of all requests. */
  readonly billed: BilledTokens;
}

/** Where it listens, and who is told. */
export interface ScriptedProviderOptions {
  /** Default: a free one. */
  readonly port?: number;
  readonly onRequest?: (recorded: RecordedRequest) => void;
}

/** Opens the server. */
export async function openScriptedProvider(
  scenario: Scenario,
  options: ScriptedProviderOptions = {},
): Promise<ScriptedProvider> {
  const requests: RecordedRequest[] = [];
  const play = new Playing(scenario);
  const server = createServer((request, response) => {
    void answer(request, response).catch(() => response.destroy()); // The caller has gone, or broke off while it sent.
  });
  server.on('clientError', (_error, socket) => socket.destroy());
  server.listen(options.port ?? 0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo; // Holds for a server on a port.

  async function answer(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url: path = '', headers } = incoming;
    const request = readRequest({ method, path, headers, body: await text(incoming) });
    const { rule, reply } = play.choose(request);
    const recorded = { number: requests.length + 1, request, rule, status: reply.status, billed: reply.billed };
    requests.push(recorded);
    options.onRequest?.(recorded);
    await send(reply, response);
  }

  return {
    port,
    baseUrl: `http://127.0.0.1:${port}`,
    requests,
    get billed() {
      const sum = (of: keyof BilledTokens) => requests.reduce((tokens, { billed }) => tokens + billed[of], 0);
      return { input: sum('input'), output: sum('output') };
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** Which rule is next. */
class Playing {
  readonly #rules: readonly Rule[];
  readonly #played: number[];

  constructor({ rules }: Scenario) {
    this.#rules = rules;
    this.#played = rules.map(() => 0);
  }

  choose(request: ScriptedRequest): { readonly rule: number | undefined; readonly reply: ScriptedReply } {
    const at = this.#rules.findIndex((rule, index) => {
      return fits(rule, request) && (this.#played[index] ?? 0) < (rule.times ?? Number.POSITIVE_INFINITY);
    });
    const rule = this.#rules[at];
    if (rule === undefined) return { rule: undefined, reply: writeReply({ status: 404 }, request, 0) };
    const callIndex = this.#played[at] ?? 0;
    this.#played[at] = callIndex + 1;
    return { rule: at, reply: writeReply(rule, request, callIndex) };
  }
}

/** @throws an AbortError when the caller goes away */
async function send(reply: ScriptedReply, response: ServerResponse): Promise<void> {
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  const startedAt = performance.now();
  const until = (atMs: number) => waitUntil(startedAt + atMs, gone.signal);
  await until(reply.headersAtMs);
  response.writeHead(reply.status, reply.headers);
  response.flushHeaders();
  for (const { atMs, bytes } of reply.pieces) {
    await until(atMs);
    if (!response.write(bytes)) await once(response, 'drain', { signal: gone.signal });
  }
  end(reply.ending, response);
}

async function waitUntil(atMs: number, signal: AbortSignal): Promise<void> {
  const delayMs = atMs - performance.now();
  if (delayMs === Number.POSITIVE_INFINITY) await once(signal, 'abort');
  else if (delayMs > 0) await sleep(delayMs, undefined, { signal });
  signal.throwIfAborted();
}

function end(ending: ScriptedReply['ending'], response: ServerResponse): void {
  const { socket } = response;
  switch (ending) {
    case 'orderly':
      response.end();
      return;
    case 'cut':
      socket?.end(() => socket.destroy());
      return;
    case 'half-close':
      socket?.end();
      return;
    case 'reset':
      socket?.resetAndDestroy();
      return;
    case 'stall':
      return;
    default:
      throw new Error(`no such ending: ${String(ending satisfies never)}`);
  }
}
