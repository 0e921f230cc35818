/** Encodes conversations: system text apart, turns of user and model that alternate, results of calls in their order. */
import { type FieldViolation, GatewayError } from '../../model/errors.ts';
import { AdaptationAction, type ChatMessage, Role } from '../../model/wire.ts';
import type { Adapter } from '../shared/adapter.ts';
import { invalidField } from '../shared/json.ts';
import { keepOwnStates } from '../shared/opaque-state.ts';
import { type EncodedCall, type Entry, encodePart } from './encode-parts.ts';
import type { OpenCall } from './encode-tool-result.ts';
import { encodeToolResult } from './encode-tool-result.ts';

interface Turn {
  readonly role: 'user' | 'model';
  entries: Entry[];
}

/** Members of the body. */
export interface Contents {
  readonly contents: readonly unknown[];
  readonly systemInstruction?: unknown;
}

/**
 * Encodes the messages.
 * @throws GatewayError INVALID_REQUEST for results without calls and calls without results, every one by its path;
 * OPTION_NOT_ALLOWED, FOREIGN_STATE.
 */
export function encodeContents(messages: readonly ChatMessage[], adapter: Adapter): Contents {
  const conversation = new Conversation(adapter);
  for (const [index, message] of messages.entries()) conversation.add(message, `generation.messages[${index}]`);
  return conversation.end();
}

class Conversation {
  readonly #adapter: Adapter;
  readonly #system: Entry[] = [];
  readonly #turns: Turn[] = [];
  readonly #violations: FieldViolation[] = [];
  /** Calls of the model's last turn that have no result yet, by their ids; several may have one id. */
  readonly #calls = new Map<string, OpenCall[]>();
  /** How many calls that turn has. */
  #callCount = 0;

  constructor(adapter: Adapter) {
    this.#adapter = adapter;
  }

  add(message: ChatMessage, field: string): void {
    switch (message.role) {
      case Role.SYSTEM:
        this.#addSystem(message, field);
        break;
      case Role.USER:
        this.#addTo('user', this.#encode(message, field));
        break;
      case Role.ASSISTANT:
        this.#addModel(message, field);
        break;
      case Role.TOOL:
        this.#addTo('user', this.#encodeResults(message, field));
        break;
      default:
        throw invalidField(`${field}.role`, 'It is not set.');
    }
  }

