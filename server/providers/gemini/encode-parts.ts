/** Parts of messages as Gemini's parts. */
import {
  AdaptationAction,
  type OpaquePart,
  type OpaqueState,
  type Part,
  type ReasoningPart,
  Role,
  type TextPart,
  type ToolCall,
} from '../../model/wire.ts';
import type { Adapter } from '../shared/adapter.ts';
import { invalidField, parseCallerObject } from '../shared/json.ts';
import { keepOwnItem, keepOwnStates, opaqueText } from '../shared/opaque-state.ts';
import { isMadeId } from './call-ids.ts';
import { encodeMedia } from './encode-media.ts';
import { REPLAYABLE_ITEMS, THOUGHT_SIGNATURE, typeOfPart } from './wire.ts';

/** A part on its way, and where in the request it came from. */
export interface Entry {
  /** Fresh: whoever gets it may change it. */
  readonly wire: Record<string, unknown>;
  /** Path of the part. */
  readonly field: string;
  /** The call that it is; undefined: it is none. */
  readonly call?: EncodedCall;
  /** Of the result of a call: place of the call in its turn. */
  readonly order?: number;
}

/** What the result of a call must know. */
export interface EncodedCall {
  /** The caller's id. */
  readonly id: string;
  readonly name: string;
  /** Path of the call's part. */
  readonly field: string;
}

/** Where a part stands. */
export interface PartPlace {
  readonly role: Role;
  /** Path of the part, for instance generation.messages[0].parts[1]. */
  readonly field: string;
}

/**
 * Encodes a part; undefined if it is left out, or refused, as the adapter then knows.
 * @throws GatewayError INVALID_REQUEST, OPTION_NOT_ALLOWED, FOREIGN_STATE
 */
export function encodePart(part: Part, { role, field }: PartPlace, adapter: Adapter): Entry | undefined {
  const { content } = part;
  if (content === undefined) throw invalidField(field, 'It has no content.');
  const states = keepOwnStates(part, field, adapter);
  if (PARTS_OF_ROLE.get(role)?.has(content.$case) !== true) {
    const kind = snakeCase(content.$case);
    const turn = role.replace('ROLE_', '').toLowerCase();
    adapter.refuse(`${field}.${kind}`, `Gemini takes no ${kind} in a turn of the role ${turn}; remove it.`);
    return undefined;
  }
  const wire = encodeContent(content, { field, states, adapter });
  if (wire === undefined) return undefined;
  const signature = findSignature(states);
  if (signature !== undefined) wire.thoughtSignature = signature;
  if (content.$case !== 'toolCall') return { wire, field };
  const { id, name } = content.value;
  return { wire, field, call: { id, name, field } };
}

/** Whether an id is sent: the host takes ids, and it is not the gateway's own. */
export function sendsId(id: string, { target }: Adapter): boolean {
  return id !== '' && target.quirks.functionCallIds !== false && !isMadeId(id);
}

type Content = NonNullable<Part['content']>;
type Case = Content['$case'];

/** systemInstruction is text only: https://ai.google.dev/api/generate-content, seen 2026-11-24. */
const PARTS_OF_ROLE: ReadonlyMap<Role, ReadonlySet<Case>> = new Map([
  [Role.SYSTEM, new Set<Case>(['text'])],
  [Role.USER, new Set<Case>(['text', 'image', 'audio', 'video', 'document'])],
  [
    Role.ASSISTANT,
    new Set<Case>(['text', 'toolCall', 'reasoning', 'refusal', 'opaque', 'image', 'audio', 'video', 'document']),
  ],
]);

interface PartContext {
  readonly field: string;
  readonly states: readonly OpaqueState[];
  readonly adapter: Adapter;
}

function encodeContent(content: Content, context: PartContext): Record<string, unknown> | undefined {
  const { field, adapter } = context;
  switch (content.$case) {
    case 'text':
      return encodeText(content.value, context);
    case 'refusal':
      adapter.report(`${field}.refusal`, AdaptationAction.REWRITTEN, 'Gemini has no refusals: sent as text.');
      return encodeBareText(content.value.text, `${field}.refusal.text`, context);
    case 'reasoning':
      return encodeReasoning(content.value, context);
    case 'toolCall':
      return { functionCall: encodeCall(content.value, `${field}.tool_call`, adapter) };
    case 'opaque':
      return encodeItem(content.value, context);
    case 'image':
    case 'audio':
    case 'video':
    case 'document':
      return encodeMedia(content, field, adapter);
    default:
      return undefined; // Results of tools, which only turns of tools have.
  }
}

function encodeText({ text, citations }: TextPart, context: PartContext): Record<string, unknown> | undefined {
  const { field, adapter } = context;
  if (citations.length > 0) {
    adapter.report(`${field}.text.citations`, AdaptationAction.DROPPED, 'Gemini does not take citations back.');
  }
  return encodeBareText(text, `${field}.text`, context);
}

/** An empty text is refused by Google, unless it carries a signature. */
function encodeBareText(text: string, field: string, { states, adapter }: PartContext) {
  if (text !== '' || findSignature(states) !== undefined) return { text };
  adapter.report(field, AdaptationAction.DROPPED, 'Gemini takes no empty text.');
  return undefined;
}

/** Summaries of thoughts are for people to read; what the model needs of them is in the signatures. */
function encodeReasoning({ text }: ReasoningPart, { field, states, adapter }: PartContext) {
  if (findSignature(states) !== undefined) return { text, thought: true };
  const why = 'Gemini takes reasoning only with its own signature.';
  adapter.report(`${field}.reasoning`, AdaptationAction.DROPPED, why);
  return undefined;
}

function encodeCall({ id, name, input }: ToolCall, field: string, adapter: Adapter): Record<string, unknown> {
  const head = { ...(sendsId(id, adapter) && { id }), name };
  if (input?.$case === 'text') {
    adapter.rewrite(`${field}.text`, 'Gemini has no calls with free text: sent as {"input": …}.');
    return { ...head, args: { input: input.value } };
  }
  return { ...head, args: parseCallerObject(input?.value.trim() || '{}', `${field}.arguments_json`) };
}

function encodeItem(item: OpaquePart, { field, adapter }: PartContext): Record<string, unknown> | undefined {
  if (!keepOwnItem(item, field, adapter)) return undefined;
  if (!REPLAYABLE_ITEMS.has(item.itemType)) {
    const why = 'Gemini does not take items of this type back.';
    adapter.report(`${field}.opaque`, AdaptationAction.DROPPED, why);
    return undefined;
  }
  const part = parseCallerObject(opaqueText(item.data), `${field}.opaque.data`);
  // The type decides whether it passes: the bytes must be what they say they are.
  if (typeOfPart(part) === item.itemType) return part;
  throw invalidField(`${field}.opaque.data`, 'It is not what its item_type says; send the item back as it came.');
}

function findSignature(states: readonly OpaqueState[]): string | undefined {
  const state = states.find(({ kind }) => kind === THOUGHT_SIGNATURE);
  return state && opaqueText(state.data);
}

function snakeCase(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
