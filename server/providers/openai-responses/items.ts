/** Items of the output → parts. What a whole item and a streamed one have in common. */
import { GatewayError } from '../../model/errors.ts';
import { type OpaqueState, type Part, ToolInputKind } from '../../model/wire.ts';
import type { Target } from '../dialect.ts';
import { readAnnotation, readLogprobs } from '../openai-chat/content.ts';
import { NO_STATE } from '../shared/events.ts';
import { asList, asObject, asText, isJsonObject, type JsonObject } from '../shared/json.ts';
import { makeOpaquePart, makeOpaqueState } from '../shared/opaque-state.ts';
import { makePart, reasoningPart, textPart, toolCallPart } from '../shared/parts.ts';
import type { Answer } from './answer.ts';
import { REASONING_TEXT, STATE, SUMMARY_TEXT, type WireContent, type WireItem } from './wire.ts';

/** What a call without arguments is given. */
export const NO_ARGUMENTS = '{}';

/** The parts of a whole item; one of a type for which the contract has no word is kept as it is. */
export function decodeItem(item: JsonObject, answer: Answer): readonly Part[] {
  answer.note(item);
  return (DECODERS.get(item.type) ?? decodeOpaque)(item, answer);
}

/** Whether items of a type have words of their own in the contract. */
export function isKnownItem(type: unknown): boolean {
  return DECODERS.has(type);
}

/** An item, or a piece of a message, for which the contract has no word, as the JSON that the provider sent. */
export function opaqueItem(item: JsonObject, target: Target): Part {
  return makeOpaquePart(target, asText(item.type) ?? '', JSON.stringify(item));
}

/** What a call is begun with. */
export interface CallHead {
  readonly id: string;
  readonly name: string;
  readonly kind: ToolInputKind;
}

/** Head of a call. @throws GatewayError UPSTREAM_PROTOCOL: without id and name nobody can answer it. */
export function readCallHead(item: WireItem): CallHead {
  const id = asText(item.call_id) || asText(item.id);
  const name = asText(item.name);
  if (!id || !name) throw new GatewayError('UPSTREAM_PROTOCOL', "A call in the provider's reply has no id or no name.");
  return { id, name, kind: item.type === 'custom_tool_call' ? ToolInputKind.TEXT : ToolInputKind.JSON };
}

/** What has to go back with a message, with each of its parts. */
export function readMessageState(item: JsonObject, answer: Answer): readonly OpaqueState[] {
  return readMembers(item, MESSAGE_MEMBERS, answer);
}

/** What has to go back with a call. */
export function readCallState(item: JsonObject, answer: Answer): readonly OpaqueState[] {
  return readMembers(item, CALL_MEMBERS, answer);
}

/** One text of a reasoning item, and in which of its lists it stands; undefined: in none, as there is no text. */
export interface ReasoningEntry {
  readonly type: typeof SUMMARY_TEXT | typeof REASONING_TEXT | undefined;
  readonly text: string;
}

/** The texts of a reasoning item in the order in which streams bring them. */
export function readReasoningEntries(item: WireItem): readonly ReasoningEntry[] {
  return [...readEntries(item.summary, SUMMARY_TEXT), ...readEntries(item.content, REASONING_TEXT)];
}

/** Whether a reasoning item can be sent back without being stored: encrypted, or in its own words (open models). */
export function isReasoningReplayable(item: WireItem): boolean {
  return !!asText(item.encrypted_content) || readEntries(item.content, REASONING_TEXT).length > 0;
}

/**
 * What has to go back with one text of a reasoning item: nothing unless the item can go back. All of them name the item and
 * their list; the last has what is encrypted.
 */
export function readReasoningState(
  item: JsonObject,
  { type, isLast }: { readonly type: ReasoningEntry['type']; readonly isLast: boolean },
  { target }: Answer,
): readonly OpaqueState[] {
  if (!isReasoningReplayable(item)) return NO_STATE;
  const encrypted = isLast ? asText(item.encrypted_content) : undefined;
  return [
    ...makeStates(item, [STATE.id], target),
    ...(type === undefined ? [] : [makeOpaqueState(target, STATE.entryType, type)]),
    ...(encrypted ? [makeOpaqueState(target, STATE.encryptedContent, encrypted)] : []),
  ];
}

