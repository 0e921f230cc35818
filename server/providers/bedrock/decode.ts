/** Whole replies: Converse's message → the contract's. */
import { GatewayError } from '../../model/errors.ts';
import { type Citation, type OpaqueState, type Part, Role } from '../../model/wire.ts';
import type { Decoded, Target } from '../dialect.ts';
import { decodeBase64 } from '../shared/base64.ts';
import { asList, asObject, asText, isJsonObject, type JsonObject } from '../shared/json.ts';
import { makeOpaquePart, makeOpaqueState } from '../shared/opaque-state.ts';
import { imagePart, reasoningPart, textPart, toolCallPart } from '../shared/parts.ts';
import { decodeCitation } from './citations.ts';
import { decodeErrorReply } from './error.ts';
import { decodeFinish } from './finish.ts';
import { decodeUsage } from './usage.ts';
import {
  REDACTED_CONTENT,
  SERVER_TOOL_USE,
  SIGNATURE,
  type WireBlock,
  type WireReply,
  type WireToolUse,
} from './wire.ts';

/**
 * Decodes a whole reply.
 * @throws GatewayError UPSTREAM_PROTOCOL, or the error that the reply is.
 */
export function decodeConverse(reply: unknown, target: Target): Decoded {
  if (!isJsonObject(reply)) throw new GatewayError('UPSTREAM_PROTOCOL', 'The reply is not a JSON object.');
  const error = decodeErrorReply(reply);
  if (error !== undefined) throw error;
  const wire: WireReply = reply;
  const content = asObject(asObject(wire.output)?.message)?.content;
  if (!Array.isArray(content) || typeof wire.stopReason !== 'string') {
    throw new GatewayError('UPSTREAM_PROTOCOL', 'The reply has no message or no stop reason.');
  }
  const parts = asList(content)
    .filter(isJsonObject)
    .map((block) => decodeBlock(block, target));
  return {
    message: { role: Role.ASSISTANT, parts },
    finishReason: decodeFinish(wire),
    usage: decodeUsage(asObject(wire.usage), wire.serviceTier),
    upstreamModel: readInvokedModel(wire.trace),
  };
}

/** The model that a prompt router has chosen; empty where no router stood between. */
export function readInvokedModel(trace: unknown): string {
  return asText(asObject(asObject(trace)?.promptRouter)?.invokedModelId) ?? '';
}

/** Id and name of a tool call. @throws GatewayError UPSTREAM_PROTOCOL: without them nobody can answer it. */
export function readToolCall({ toolUseId, name }: WireToolUse): { readonly id: string; readonly name: string } {
  const id = asText(toolUseId);
  const tool = asText(name);
  if (!id || !tool) throw new GatewayError('UPSTREAM_PROTOCOL', 'A toolUse block has no id or no name.');
  return { id, name: tool };
}

/** State of what was thought: a signature, or the base64 of what the provider keeps to itself; none if it sent none. */
export function readReasoningState(kind: string, data: unknown, target: Target): readonly OpaqueState[] {
  return typeof data === 'string' && data !== '' ? [makeOpaqueState(target, kind, data)] : [];
}

/** An item for which the contract has no word, as the JSON that the provider sent. Its type is the name of its member. */
export function decodeOpaque(block: JsonObject, target: Target): Part {
  return makeOpaquePart(target, itemTypeOf(block), JSON.stringify(block));
}

/** An image of so many bytes of base64; undefined if it has none. */
export function decodeImage(format: unknown, bytes: unknown): Part | undefined {
  const data = typeof bytes === 'string' ? decodeBase64(bytes) : undefined;
  if (data === undefined || data.length === 0) return undefined;
  const subtype = asText(format) ?? '';
  return imagePart({ $case: 'data', value: data }, /^[a-z]{1,16}$/.test(subtype) ? `image/${subtype}` : '');
}

/** OpaquePart.item_type of a block that the gateway has no word for. */
export function itemTypeOf(block: JsonObject): string {
  if (asObject(block.toolUse)?.type !== undefined) return SERVER_TOOL_USE;
  return Object.keys(block)[0]?.toWellFormed() ?? '';
}

const BLOCKS: readonly (readonly [
  member: keyof WireBlock,
  decode: (value: unknown, target: Target) => Part | undefined,
])[] = [
  ['text', (value) => (typeof value === 'string' ? textPart(value.toWellFormed()) : undefined)],
  ['reasoningContent', decodeReasoning],
  ['toolUse', decodeToolUse],
  ['citationsContent', decodeCitedText],
  ['image', (value) => decodeImage(asObject(value)?.format, asObject(asObject(value)?.source)?.bytes)],
];

/** A content block as a part; one of an unknown kind is kept whole. */
function decodeBlock(block: JsonObject, target: Target): Part {
  for (const [member, decode] of BLOCKS) {
    const value = block[member];
    const part = value === undefined || value === null ? undefined : decode(value, target);
    if (part !== undefined) return part;
  }
  return decodeOpaque(block, target);
}

function decodeReasoning(value: unknown, target: Target): Part | undefined {
  const content = asObject(value);
  if (typeof content?.redactedContent === 'string') {
    return reasoningPart('', readReasoningState(REDACTED_CONTENT, content.redactedContent, target));
  }
  const thought = asObject(content?.reasoningText);
  return thought && reasoningPart(asText(thought.text) ?? '', readReasoningState(SIGNATURE, thought.signature, target));
}

function decodeToolUse(value: unknown): Part | undefined {
  const toolUse: WireToolUse = asObject(value) ?? {};
  if (toolUse.type !== undefined) return undefined; // The provider itself runs it.
  const argumentsJson = JSON.stringify(toolUse.input ?? {});
  return toolCallPart({ ...readToolCall(toolUse), input: { $case: 'argumentsJson', value: argumentsJson } });
}

function decodeCitedText(value: unknown): Part | undefined {
  const content = asObject(value);
  const citations = asList(content?.citations)
    .map(decodeCitation)
    .filter((citation): citation is Citation => citation !== undefined);
  const text = asList(content?.content)
    .map((piece) => asText(asObject(piece)?.text) ?? '')
    .join('');
  return content && textPart(text, { citations });
}