  end(): Contents {
    this.#noteUnanswered();
    this.#failIfViolated();
    this.#speakAsUser();
    for (const turn of this.#turns) {
      if (turn.role === 'user') this.#putResultsFirst(turn);
      else this.#signFirstCall(turn);
    }
    const contents = this.#turns.map(({ role, entries }) => ({ role, parts: entries.map(({ wire }) => wire) }));
    if (this.#system.length === 0) return { contents };
    return { contents, systemInstruction: { parts: this.#system.map(({ wire }) => wire) } };
  }

  #addSystem(message: ChatMessage, field: string): void {
    const entries = this.#encode(message, field);
    if (this.#adapter.lacks('systemRole')) {
      this.#adapter.rewrite(`${field}.role`, 'The model takes no instructions of the application: sent as the user.');
      this.#addTo('user', entries);
      return;
    }
    if (this.#turns.length > 0) {
      this.#adapter.rewrite(field, 'Gemini has its system text before the conversation: moved there.');
    }
    this.#system.push(...entries);
  }

  #addModel(message: ChatMessage, field: string): void {
    const entries = this.#encode(message, field);
    if (this.#turns.at(-1)?.role !== 'model') this.#noteUnanswered();
    this.#addTo('model', entries);
    for (const { call } of entries) if (call !== undefined) this.#openCall(call);
  }

  #openCall(call: EncodedCall): void {
    const open = this.#calls.get(call.id) ?? [];
    this.#calls.set(call.id, open);
    open.push({ ...call, order: this.#callCount++ });
  }

  #encode({ role, parts }: ChatMessage, field: string): Entry[] {
    return parts
      .map((part, index) => encodePart(part, { role, field: `${field}.parts[${index}]` }, this.#adapter))
      .filter((entry) => entry !== undefined);
  }

  #encodeResults({ parts }: ChatMessage, field: string): Entry[] {
    return parts.flatMap((part, index) => {
      const path = `${field}.parts[${index}]`;
      const { content } = part;
      keepOwnStates(part, path, this.#adapter); // It has no place for state; foreign state is still refused.
      if (content?.$case !== 'toolResult')
        throw invalidField(path, 'Messages of tools hold results of tool calls only.');
      const call = this.#calls.get(content.value.toolCallId)?.shift();
      if (call === undefined) {
        const description = 'No call of the turn before has this id, or it has a result already; remove the result.';
        this.#violations.push({ field: `${path}.tool_result.tool_call_id`, description });
        return [];
      }
      return [encodeToolResult(content.value, { call, field: path, adapter: this.#adapter })];
    });
  }

  /** What follows in the same role joins the turn before. */
  #addTo(role: Turn['role'], entries: Entry[]): void {
    const last = this.#turns.at(-1);
    if (last?.role === role) last.entries.push(...entries);
    else if (entries.length > 0) this.#turns.push({ role, entries });
  }

  /** "The number of function response parts must equal the number of function call parts of the function call turn." */
  #noteUnanswered(): void {
    for (const { field } of [...this.#calls.values()].flat()) {
      this.#violations.push({ field: `${field}.tool_call.id`, description: 'No result follows this call; add it.' });
    }
    this.#calls.clear();
    this.#callCount = 0;
  }

  #failIfViolated(): void {
    if (this.#violations.length === 0) return;
    const message = this.#violations.map(({ field, description }) => `${field}: ${description}`).join(' ');
    throw new GatewayError('INVALID_REQUEST', message, { violations: this.#violations });
  }

  /** Google refuses a request without contents. */
  #speakAsUser(): void {
    if (this.#turns.length > 0) return;
    this.#adapter.rewrite('generation.messages', 'Gemini wants a turn of the user: the system text was sent as one.');
    this.#turns.push({ role: 'user', entries: this.#system.splice(0) });
  }

  /** Results without ids are matched by their order; what the user says comes after them. */
  #putResultsFirst(turn: Turn): void {
    const results = turn.entries.filter(({ order }) => order !== undefined);
    const others = turn.entries.filter(({ order }) => order === undefined);
    const moved = turn.entries.findLast(({ order }) => order !== undefined);
    if (moved === undefined) return;
    if (turn.entries[results.length - 1] !== moved) {
      // The provider demands the order, and nothing is lost: no error under STRICT.
      const why = 'Gemini has results before everything else of a turn: moved.';
      this.#adapter.report(moved.field, AdaptationAction.REWRITTEN, why);
    }
    turn.entries = [...results.toSorted((a, b) => (a.order ?? 0) - (b.order ?? 0)), ...others];
  }

  /**
   * The first call of each step needs a signature where the model thinks by levels (Gemini 3 and later). A call that another
   * model made has none: Google's own word for that case is sent.
   * https://ai.google.dev/gemini-api/docs/thought-signatures#faqs, seen 2026-11-24.
   */
  #signFirstCall({ entries }: Turn): void {
    const { reasoningBy } = this.#adapter.target.capabilities;
    const first = entries.find(({ call }) => call !== undefined);
    if (first === undefined || first.wire.thoughtSignature !== undefined) return;
    if (reasoningBy !== 'effort' && reasoningBy !== 'adaptive') return;
    first.wire.thoughtSignature = UNSIGNED;
    const why = 'Gemini demands a signature with each first call: it was told that there is none.';
    this.#adapter.report(`${first.field}.tool_call`, AdaptationAction.ADDED, why);
  }
}

const UNSIGNED = 'skip_thought_signature_validator';