const DECODERS: ReadonlyMap<unknown, (item: JsonObject, answer: Answer) => readonly Part[]> = new Map([
  ['message', decodeMessage],
  ['reasoning', decodeReasoning],
  ['function_call', decodeCall],
  ['custom_tool_call', decodeCall],
]);

const MESSAGE_MEMBERS: readonly string[] = [STATE.id, STATE.phase, STATE.status];
const CALL_MEMBERS: readonly string[] = [STATE.id, STATE.namespace, STATE.caller, STATE.status];

function readMembers(item: JsonObject, members: readonly string[], answer: Answer): readonly OpaqueState[] {
  const kept = answer.idsAreLoose ? members.filter((member) => member !== STATE.id) : members;
  return makeStates(item, kept, answer.target);
}

function makeStates(item: JsonObject, members: readonly string[], target: Target): readonly OpaqueState[] {
  const states: OpaqueState[] = [];
  for (const member of members) {
    const text = stateText(item[member]);
    if (text !== '' && !isDefault(member, item[member])) states.push(makeOpaqueState(target, member, text));
  }
  return states.length === 0 ? NO_STATE : states;
}

function stateText(value: unknown): string {
  return isJsonObject(value) ? JSON.stringify(value) : (asText(value) ?? '');
}

/** What goes without saying. */
function isDefault(member: string, value: unknown): boolean {
  if (member === STATE.status) return value === 'completed' || value === 'in_progress';
  return member === STATE.caller && asObject(value)?.type === 'direct';
}

function decodeOpaque(item: JsonObject, { target }: Answer): readonly Part[] {
  return [opaqueItem(item, target)];
}

function decodeMessage(item: JsonObject, answer: Answer): readonly Part[] {
  const opaqueState = readMessageState(item, answer);
  return asList(item.content)
    .filter(isJsonObject)
    .map((content) => decodeContent(content, opaqueState, answer.target));
}

function decodeContent(content: WireContent & JsonObject, opaqueState: readonly OpaqueState[], target: Target): Part {
  switch (content.type) {
    case 'output_text': {
      const citations = asList(content.annotations)
        .map(readAnnotation)
        .filter((citation) => citation !== undefined);
      return textPart(asText(content.text) ?? '', { citations, logprobs: readLogprobs(content.logprobs), opaqueState });
    }
    case 'refusal':
      return makePart({ $case: 'refusal', value: { text: asText(content.refusal) ?? '' } }, opaqueState);
    default:
      return opaqueItem(content, target);
  }
}

function decodeReasoning(item: JsonObject, answer: Answer): readonly Part[] {
  const entries = readReasoningEntries(item);
  if (!isReasoningReplayable(item)) answer.idsAreLoose = true;
  else if (entries.length === 0) return [reasoningPart('', readReasoningState(item, ONLY, answer))];
  return entries.map(({ type, text }, index) => {
    const place = { type, isLast: index === entries.length - 1 };
    return reasoningPart(text, readReasoningState(item, place, answer));
  });
}

/** The place of what is encrypted, where there is no text. */
const ONLY = { type: undefined, isLast: true } as const;

function readEntries(list: unknown, type: typeof SUMMARY_TEXT | typeof REASONING_TEXT): readonly ReasoningEntry[] {
  return asList(list)
    .map((entry) => asText(asObject(entry)?.text))
    .filter((text) => text !== undefined)
    .map((text) => ({ type, text }));
}

function decodeCall(item: JsonObject, answer: Answer): readonly Part[] {
  const { id, name, kind } = readCallHead(item);
  const input =
    kind === ToolInputKind.TEXT
      ? ({ $case: 'text', value: asText(item.input) ?? '' } as const)
      : ({ $case: 'argumentsJson', value: asText(item.arguments) || NO_ARGUMENTS } as const);
  return [toolCallPart({ id, name, input }, readCallState(item, answer))];
}
