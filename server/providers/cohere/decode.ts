/** Decodes whole replies. */
import { GatewayError } from '../../model/errors.ts';
import { type Citation, type Part, Role, type TokenLogprob } from '../../model/wire.ts';
import type { Decoded, Target } from '../dialect.ts';
import { NO_LOGPROBS } from '../shared/events.ts';
import { asList, asObject, asText, isJsonObject, type JsonObject } from '../shared/json.ts';
import { makeOpaquePart } from '../shared/opaque-state.ts';
import { reasoningPart, textPart, toolCallPart } from '../shared/parts.ts';
import { decodeCitation } from './citations.ts';
import { decodeErrorValue, isErrorValue } from './error.ts';
import { decodeFinish, throwFailure } from './finish.ts';
import { readLogprobs } from './logprobs.ts';
import { decodeUsage } from './usage.ts';
import {
  ABSENT_ARGUMENTS,
  NO_ARGUMENTS,
  type WireCitation,
  type WireContent,
  type WireMessage,
  type WireReply,
  type WireToolCall,
} from './wire.ts';

/**
 * Decodes a reply. Cohere names no model.
 * @throws GatewayError UPSTREAM_PROTOCOL if it is no answer, or the error that it is.
 */
export function decodeComplete(reply: unknown, target: Target): Decoded {
  if (!isJsonObject(reply)) throw notAnAnswer();
  if (isErrorValue(reply)) throw decodeErrorValue(reply, 'UPSTREAM_5XX');
  const wire: WireReply = reply;
  throwFailure(wire.finish_reason, wire.error, 'UPSTREAM_5XX');
  const message = asObject(wire.message);
  if (message === undefined || typeof wire.finish_reason !== 'string') throw notAnAnswer();
  return {
    message: { role: Role.ASSISTANT, parts: decodeParts(message, wire, target) },
    finishReason: decodeFinish(wire.finish_reason),
    usage: decodeUsage(wire.usage),
    upstreamModel: '',
  };
}

/** Id, name and arguments of a call, or of a fragment of one; empty: not said. */
export interface ToolCallFragment {
  readonly id: string;
  readonly name: string;
  /** As it came: halves of surrogate pairs are mended where fragments are joined. */
  readonly input: string;
}

/** Reads a call or a fragment. */
export function readToolCall(call: WireToolCall): ToolCallFragment {
  const called = asObject(call.function);
  const input = called?.arguments;
  return {
    id: asText(call.id) ?? '',
    name: asText(called?.name) ?? '',
    input: typeof input === 'string' ? input : isJsonObject(input) ? JSON.stringify(input) : '',
  };
}

function notAnAnswer(): GatewayError {
  return new GatewayError('UPSTREAM_PROTOCOL', "The provider's reply is no answer of its Chat API.");
}

/** In the order in which a stream brings them: content, plan, calls. */
function decodeParts(message: WireMessage, { logprobs }: WireReply, target: Target): readonly Part[] {
  const blocks = asList(message.content).filter(isJsonObject);
  const cited = citationsByBlock(blocks, asList(message.citations));
  const firstText = blocks.findIndex(isText);
  const plan = asText(message.tool_plan) ?? '';
  return [
    ...blocks.map((block, index) => {
      const tokens = index === firstText ? readLogprobs(logprobs) : NO_LOGPROBS;
      return decodeBlock(block, { citations: cited.get(index) ?? [], logprobs: tokens, target });
    }),
    ...(plan === '' ? [] : [reasoningPart(plan)]),
    ...asList(message.tool_calls).filter(isJsonObject).map(decodeToolCall),
  ];
}

interface BlockContext {
  readonly citations: readonly Citation[];
  readonly logprobs: readonly TokenLogprob[];
  readonly target: Target;
}

function decodeBlock(block: JsonObject, { citations, logprobs, target }: BlockContext): Part {
  if (isText(block)) return textPart(asText(block.text) ?? '', { citations, logprobs });
  if (block.type === 'thinking') return reasoningPart(asText(block.thinking) ?? '');
  return makeOpaquePart(target, asText(block.type) ?? '', JSON.stringify(block));
}

function isText({ type }: WireContent): boolean {
  return type === 'text';
}

/** Citations by the place of the text that they belong to; without a place it is the last text. */
function citationsByBlock(blocks: readonly JsonObject[], citations: readonly unknown[]): Map<number, Citation[]> {
  const byBlock = new Map<number, Citation[]>();
  for (const value of citations) {
    const wire: WireCitation = asObject(value) ?? {};
    const place = wire.content_index;
    const named = typeof place === 'number' && blocks[place] !== undefined && isText(blocks[place]);
    const index = named ? place : blocks.findLastIndex(isText);
    byBlock.set(index, [...(byBlock.get(index) ?? []), ...decodeCitation(value)]);
  }
  return byBlock;
}

function decodeToolCall(call: WireToolCall): Part {
  const { id, name, input } = readToolCall(call);
  if (id === '' || name === '') throw new GatewayError('UPSTREAM_PROTOCOL', 'A tool call has no id or no name.');
  const json = ABSENT_ARGUMENTS.has(input) ? NO_ARGUMENTS : input.toWellFormed();
  return toolCallPart({ id, name, input: { $case: 'argumentsJson', value: json } });
}
