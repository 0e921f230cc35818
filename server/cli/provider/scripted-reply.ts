/** What the scripted provider answers to one request by one rule. Pure: whoever plays it brings the clock and the socket. */
import { gzipSync } from 'node:zlib';
import { asObject, type JsonObject, tryParseJson } from '../../providers/shared/json.ts';
import { parseSimulatorSettings, simulate } from '../../providers/simulator/index.ts';
import { estimateTokens, splitTokens } from '../../providers/simulator/tokens.ts';
import { CONTENT_TYPES, type StreamFraming, spoilChecksum, writeEvents } from './frames.ts';
import type { Answer, EventFaults, Rule } from './scenario.ts';
import type { Told, Wire, WireEvent } from './wires/wire.ts';
import { DEFAULT_WIRE, WIRES } from './wires.ts';

/** A request, understood as far as it can be. */
export interface ScriptedRequest {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: string;
  /** Empty: it names none. */
  readonly model: string;
  readonly streams: boolean;
  /** Undefined: the path is of no language that is spoken here. */
  readonly wire: Wire | undefined;
}

/** Tokens that a real provider would charge. */
export interface BilledTokens {
  readonly input: number;
  readonly output: number;
}

/** A whole reply with its times, in milliseconds after the request. */
export interface ScriptedReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Infinity: never. */
  readonly headersAtMs: number;
  readonly pieces: readonly { readonly atMs: number; readonly bytes: Uint8Array }[];
  readonly ending: NonNullable<Rule['ending']>;
  readonly billed: BilledTokens;
}

/** Reads what a request asks for. */
export function readRequest(raw: Pick<ScriptedRequest, 'method' | 'path' | 'headers' | 'body'>): ScriptedRequest {
  const json = asObject(tryParseJson(raw.body)) ?? {};
  const [place = ''] = raw.path.split('?');
  const [, named = ''] = /\/models?\/([^/]+?)(?::\w+|\/converse(?:-stream)?)$/.exec(place) ?? [];
  return {
    ...raw,
    model: typeof json.model === 'string' ? json.model : safeDecode(named),
    streams: json.stream === true || /:streamGenerateContent$|\/converse-stream$/.test(place),
    wire: WIRES.find(({ path }) => path.test(place)),
  };
}

/** Whether a rule is about a request. */
export function fits({ when = {} }: Rule, { path, model, streams }: ScriptedRequest): boolean {
  const { path: wantedPath = '*', model: wantedModel = '*', stream = streams } = when;
  return stream === streams && matches(wantedPath, path.split('?')[0] ?? '') && matches(wantedModel, model);
}

/** Writes the reply. @param callIndex how many requests the rule has answered before */
export function writeReply(rule: Rule, request: ScriptedRequest, callIndex: number): ScriptedReply {
  const plain =
    rule.simulate === undefined ? writeAnswer(rule, request) : writeSimulated(rule.simulate, request, callIndex);
  const { delayMs = 0 } = rule;
  const pieces = spoilBytes(rule, plain.pieces).map(({ atMs, bytes }) => ({ atMs: atMs + delayMs, bytes }));
  const headers = {
    ...plain.headers,
    ...(rule.gzip !== undefined && { 'content-encoding': 'gzip' }),
    ...Object.fromEntries(Object.entries(rule.headers ?? {}).map(([name, value]) => [name.toLowerCase(), value])),
  };
  const ending = rule.ending ?? (rule.cutAfterBytes === undefined ? plain.ending : 'cut');
  return { ...plain, headers, headersAtMs: plain.headersAtMs + delayMs, pieces, ending };
}

type Piece = ScriptedReply['pieces'][number];

function writeAnswer(rule: Rule, request: ScriptedRequest): ScriptedReply {
  const { wire, streams } = request;
  const status = rule.status ?? (wire === undefined && rule.body === undefined ? 404 : 200);
  const made = { status, headersAtMs: 0, ending: 'orderly', billed: NOTHING } as const;
  if (rule.body !== undefined)
    return { ...made, headers: { 'content-type': 'text/plain' }, pieces: [whole(rule.body)] };
  if (wire === undefined || status >= 400) {
    const { error } = wire ?? DEFAULT_WIRE;
    return { ...made, headers: JSON_HEADERS, pieces: [whole(JSON.stringify(error(status, SCRIPTED)))] };
  }
  const answer = rule.answer ?? { text: 'Hello from a scripted provider.' };
  const billed = bill(answer, request);
  const told = tell(answer, request.model, billed);
  if (!streams) return { ...made, headers: JSON_HEADERS, billed, pieces: [whole(JSON.stringify(wire.reply(told)))] };
  const framing = framingOf(request);
  const pieces = spoilEvents(wire, framing, { events: wire.stream(told), faults: rule.events ?? {} });
  const { paceMs = 0 } = rule;
  const headers = { 'content-type': CONTENT_TYPES[framing] };
  return { ...made, headers, billed, pieces: pieces.map((bytes, at) => ({ atMs: at * paceMs, bytes })) };
}

const NOTHING: BilledTokens = { input: 0, output: 0 };
const JSON_HEADERS = { 'content-type': 'application/json' };
const SCRIPTED = 'The scenario says so.';

