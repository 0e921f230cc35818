/** What the items of an answer say about the answer as a whole: how it ended, and what the provider did for it. */
import { FinishKind, type FinishReason, type ServerToolUse } from '../../model/wire.ts';
import type { Target } from '../dialect.ts';
import { asList, asObject, asText } from '../shared/json.ts';
import type { WireItem, WireResponse } from './wire.ts';

/** Notes about one answer, taken item by item. */
export class Answer {
  readonly target: Target;
  /** Whether the model waits for its caller: for results of tools, or for an approval. */
  #waits = false;
  /** Whether it refused. */
  #refused = false;
  /**
   * Whether the ids of items mean nothing any more. They bind an item to the reasoning before it, without which it is
   * refused ("provided without its required 'reasoning' item"): where the reasoning cannot go back, neither can they.
   */
  idsAreLoose = false;
  readonly #uses = new Map<string, number>();

  constructor(target: Target) {
    this.target = target;
  }

  /** Notes a whole item. */
  note(item: WireItem): void {
    const type = asText(item.type) ?? '';
    if (WAITING.has(type)) this.#waits = true;
    if (type === 'message' && asList(item.content).some((part) => asObject(part)?.type === 'refusal'))
      this.noteRefusal();
    const tool = SERVER_TOOLS.get(type);
    if (tool !== undefined && isRun(item)) this.#uses.set(tool, (this.#uses.get(tool) ?? 0) + 1);
  }

  /** Notes that the model refuses. */
  noteRefusal(): void {
    this.#refused = true;
  }

  /** Runs of the provider's own tools. */
  get toolUses(): readonly ServerToolUse[] {
    return [...this.#uses].map(([tool, count]) => ({ tool, count }));
  }

  /** Why a response ended. Only a whole or an incomplete one has ended well. */
  finish({ status, incomplete_details }: WireResponse): FinishReason {
    const word = asText(status) ?? '';
    const raw = word === 'incomplete' ? (asText(asObject(incomplete_details)?.reason) ?? word) : word;
    return { kind: FINISHES.get(raw) ?? this.#finishOf(raw), raw, stopSequence: undefined };
  }

  #finishOf(raw: string): FinishKind {
    if (raw !== 'completed') return FinishKind.OTHER;
    if (this.#waits) return FinishKind.TOOL_CALLS;
    return this.#refused ? FinishKind.REFUSAL : FinishKind.STOP;
  }
}

/** Values of incomplete_details.reason. */
const FINISHES: ReadonlyMap<string, FinishKind> = new Map([
  ['max_output_tokens', FinishKind.LENGTH],
  ['content_filter', FinishKind.CONTENT_FILTER],
]);

/** Types of items that wait for something of the caller's. */
const WAITING: ReadonlySet<string> = new Set([
  'function_call',
  'custom_tool_call',
  'computer_call',
  'local_shell_call',
  'apply_patch_call',
  'mcp_approval_request',
]);

/** Types of items that are runs of the provider's tools. */
const SERVER_TOOLS: ReadonlyMap<string, string> = new Map([
  ['web_search_call', 'web_search'],
  ['file_search_call', 'file_search'],
  ['code_interpreter_call', 'code_interpreter'],
  ['image_generation_call', 'image_generation'],
  ['mcp_call', 'mcp'],
]);

/** A search is paid for; to open a page of its results, or to look for something in it, is not. */
function isRun({ type, action }: WireItem): boolean {
  const what = asObject(action)?.type;
  return type !== 'web_search_call' || what === undefined || what === 'search';
}
