/** Encodes earlier turns of the model: the items that it made, with whatever it wants back byte for byte. */
import { AdaptationAction, type OpaquePart, type OpaqueState, type Part, type ToolCall } from '../../model/wire.ts';
import type { Adapter } from '../shared/adapter.ts';
import { invalidField, type JsonObject, parseCallerObject } from '../shared/json.ts';
import { keepOwnItem, keepOwnStates, opaqueText } from '../shared/opaque-state.ts';
import { encodeCallId } from './call-ids.ts';
import { encodeAnnotations } from './encode-citations.ts';
import { NO_ARGUMENTS } from './items.ts';
import { REASONING_TEXT, REPLAYABLE_ITEMS, STATE, SUMMARY_TEXT } from './wire.ts';

/** An item on its way, and where in the request it came from. */
export interface InputItem {
  readonly wire: Record<string, unknown>;
  /** Path of the part; of the message where several make one item. */
  readonly field: string;
  /** Whether the model made it. */
  readonly isModels: boolean;
}

/** Encodes a turn. */
export function encodeAssistant(parts: readonly Part[], field: string, adapter: Adapter): readonly InputItem[] {
  const turn = new Turn(adapter);
  for (const [index, part] of parts.entries()) turn.add(part, `${field}.parts[${index}]`);
  return turn.items;
}

/** Members that state keeps, by name. */
type Members = Readonly<Record<string, string | undefined>>;

/** What several parts become one of. */
interface Open {
  readonly key: string;
  readonly content: unknown[];
}

interface OpenReasoning {
  readonly id: string | undefined;
  readonly wire: Record<string, unknown>;
  readonly lists: { readonly summary: unknown[]; readonly content: unknown[] };
}

/** A turn while it is gathered. Neighbouring parts of one item join it again. */
class Turn {
  readonly items: InputItem[] = [];
  readonly #adapter: Adapter;
  #message: Open | undefined;
  #reasoning: OpenReasoning | undefined;

  constructor(adapter: Adapter) {
    this.#adapter = adapter;
  }