function writeSimulated(written: JsonObject, request: ScriptedRequest, callIndex: number): ScriptedReply {
  const { method, path, body } = request;
  const script = simulate({ method, path, body: tryParseJson(body), callIndex }, parseSimulatorSettings(written));
  const chunks = [...script.chunks];
  const text = chunks.map((chunk) => chunk.text).join('');
  const output = Number(/.*"completion_tokens":(\d+)/s.exec(text)?.[1] ?? 0);
  const input = Number(/.*"prompt_tokens":(\d+)/s.exec(text)?.[1] ?? 0);
  return {
    status: script.status,
    headers: Object.fromEntries(script.headers),
    headersAtMs: script.headersAtMs,
    pieces: chunks.map((chunk) => ({ atMs: chunk.atMs, bytes: Buffer.from(chunk.text) })),
    ending: script.ending === 'reset' ? 'reset' : 'orderly',
    billed: { input, output },
  };
}

/** What is billed is what was made, whatever the reply tells of it. */
function bill({ text = '', toolCalls = [] }: Answer, { body }: ScriptedRequest): BilledTokens {
  const calls = toolCalls.map(({ name, arguments: args }) => name + JSON.stringify(args));
  return { input: estimateTokens(body), output: splitTokens([text, ...calls].join(' ')).length };
}

function tell(answer: Answer, model: string, billed: BilledTokens): Told {
  const { text = '', toolCalls = [], usage = billed } = answer;
  const calls = toolCalls.map((call, index) => ({ ...call, id: `call-${index + 1}` }));
  const finish = answer.finish ?? (calls.length > 0 ? 'tool_calls' : 'stop');
  return { text, calls, finish, usage: usage ?? undefined, model };
}

function framingOf({ wire, path }: ScriptedRequest): StreamFraming {
  if (wire?.dialectId === 'bedrock.converse') return 'aws-event-stream';
  return wire?.dialectId === 'google.gemini' && !path.includes('alt=sse') ? 'json-array' : 'sse';
}

interface Spoiling {
  readonly events: readonly WireEvent[];
  readonly faults: EventFaults;
}

/** Numbers are those of the events as they would have come. */
function spoilEvents(wire: Wire, framing: StreamFraming, { events, faults }: Spoiling): readonly Uint8Array[] {
  const { drop = [], repeat = [], errorAfter, oversize, wrongChecksum = [] } = faults;
  const kept = events.flatMap((event, at) => {
    if (errorAfter !== undefined && at >= errorAfter)
      return at === errorAfter ? [{ event: wire.streamError(SCRIPTED), at: -1 }] : [];
    if (drop.includes(at)) return [];
    const sent = { event: at === oversize?.at ? enlarge(event, oversize.bytes) : event, at };
    return repeat.includes(at) ? [sent, sent] : [sent];
  });
  const frames = writeEvents(
    framing,
    kept.map(({ event }) => event),
  );
  return frames.map((frame, index) => (wrongChecksum.includes(kept[index]?.at ?? -1) ? spoilChecksum(frame) : frame));
}

function enlarge({ event, json }: WireEvent, bytes: number): WireEvent {
  return { event, json: typeof json === 'string' ? json : { ...json, padding: 'x'.repeat(bytes) } };
}

function spoilBytes({ gzip, cutAfterBytes, trickle }: Rule, pieces: readonly Piece[]): readonly Piece[] {
  const packed = gzip === undefined ? pieces : [{ atMs: pieces.at(-1)?.atMs ?? 0, bytes: pack(pieces, gzip) }];
  const cut = cutAfterBytes === undefined ? packed : keepBytes(packed, cutAfterBytes);
  if (trickle === undefined) return cut;
  const drops = cut.flatMap(({ bytes }) => split(bytes, trickle.bytes));
  return drops.map((bytes, at) => ({ atMs: at * trickle.everyMs, bytes }));
}

function pack(pieces: readonly Piece[], how: NonNullable<Rule['gzip']>): Buffer {
  const packed = gzipSync(Buffer.concat(pieces.map(({ bytes }) => bytes)));
  const middle = packed.length >> 1;
  if (how === 'corrupt') packed.fill(0xff, middle, middle + 8);
  return packed;
}

function keepBytes(pieces: readonly Piece[], most: number): readonly Piece[] {
  let left = most;
  return pieces.flatMap(({ atMs, bytes }) => {
    const kept = bytes.subarray(0, left);
    left -= kept.length;
    return kept.length === 0 ? [] : [{ atMs, bytes: kept }];
  });
}

function split(bytes: Uint8Array, size: number): readonly Uint8Array[] {
  const count = Math.ceil(bytes.length / size);
  return Array.from({ length: count }, (_, at) => bytes.subarray(at * size, (at + 1) * size));
}

function whole(text: string): Piece {
  return { atMs: 0, bytes: Buffer.from(text) };
}

/** * stands for any characters. */
function matches(pattern: string, text: string): boolean {
  return new RegExp(
    `^${pattern
      .split('*')
      .map((part) => RegExp.escape(part))
      .join('.*')}$`,
    's',
  ).test(text);
}

function safeDecode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // It is only compared and repeated.
  }
}
