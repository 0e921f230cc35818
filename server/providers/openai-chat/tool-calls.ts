/** Tool calls of replies: what a whole call and a fragment have in common. */
import { type OpaqueState, type Part, ToolInputKind } from '../../model/wire.ts';
import type { Target } from '../dialect.ts';
import { NO_STATE } from '../shared/events.ts';
import { asList, asObject, asText } from '../shared/json.ts';
import { makeOpaqueState } from '../shared/opaque-state.ts';
import { toolCallPart } from '../shared/parts.ts';
import { STATE, type WireMessage, type WireToolCall } from './wire.ts';

/** What a call without arguments is given. */
export const NO_ARGUMENTS = '{}';

/** What a call, or a fragment of one, says; empty: nothing. */
export interface ToolCallFragment {
  readonly id: string;
  readonly name: string;
  readonly input: string;
  readonly kind: ToolInputKind;
}

/** Reads a call or a fragment. */
export function readFragment(call: WireToolCall): ToolCallFragment {
  const custom = asObject(call.custom);
  const body = custom ?? asObject(call.function);
  return {
    id: asText(call.id) ?? '',
    name: asText(body?.name) ?? '',
    input: custom === undefined ? readArguments(body?.arguments) : readText(custom.input),
    kind: custom !== undefined || call.type === 'custom' ? ToolInputKind.TEXT : ToolInputKind.JSON,
  };
}

/** Arguments are text, except at Ollama, which sends the object itself. */
function readArguments(value: unknown): string {
  return typeof value === 'object' && value !== null ? JSON.stringify(value) : readText(value);
}

/** As it came: halves of surrogate pairs are mended where fragments are joined. */
function readText(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** The calls of a message, the function_call of old among them. */
export function listCalls({ tool_calls, function_call }: WireMessage): readonly WireToolCall[] {
  const calls = asList(tool_calls)
    .map(asObject)
    .filter((call) => call !== undefined);
  const old = asObject(function_call);
  return old === undefined ? calls : [...calls, { function: old }];
}

/** The parts of a message's calls. */
export function decodeToolCalls(message: WireMessage, replyId: string, target: Target): readonly Part[] {
  return listCalls(message).map((call, index) => {
    const { id, name, input, kind } = readFragment(call);
    const text = input.toWellFormed();
    const content =
      kind === ToolInputKind.TEXT
        ? ({ $case: 'text', value: text } as const)
        : ({ $case: 'argumentsJson', value: text === '' ? NO_ARGUMENTS : text } as const);
    return toolCallPart({ id: id || makeCallId(replyId, index), name, input: content }, readCallState(call, target));
  });
}

/** State of the provider that sits on a call. */
export function readCallState({ extra_content }: WireToolCall, target: Target): readonly OpaqueState[] {
  if (asObject(extra_content) === undefined) return NO_STATE;
  return [makeOpaqueState(target, STATE.extraContent, JSON.stringify(extra_content))];
}

/** An id for a call that has none, unique as far as the reply's own id is. */
export function makeCallId(replyId: string, index: number): string {
  return `call_${replyId.replaceAll(/[^\w-]/g, '').slice(0, 48)}_${index}`;
}
