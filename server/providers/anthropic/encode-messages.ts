/** The conversation: system at the top, turns that alternate, results of tools right after their calls. */
import { type FieldViolation, GatewayError } from '../../model/errors.ts';
import { AdaptationAction, type ChatMessage, Role } from '../../model/wire.ts';
import type { Adapter } from '../shared/adapter.ts';
import { type Entry, encodePart } from './encode-parts.ts';

/** One turn of the conversation. */
export interface Turn {
  readonly role: 'user' | 'assistant';
  entries: Entry[];
}

/** The conversation as Anthropic takes it. */
export interface Conversation {
  readonly system: readonly Entry[];
  readonly turns: readonly Turn[];
}

/**
 * Encodes the messages.
 * @throws GatewayError INVALID_REQUEST for results without calls and calls without results, every one by its path;
 * OPTION_NOT_ALLOWED, FOREIGN_STATE.
 */
export function encodeConversation(messages: readonly ChatMessage[], adapter: Adapter): Conversation {
  const system: Entry[] = [];
  const turns: Turn[] = [];
  for (const [index, message] of messages.entries()) {
    const field = `generation.messages[${index}]`;
    const entries = encodeParts(message, field, adapter);
    if (message.role !== Role.SYSTEM) {
      addToTurns(turns, message.role === Role.ASSISTANT ? 'assistant' : 'user', entries);
      continue;
    }
    if (turns.length > 0) adapter.rewrite(field, 'Anthropic has its system text before the conversation: moved there.');
    system.push(...entries);
  }
  pairToolResults(turns, adapter);
  openWithUser(turns, adapter);
  trimFinalText(turns, adapter);
  return { system, turns };
}

/** Stands for the user where a conversation begins without one. */
const OPENING_TEXT = '(The conversation begins.)';

function encodeParts({ role, parts }: ChatMessage, field: string, adapter: Adapter): Entry[] {
  return parts
    .map((part, index) => encodePart(part, { role, field: `${field}.parts[${index}]` }, adapter))
    .filter((entry) => entry !== undefined);
}

/** Turns must alternate: what follows in the same role joins the turn before. */
function addToTurns(turns: Turn[], role: Turn['role'], entries: Entry[]): void {
  const last = turns.at(-1);
  if (last?.role === role) last.entries.push(...entries);
  else if (entries.length > 0) turns.push({ role, entries });
}

/** https://platform.claude.com/docs/en/agents-and-tools/tool-use/handle-tool-calls, read 2026-11-24. */
function pairToolResults(turns: readonly Turn[], adapter: Adapter): void {
  const violations: FieldViolation[] = [];
  let open = new Map<unknown, Entry>();
  for (const turn of turns) {
    if (turn.role === 'user') {
      answerCalls(turn, open, violations);
      putResultsFirst(turn, adapter);
    }
    noteUnanswered(open, violations);
    open = new Map(turn.entries.filter(isToolUse).map((entry) => [entry.block.id, entry]));
  }
  noteUnanswered(open, violations);
  if (violations.length === 0) return;
  const message = violations.map(({ field, description }) => `${field}: ${description}`).join(' ');
  throw new GatewayError('INVALID_REQUEST', message, { violations });
}

function answerCalls(turn: Turn, open: Map<unknown, Entry>, violations: FieldViolation[]): void {
  for (const { block, field } of turn.entries.filter(isToolResult)) {
    const call = open.get(block.tool_use_id);
    if (call === undefined) {
      const description = 'No call of the turn before has this id, or it has a result already; remove the result.';
      violations.push({ field: `${field}.tool_result.tool_call_id`, description });
    } else if (call.block.toolset_name !== undefined) {
      block.toolset_name = call.block.toolset_name;
    }
    open.delete(block.tool_use_id);
  }
}

function noteUnanswered(open: Map<unknown, Entry>, violations: FieldViolation[]): void {
  for (const { field } of open.values()) {
    violations.push({ field: `${field}.tool_call.id`, description: 'No result follows this call; add it.' });
  }
  open.clear();
}

function putResultsFirst(turn: Turn, adapter: Adapter): void {
  const results = turn.entries.filter(isToolResult);
  const others = turn.entries.filter((entry) => !isToolResult(entry));
  const moved = turn.entries.findLast(isToolResult);
  if (moved === undefined || turn.entries[results.length - 1] === moved) return;
  turn.entries = [...results, ...others];
  // The provider demands the order, and nothing is lost: no error under STRICT.
  adapter.report(
    moved.field,
    AdaptationAction.REWRITTEN,
    'Anthropic has results before everything else of a turn: moved.',
  );
}

function isToolUse({ block }: Entry): boolean {
  return block.type === 'tool_use';
}

function isToolResult({ block }: Entry): boolean {
  return block.type === 'tool_result';
}

function openWithUser(turns: Turn[], adapter: Adapter): void {
  if (turns[0]?.role === 'user') return;
  const why = 'Anthropic wants the user to begin the conversation';
  if (adapter.target.adaptation === 'strict')
    adapter.refuse('generation.messages', `${why}; begin with a user message.`);
  else
    adapter.report('generation.messages', AdaptationAction.ADDED, `${why}: a user turn "${OPENING_TEXT}" was added.`);
  const block = { type: 'text', text: OPENING_TEXT };
  turns.unshift({ role: 'user', entries: [{ block, field: 'generation.messages', breakpoint: undefined }] });
}

/** "final assistant content cannot end with trailing whitespace". */
function trimFinalText(turns: readonly Turn[], adapter: Adapter): void {
  const last = turns.at(-1);
  const entry = last?.role === 'assistant' ? last.entries.at(-1) : undefined;
  if (entry === undefined || entry.block.type !== 'text' || typeof entry.block.text !== 'string') return;
  const trimmed = entry.block.text.trimEnd();
  if (trimmed === entry.block.text) return;
  entry.block.text = trimmed;
  adapter.rewrite(
    `${entry.field}.text`,
    'Anthropic takes no white space at the end of the last assistant turn: cut off.',
  );
}
