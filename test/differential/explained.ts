/**
 * Every disagreement with an official SDK that is known, and why it is. A disagreement without a row fails its test, and a row
 * that nothing needs any more fails another.
 */
import { isDeepStrictEqual } from 'node:util';
import type { JsonDifference } from './json-difference.ts';

/** Which disagreements a row explains. */
export interface Explained {
  /** The SDK's call, for instance v2.chat. */
  readonly call: string;
  /** Goldens or recordings, by their names. */
  readonly where: RegExp;
  /** Places of the body or of the answer; `outcome`: one of the two finds no whole answer; `type`: the compiler refuses it. */
  readonly path: RegExp;
  /** A default that the SDK says and the gateway leaves out. Absent: any difference. */
  readonly adds?: unknown;
  readonly why: string;
}

const ALL = /./;

/** Differences of bodies. */
export const EXPLAINED_BODIES: readonly Explained[] = [
  {
    call: 'models.generateContent',
    where: ALL,
    path: /^generationConfig$/,
    adds: {},
    why: 'The SDK sends an empty generationConfig with any other setting; the gateway sends none. They mean the same.',
  },
  {
    call: 'v2.chat',
    where: ALL,
    path: /^stream$/,
    adds: false,
    why: 'The SDK says stream: false, which is the default.',
  },
  {
    call: 'chat.complete',
    where: ALL,
    path: /^stream$/,
    adds: false,
    why: 'The SDK says stream: false, which is the default.',
  },
  {
    call: 'chat.complete',
    where: ALL,
    path: /^messages\[\d+\]\.prefix$/,
    adds: false,
    why: 'The SDK says prefix: false on each assistant message, which is the default.',
  },
  {
    call: 'chat.complete',
    where: ALL,
    path: /^messages\[\d+\]\.tool_calls\[\d+\]\.index$/,
    adds: 0,
    why: 'The SDK says index: 0 on each earlier tool call, also on the second: the default of a member of streams.',
  },
  {
    call: 'chat.complete',
    where: /^service-tier$/,
    path: /^outcome$/,
    why: "The SDK sends only the tiers that it knows. The contract's tier is the provider's own word, which the gateway hands on; the canonical case says flex, which Mistral does not have.",
  },
];

/** What the compiler refuses. */
export const EXPLAINED_TYPES: readonly Explained[] = [
  {
    call: 'messages',
    where: /^(?:sampling|temperature-above-one)$/,
    path: /^type$/,
    why: 'SDK 1.x speaks API version 2026-10-21, which has no temperature, top_p and top_k. The gateway says anthropic-version: 2023-06-01, which has them (CHANGELOG of the SDK, 1.0.0, read 2026-11-24).',
  },
  {
    call: 'responses',
    where: /^tool/,
    path: /^type$/,
    why: "The SDK demands `strict` of each function, if only null; the wire takes its absence for the default, as the contract's absent `strict` says.",
  },
  {
    call: 'responses',
    where: /^refusal-history$/,
    path: /^type$/,
    why: 'The SDK types an earlier refusal as an output item, with id and status. The gateway is stateless and keeps no ids of items; it makes none up.',
  },
  {
    call: 'chat.complete',
    where: /^service-tier$/,
    path: /^type$/,
    why: "The tier is the provider's own word, handed on as the caller says it; Mistral has no flex.",
  },
];