  add(part: Part, field: string): void {
    const states = keepOwnStates(part, field, this.#adapter);
    const members = readMembers(states);
    const { content } = part;
    const isOwn = states.length > 0;
    switch (content?.$case) {
      case 'text': {
        const annotations = encodeAnnotations(content.value, isOwn, `${field}.text`, this.#adapter);
        this.#addContent({ type: 'output_text', text: content.value.text, annotations }, members, field);
        break;
      }
      case 'refusal':
        this.#addContent({ type: 'refusal', refusal: content.value.text }, members, field);
        break;
      case 'reasoning':
        this.#addReasoning(content.value.text, members, field);
        break;
      case 'toolCall':
        this.#push(encodeCall(content.value, members, `${field}.tool_call`, this.#adapter), field);
        break;
      case 'opaque':
        this.#addOpaque(content.value, field);
        break;
      default:
        this.#addMedia(content, field);
    }
  }

  #push(wire: Record<string, unknown>, field: string): void {
    this.#message = undefined;
    this.#reasoning = undefined;
    this.items.push({ wire, field, isModels: true });
  }

  /** Without an id it is a message that somebody else may have written: only one with an id has a status. */
  #addContent(piece: JsonObject, members: Members, field: string): void {
    const { id, phase, status } = members;
    const key = `${id} ${phase}`;
    if (this.#message?.key === key) {
      this.#message.content.push(piece);
      return;
    }
    const content = [piece];
    this.#push(
      {
        type: 'message',
        role: 'assistant',
        ...(id !== undefined && { id, status: status ?? 'completed' }),
        ...(phase !== undefined && { phase }),
        content,
      },
      field,
    );
    this.#message = { key, content };
  }

  /** What has no state is kept in its place for now: what follows it is bound to it (encode-input.ts). */
  #addReasoning(text: string, members: Members, field: string): void {
    const { id, [STATE.entryType]: type, [STATE.encryptedContent]: encrypted } = members;
    if (type === undefined && encrypted === undefined) {
      this.#push({ type: 'reasoning' }, `${field}.reasoning`);
      return;
    }
    const open = this.#reasoning;
    const { wire, lists } = open !== undefined && open.id === id ? open : this.#openReasoning(id, field);
    if (type === SUMMARY_TEXT) lists.summary.push({ type, text });
    if (type === REASONING_TEXT) {
      lists.content.push({ type, text });
      wire.content = lists.content;
    }
    if (encrypted === undefined) return;
    wire.encrypted_content = encrypted;
    this.#reasoning = undefined; // It stands with the last of the item's texts.
  }

  #openReasoning(id: string | undefined, field: string): OpenReasoning {
    const lists = { summary: [], content: [] };
    const wire = { type: 'reasoning', ...(id !== undefined && { id }), summary: lists.summary };
    this.#push(wire, `${field}.reasoning`);
    this.#reasoning = { id, wire, lists };
    return this.#reasoning;
  }

  #addOpaque(item: OpaquePart, field: string): void {
    const { items } = this;
    const adapter = this.#adapter;
    if (!keepOwnItem(item, field, adapter)) return;
    if (!REPLAYABLE_ITEMS.has(item.itemType)) {
      adapter.report(`${field}.opaque`, AdaptationAction.DROPPED, 'Responses do not take items of this type back.');
      return;
    }
    const wire = parseCallerObject(opaqueText(item.data), `${field}.opaque.data`);
    // The type decides whether it passes: the bytes must be what they say they are.
    if (wire.type !== item.itemType) throw invalidField(`${field}.opaque.data`, 'It is not what the provider made.');
    this.#push(wire, field);
    if (CALLERS_ITEMS.has(item.itemType)) items[items.length - 1] = { wire, field, isModels: false };
  }

  /** The model's own turns hold no media; what was spoken goes as what was said. */
  #addMedia(content: Part['content'], field: string): void {
    if (content === undefined || content.$case === 'toolResult') {
      throw invalidField(field, 'The part has no content, or one that belongs into other messages.');
    }
    const path = `${field}.${content.$case}`;
    const transcript = content.$case === 'audio' ? content.value.transcript : '';
    if (transcript === '') {
      this.#adapter.drop(path, "Responses take no media in the model's own turns.");
      return;
    }
    this.#adapter.report(path, AdaptationAction.REWRITTEN, 'Its transcript was sent.');
    this.#addContent({ type: 'output_text', text: transcript, annotations: [] }, NO_MEMBERS, field);
  }
}

/** Types of items that the caller makes, although they stand in a turn of the model. */
const CALLERS_ITEMS: ReadonlySet<string> = new Set([
  'mcp_approval_response',
  'computer_call_output',
  'local_shell_call_output',
  'apply_patch_call_output',
]);

const NO_MEMBERS: Members = Object.freeze({});

function readMembers(states: readonly OpaqueState[]): Members {
  if (states.length === 0) return NO_MEMBERS;
  return Object.fromEntries(states.map(({ kind, data }) => [kind, opaqueText(data)]));
}

function encodeCall({ id, name, input }: ToolCall, members: Members, field: string, adapter: Adapter) {
  const call = { call_id: encodeCallId(id, `${field}.id`, adapter), name };
  const own = encodeMembers(members, field);
  switch (input?.$case) {
    case 'argumentsJson':
      return { type: 'function_call', ...own, ...call, arguments: input.value || NO_ARGUMENTS };
    case 'text': {
      if (!adapter.lacks('customTools')) return { type: 'custom_tool_call', ...own, ...call, input: input.value };
      adapter.rewrite(`${field}.text`, 'The model has no such calls: sent as {"input": …}.');
      return { type: 'function_call', ...own, ...call, arguments: JSON.stringify({ input: input.value }) };
    }
    default:
      throw invalidField(`${field}.input`, 'The call has no input.');
  }
}

function encodeMembers({ id, namespace, caller, status }: Members, field: string): JsonObject {
  return {
    ...(id !== undefined && { id }),
    ...(namespace !== undefined && { namespace }),
    ...(caller !== undefined && { caller: parseCallerObject(caller, `${field}.opaque_state`) }),
    ...(status !== undefined && { status }),
  };
}
