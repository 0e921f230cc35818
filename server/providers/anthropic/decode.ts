/** Whole replies: Anthropic's message → the contract's. */
import { GatewayError } from '../../model/errors.ts';
import { type OpaqueState, type Part, Role } from '../../model/wire.ts';
import type { Decoded, Target } from '../dialect.ts';
import { asList, asObject, asText, isJsonObject, type JsonObject } from '../shared/json.ts';
import { makeOpaquePart, makeOpaqueState } from '../shared/opaque-state.ts';
import { reasoningPart, refusalPart, textPart, toolCallPart } from '../shared/parts.ts';
import { decodeCitation } from './citations.ts';
import { decodeErrorObject } from './error.ts';
import { decodeFinish, readRefusal } from './finish.ts';
import { decodeUsage } from './usage.ts';
import { CALLER, REDACTED_THINKING, SIGNATURE, TOOLSET_NAME, type WireBlock, type WireMessage } from './wire.ts';

/**
 * Decodes a whole reply.
 * @throws GatewayError UPSTREAM_PROTOCOL, or the error that the reply is.
 */
export function decodeMessage(reply: unknown, target: Target): Decoded {
  if (!isJsonObject(reply)) throw new GatewayError('UPSTREAM_PROTOCOL', 'The reply is not a JSON object.');
  const message: WireMessage = reply;
  if (message.type === 'error') throw decodeErrorObject(message.error);
  if (!Array.isArray(message.content)) throw new GatewayError('UPSTREAM_PROTOCOL', 'The reply has no content.');
  const parts = asList(message.content)
    .filter(isJsonObject)
    .map((block) => decodeBlock(block, target));
  const refusal = readRefusal(message.stop_details);
  if (refusal !== undefined) parts.push(refusalPart(refusal));
  return {
    message: { role: Role.ASSISTANT, parts },
    finishReason: decodeFinish(message),
    usage: decodeUsage(asObject(message.usage)),
    upstreamModel: asText(message.model) ?? '',
  };
}

/** A content block as a part; one of an unknown type is kept whole. */
export function decodeBlock(block: JsonObject, target: Target): Part {
  const decode = BLOCKS.get(block.type);
  return decode === undefined ? decodeOpaque(block, target) : decode(block, target);
}

/** Whether blocks of a type have words of their own in the contract. */
export function isKnownBlock(type: unknown): boolean {
  return BLOCKS.has(type);
}

/** An item for which the contract has no word, as the JSON that the provider sent. */
export function decodeOpaque(block: JsonObject, target: Target): Part {
  return makeOpaquePart(target, asText(block.type) ?? '', JSON.stringify(block));
}

/** Id and name of a tool call. @throws GatewayError UPSTREAM_PROTOCOL: without them nobody can answer it. */
export function readToolCall(block: WireBlock): { readonly id: string; readonly name: string } {
  const id = asText(block.id);
  const name = asText(block.name);
  if (!id || !name) throw new GatewayError('UPSTREAM_PROTOCOL', 'A tool_use block has no id or no name.');
  return { id, name };
}

/** What a tool call must take back beside its input: who called, where that was not the model itself. */
export function readToolState(block: WireBlock, target: Target): readonly OpaqueState[] {
  const states: OpaqueState[] = [];
  const caller = asObject(block.caller);
  if (caller !== undefined && caller.type !== 'direct') {
    states.push(makeOpaqueState(target, CALLER, JSON.stringify(caller)));
  }
  const toolset = asText(block.toolset_name);
  if (toolset) states.push(makeOpaqueState(target, TOOLSET_NAME, toolset));
  return states;
}

/** State of a thinking or redacted_thinking block; none if the provider sent none. */
export function readReasoningState(kind: string, data: unknown, target: Target): readonly OpaqueState[] {
  return typeof data === 'string' && data !== '' ? [makeOpaqueState(target, kind, data)] : [];
}

const BLOCKS: ReadonlyMap<unknown, (block: WireBlock, target: Target) => Part> = new Map([
  ['text', decodeText],
  ['thinking', decodeThinking],
  ['redacted_thinking', decodeRedactedThinking],
  ['tool_use', decodeToolUse],
]);

function decodeText(block: WireBlock): Part {
  const citations = asList(block.citations)
    .map(decodeCitation)
    .filter((citation) => citation !== undefined);
  return textPart(asText(block.text) ?? '', { citations });
}

function decodeThinking(block: WireBlock, target: Target): Part {
  return reasoningPart(asText(block.thinking) ?? '', readReasoningState(SIGNATURE, block.signature, target));
}

function decodeRedactedThinking(block: WireBlock, target: Target): Part {
  return reasoningPart('', readReasoningState(REDACTED_THINKING, block.data, target));
}

function decodeToolUse(block: WireBlock, target: Target): Part {
  const argumentsJson = JSON.stringify(block.input ?? {});
  const call = { ...readToolCall(block), input: { $case: 'argumentsJson', value: argumentsJson } } as const;
  return toolCallPart(call, readToolState(block, target));
}
