/** Faults on demand: a good script made bad as the configuration says. Nothing that a caller writes gets here. */
import { errorBody, jsonScript, type Script, type ScriptChunk } from './script.ts';
import type { Fault, FaultKind, SimulatorSettings, StatusFault } from './settings.ts';

/** The fault that befalls a call; undefined: none. */
export function findFault(settings: SimulatorSettings, model: string, callIndex: number): FaultKind | undefined {
  const fits = (fault: Fault) => (fault.model ?? model) === model && callIndex % fault.every === 0;
  return settings.faults.find(fits)?.does;
}

/** The script with a fault in it. */
export function spoilScript(script: Script, fault: FaultKind): Script {
  if (fault.kind === 'status') return statusScript(fault, script.headersAtMs);
  if (fault.kind === 'stall' && fault.afterChunks === undefined) {
    const stallMs = fault.forMs ?? Number.POSITIVE_INFINITY;
    return { ...script, headersAtMs: script.headersAtMs + stallMs, chunks: delay(script.chunks, stallMs) };
  }
  const isStream = script.headers.get('content-type')?.startsWith('text/event-stream') === true;
  const chunks = isStream ? script.chunks : halves(script.chunks);
  const place = isStream ? (fault.afterChunks ?? 0) : Math.min(fault.afterChunks ?? 0, 1);
  const frame = (json: string) => (isStream ? `data: ${json}\n\n` : json);
  switch (fault.kind) {
    case 'stall':
      return { ...script, chunks: delay(chunks, fault.forMs ?? Number.POSITIVE_INFINITY, place) };
    case 'cut':
      return { ...script, chunks: headOf(chunks, place), ending: fault.how };
    case 'malformed':
      return { ...script, chunks: replaceChunk(chunks, place, frame(MALFORMED)) };
    case 'error-event': {
      const body = frame(JSON.stringify(errorBody({ type: 'server_error', message: fault.message, code: fault.code })));
      // In a unary reply the error is the whole body.
      return { ...script, chunks: headOf(replaceChunk(chunks, place, body), place + 1, isStream ? 0 : place) };
    }
    default:
      throw new Error(`no such fault: ${String(fault satisfies never)}`);
  }
}

const MALFORMED = '{"id":"chatcmpl-malformed","choices":[{"delta":{"content":';

function statusScript({ status, headers, message, code, body }: StatusFault, atMs: number): Script {
  const script = jsonScript(status, errorBody({ type: errorType(status), message, code }), atMs);
  return {
    ...script,
    headers: new Map([...script.headers, ...Object.entries(headers)]),
    chunks: body === undefined ? script.chunks : [{ atMs, text: body }],
  };
}

function errorType(status: number): string {
  if (status === 401) return 'authentication_error';
  if (status === 429) return 'rate_limit_error';
  return status >= 500 ? 'server_error' : 'invalid_request_error';
}

/** A unary body as two pieces. */
function* halves(chunks: Iterable<ScriptChunk>): Iterable<ScriptChunk> {
  for (const { atMs, text } of chunks) {
    const half = Math.floor(text.length / 2);
    const middle = half + (/[\uDC00-\uDFFF]/.test(text.charAt(half)) ? 1 : 0); // Not within a pair of surrogates.
    yield { atMs, text: text.slice(0, middle) };
    yield { atMs, text: text.slice(middle) };
  }
}

/** Chunks `from` to before `to`. */
function* headOf(chunks: Iterable<ScriptChunk>, to: number, from = 0): Iterable<ScriptChunk> {
  let index = 0;
  for (const chunk of chunks) {
    if (index >= to) return;
    if (index >= from) yield chunk;
    index++;
  }
}

function* delay(chunks: Iterable<ScriptChunk>, delayMs: number, from = 0): Iterable<ScriptChunk> {
  let index = 0;
  for (const chunk of chunks) yield index++ < from ? chunk : { ...chunk, atMs: chunk.atMs + delayMs };
}

function* replaceChunk(chunks: Iterable<ScriptChunk>, place: number, text: string): Iterable<ScriptChunk> {
  let index = 0;
  for (const chunk of chunks) yield index++ === place ? { ...chunk, text } : chunk;
}
