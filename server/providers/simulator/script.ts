/** A script: what the simulator answers to one request, with the time of every piece. */

/** A request as the simulator sees it. */
export interface SimulatedRequest {
  readonly method: string;
  /** The base URL's prefix may stand before it. */
  readonly path: string;
  /** The parsed JSON body; undefined: there was none, or it was no JSON. */
  readonly body: unknown;
  /** How many calls of the same model came before this one; faults count by it. */
  readonly callIndex: number;
}

/** One piece of a reply's body. */
export interface ScriptChunk {
  /** When it comes, in milliseconds after the request; Infinity: never. Never less than its predecessor's. */
  readonly atMs: number;
  /** Sent as UTF-8. */
  readonly text: string;
}

/** A whole reply. */
export interface Script {
  readonly status: number;
  /** Lower-case names. */
  readonly headers: ReadonlyMap<string, string>;
  /** When the headers come, in milliseconds after the request; Infinity: never. */
  readonly headersAtMs: number;
  /** Made as they are read. */
  readonly chunks: Iterable<ScriptChunk>;
  /** What follows the last chunk, at its time. */
  readonly ending: 'end' | 'reset';
}

const JSON_HEADERS: ReadonlyMap<string, string> = new Map([['content-type', 'application/json']]);
const SSE_HEADERS: ReadonlyMap<string, string> = new Map([
  ['content-type', 'text/event-stream; charset=utf-8'],
  ['cache-control', 'no-cache'],
]);

/** A reply that comes whole. */
export function jsonScript(status: number, body: unknown, atMs: number): Script {
  const chunks = [{ atMs, text: JSON.stringify(body) }];
  return { status, headers: JSON_HEADERS, headersAtMs: atMs, chunks, ending: 'end' };
}

/** A stream of events. The headers come at once, as from a provider that answers before it thinks. */
export function sseScript(chunks: Iterable<ScriptChunk>): Script {
  return { status: 200, headers: SSE_HEADERS, headersAtMs: 0, chunks, ending: 'end' };
}

/** What an error object of OpenAI says. */
export interface WireError {
  readonly type: string;
  readonly message: string;
  readonly code: string | null;
  readonly param?: string | null;
}

/** OpenAI's error object. */
export function errorBody(error: WireError): unknown {
  return { error: { message: error.message, type: error.type, param: error.param ?? null, code: error.code } };
}
