/** Encodes earlier turns of the model, with whatever its provider wants back byte for byte. */
import { AdaptationAction, type OpaquePart, type OpaqueState, type Part, type ToolCall } from '../../model/wire.ts';
import type { Adapter } from '../shared/adapter.ts';
import { asList, invalidField, parseCallerJson, parseCallerObject } from '../shared/json.ts';
import { keepOwnItem, keepOwnStates, opaqueText } from '../shared/opaque-state.ts';
import type { CallIds } from './call-ids.ts';
import { encodeText, plainText, type WirePart } from './encode-parts.ts';
import { NO_ARGUMENTS } from './tool-calls.ts';
import { REPLAYABLE_ITEMS, STATE } from './wire.ts';

/** A turn while it is gathered. */
interface Turn {
  readonly content: WirePart[];
  readonly calls: unknown[];
  readonly details: unknown[];
  reasoning: string;
  audioId: string | undefined;
}

/** What the encoders of one part work on. */
interface PartContext {
  readonly adapter: Adapter;
  readonly callIds: CallIds;
  /** Path of the part; of the message in `encodeAssistant`. */
  readonly field: string;
}

/** Encodes a turn. */
export function encodeAssistant(parts: readonly Part[], context: PartContext): Record<string, unknown> {
  const turn: Turn = { content: [], calls: [], details: [], reasoning: '', audioId: undefined };
  for (const [index, part] of parts.entries()) {
    encodePart(turn, part, { ...context, field: `${context.field}.parts[${index}]` });
  }
  const { content, calls, details, reasoning, audioId } = turn;
  const { reasoningReplayField: field } = context.adapter.target.quirks;
  // null is for turns that called tools or spoke instead of writing.
  const nothing = calls.length > 0 || audioId !== undefined ? null : '';
  return {
    role: 'assistant',
    content: content.length === 0 ? nothing : (plainText(content) ?? content),
    ...(field !== undefined && reasoning !== '' && { [field]: reasoning }),
    ...(details.length > 0 && { reasoning_details: details }),
    ...(calls.length > 0 && { tool_calls: calls }),
    ...(audioId !== undefined && { audio: { id: audioId } }),
  };
}

function encodePart(turn: Turn, part: Part, context: PartContext): void {
  const { adapter, field } = context;
  const { content } = part;
  const states = keepOwnStates(part, field, adapter);
  switch (content?.$case) {
    case 'text':
      turn.content.push(encodeText(content.value, `${field}.text`, adapter));
      break;
    case 'refusal':
      turn.content.push(encodeRefusal(content.value.text, `${field}.refusal`, adapter));
      break;
    case 'toolCall':
      turn.calls.push(encodeCall(content.value, states, { ...context, field: `${field}.tool_call` }));
      break;
    case 'reasoning':
      addReasoning(turn, content.value.text, states, context);
      break;
    case 'audio':
      addAudio(turn, content.value.transcript, states, context);
      break;
    case 'opaque':
      addItem(turn, content.value, context);
      break;
    case 'image':
    case 'document':
    case 'video':
      adapter.drop(`${field}.${content.$case}`, "Chat completions take no media in the model's own turns.");
      break;
    default:
      throw invalidField(field, 'The part has no content, or one that belongs into other messages.');
  }
}

function encodeCall({ id, name, input }: ToolCall, states: readonly OpaqueState[], context: PartContext): unknown {
  const { adapter, field, callIds } = context;
  const extra = findState(states, STATE.extraContent);
  const call = {
    id: callIds.encode(id, `${field}.id`),
    ...(extra !== undefined && { extra_content: parseCallerJson(extra, `${field}.opaque_state`) }),
  };
  switch (input?.$case) {
    case 'argumentsJson':
      return { ...call, type: 'function', function: { name, arguments: input.value || NO_ARGUMENTS } };
    case 'text':
      if (!adapter.lacks('customTools')) return { ...call, type: 'custom', custom: { name, input: input.value } };
      adapter.rewrite(`${field}.text`, 'The model has no such calls: sent as {"input": …}.');
      return { ...call, type: 'function', function: { name, arguments: JSON.stringify({ input: input.value }) } };
    default:
      throw invalidField(`${field}.input`, 'The call has no input.');
  }
}

function encodeRefusal(refusal: string, field: string, adapter: Adapter): WirePart {
  if (adapter.target.quirks.refusalContent !== false) return { type: 'refusal', refusal };
  adapter.report(field, AdaptationAction.REWRITTEN, `${adapter.target.provider} has no refusals: sent as text.`);
  return { type: 'text', text: refusal };
}

/** Reasoning goes back where the host has a place for it; elsewhere it has served its turn. */
function addReasoning(turn: Turn, text: string, states: readonly OpaqueState[], { adapter, field }: PartContext): void {
  const signature = findState(states, STATE.thinkingSignature);
  if (signature !== undefined || (adapter.target.quirks.reasoningReplayField === 'content' && text !== '')) {
    const thinking = [{ type: 'text', text }];
    turn.content.push({ type: 'thinking', thinking, ...(signature !== undefined && { signature }) });
    return;
  }
  const details = findState(states, STATE.reasoningDetails);
  if (details !== undefined) {
    const pieces: unknown = parseCallerJson(details, `${field}.opaque_state`);
    if (!Array.isArray(pieces)) throw invalidField(`${field}.opaque_state`, 'It is not what the provider made.');
    turn.details.push(...asList(pieces));
  } else if (adapter.target.quirks.reasoningReplayField === undefined && text !== '') {
    adapter.report(`${field}.reasoning`, AdaptationAction.DROPPED, `${adapter.target.provider} does not take it back.`);
  }
  turn.reasoning += text;
}

/** A spoken answer goes back by its id; elsewhere as what was said. */
function addAudio(turn: Turn, transcript: string, states: readonly OpaqueState[], context: PartContext): void {
  const { adapter, field } = context;
  const id = findState(states, STATE.audioId);
  if (id !== undefined && turn.audioId === undefined) turn.audioId = id;
  else if (transcript === '')
    adapter.drop(`${field}.audio`, 'Chat completions take a spoken answer back by its id only.');
  else {
    adapter.report(`${field}.audio`, AdaptationAction.REWRITTEN, 'It has no id here: its transcript was sent.');
    turn.content.push({ type: 'text', text: transcript });
  }
}

function addItem(turn: Turn, item: OpaquePart, { adapter, field }: PartContext): void {
  if (!keepOwnItem(item, field, adapter)) return;
  if (!REPLAYABLE_ITEMS.has(item.itemType)) {
    adapter.report(
      `${field}.opaque`,
      AdaptationAction.DROPPED,
      'Chat completions do not take items of this type back.',
    );
    return;
  }
  const chunk = parseCallerObject(opaqueText(item.data), `${field}.opaque.data`);
  // The type decides whether it passes: the bytes must be what they say they are.
  if (chunk.type !== item.itemType) throw invalidField(`${field}.opaque.data`, 'It is not what the provider made.');
  turn.content.push(chunk);
}

function findState(states: readonly OpaqueState[], kind: string): string | undefined {
  const state = states.find((other) => other.kind === kind);
  return state && opaqueText(state.data);
}