/** Differences of answers. */
export const EXPLAINED_ANSWERS: readonly Explained[] = [
  {
    call: 'chat.completions',
    where: /content-chunks/,
    path: /^text$/,
    why: "Mistral's content in pieces is an array, which OpenAI's SDK joins as if it were text. The gateway reads the texts in it, as Mistral's SDK does.",
  },
  {
    call: 'chat.completions',
    where: /xai|reasoning-beside-completion/,
    path: /^outputTokens$/,
    why: 'xAI counts reasoning beside completion_tokens, so that total_tokens is more than the sum; the gateway counts it as the output that it is.',
  },
  {
    call: 'chat.completions',
    where: /groq/,
    path: /^(?:in|out)putTokens$/,
    why: 'Groq counts streams in x_groq, which the SDK does not read.',
  },
  {
    call: 'chat.completions',
    where: /tool-call-no-arguments|tool-calls \(reply\)/,
    path: /^calls\[\d\]\.input$/,
    why: 'The provider sent an empty text; the contract promises JSON, so the gateway gives {}.',
  },
  {
    call: 'chat.completions',
    where: /tool-calls-one-index/,
    path: /^calls/,
    why: 'Two calls came with one index and two ids: the SDK mixes them into one, the gateway keeps them apart.',
  },
  {
    call: 'chat.completions',
    where: /mistral-tool-call \(stream\)/,
    path: /^outcome$/,
    why: "Mistral streams calls without an index, which OpenAI's SDK refuses; Mistral's own agrees with the gateway.",
  },
  {
    call: 'responses',
    where: /\/cut /,
    path: /^outcome$/,
    why: 'The stream ends before its response: the SDK gives what has come, still in_progress; the gateway says UPSTREAM_TRUNCATED.',
  },
  {
    call: 'responses',
    where: /\/failed /,
    path: /^outcome$/,
    why: 'The SDK gives a response whose status is failed; the gateway throws the error in it.',
  },
  {
    call: 'responses',
    where: /id-rotation|azure-reasoning-encrypted-content|responses-stream-refusal/,
    path: /^outcome$/,
    why: 'Ids of the response or its items are missing or change from event to event, as those of Azure do; the SDK refuses that, the gateway goes by output_index.',
  },
  {
    call: 'responses',
    where: /parallel-calls \(stream\)/,
    path: /^calls/,
    why: 'Items came out of the order of their output_index: the SDK sorts them in the end, the gateway has given them on by then, in the order in which they came. The call without arguments is {} here.',
  },
  {
    call: 'responses',
    where: /parallel-calls \(reply\)/,
    path: /^calls\[\d\]\.input$/,
    why: 'The provider sent an empty text; the contract promises JSON, so the gateway gives {}.',
  },
  {
    call: 'responses',
    where: /reasoning-text|whole-items-only/,
    path: /^outcome$/,
    why: 'Servers of open models leave out events that OpenAI sends first (response.output_item.added, response.content_part.added); the SDK refuses that, the gateway reads what comes.',
  },
  {
    call: 'responses',
    where: /server-tools \(stream\)/,
    path: /^outcome$/,
    why: "An event of a type that is not known: the SDK's accumulator refuses it, the gateway passes it over.",
  },
  {
    call: 'responses',
    where: /responses-openai-phase/,
    path: /^text$/,
    why: 'Deltas were taken out of the recording (its sequence numbers have gaps). The SDK gives the text of the last event, the gateway what was streamed.',
  },
  {
    call: 'messages',
    where: /parallel-tool-uses/,
    path: /^calls\[\d\]\.input\./,
    why: 'The indexes of blocks have a gap (0, 3). The SDK finds a block by its place in the content, and loses its arguments.',
  },
  {
    call: 'messages',
    where: /second-message-start|duplicate-message-start/,
    path: /^outcome$/,
    why: 'message_start came twice, as some hosts send it. The SDK refuses that, the gateway counts it once.',
  },
  {
    call: 'messages',
    where: /tool-use-cut-by-length/,
    path: /^calls\[\d\]\.input$/,
    why: 'Arguments that max_tokens cut: the SDK gives the members that are whole, the gateway the text as it came.',
  },
  {
    call: 'models.generateContent',
    where: ALL,
    path: /^calls\[\d+\]\.id$/,
    why: 'Gemini gives calls no id, and the contract promises one: the gateway makes it of the response id and the place of the call.',
  },
  {
    call: 'models.generateContent',
    where: /no-args-tool-call|tool-call-arguments-nested/,
    path: /^calls/,
    why: 'Arguments that come leaf by leaf (partialArgs): the SDK gives each piece as a call, and leaves joining to its user.',
  },
  {
    call: 'ConverseCommand',
    where: /\/cut /,
    path: /^outcome$/,
    why: 'The stream ends before messageStop: the SDK ends well, the gateway says UPSTREAM_TRUNCATED.',
  },
  {
    call: 'v2.chat',
    where: /\/cut /,
    path: /^outcome$/,
    why: 'The stream ends before message-end: the SDK ends well, the gateway says UPSTREAM_TRUNCATED.',
  },
  {
    call: 'v2.chat',
    where: /error-after-output|timeout-first/,
    path: /^outcome$/,
    why: 'The answer ends with ERROR or TIMEOUT: a finish reason to the SDK, an error to the gateway.',
  },
  {
    call: 'v2.chat',
    where: /tool-calls/,
    path: /^calls\[\d\]\.input$/,
    why: 'A call without arguments came with an empty text or `null`; the contract promises an object, so the gateway gives {}.',
  },
];

/** The row that explains a disagreement; undefined: none does. */
export function explain(
  rows: readonly Explained[],
  { call, where }: { readonly call: string; readonly where: string },
  { path, ours, theirs }: JsonDifference,
): Explained | undefined {
  return rows.find((row) => {
    const isMeant = row.call === call && row.where.test(where) && row.path.test(path);
    return isMeant && (!('adds' in row) || (ours === undefined && isDeepStrictEqual(theirs, row.adds)));
  });
}
