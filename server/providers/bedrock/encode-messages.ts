/** The conversation: system at the top, turns that alternate, results of tools right after their calls. */
import { type FieldViolation, GatewayError } from '../../model/errors.ts';
import { AdaptationAction, type ChatMessage, Role } from '../../model/wire.ts';
import type { Adapter } from '../shared/adapter.ts';
import { asObject } from '../shared/json.ts';
import type { EncodeContext } from './context.ts';
import { type Entry, encodePart } from './encode-parts.ts';

/** One turn of the conversation. */
export interface Turn {
  readonly role: 'user' | 'assistant';
  entries: Entry[];
}

/** The conversation as Converse takes it. */
export interface Conversation {
  readonly system: readonly Entry[];
  readonly turns: readonly Turn[];
}

/**
 * Encodes the messages.
 * @throws GatewayError INVALID_REQUEST for results without calls and calls without results, every one by its path;
 * OPTION_NOT_ALLOWED, FOREIGN_STATE.
 */
export function encodeConversation(messages: readonly ChatMessage[], context: EncodeContext): Conversation {
  const { adapter } = context;
  const system: Entry[] = [];
  const turns: Turn[] = [];
  for (const [index, message] of messages.entries()) {
    const field = `generation.messages[${index}]`;
    const entries = encodeParts(message, field, context);
    if (message.role !== Role.SYSTEM) {
      addToTurns(turns, message.role === Role.ASSISTANT ? 'assistant' : 'user', entries);
      continue;
    }
    if (turns.length > 0) adapter.rewrite(field, 'Bedrock has its system text before the conversation: moved there.');
    system.push(...entries);
  }
  pairToolResults(turns, adapter);
  openWithUser(turns, adapter);
  addTextToDocuments(turns, adapter);
  if (context.family === 'anthropic') trimFinalText(turns, adapter);
  return { system, turns };
}

/** Stands for the user where a conversation begins without one. */
const OPENING_TEXT = '(The conversation begins.)';

/** Stands beside documents that come without a word. */
const DOCUMENTS_TEXT = '(See the documents.)';

function encodeParts({ role, parts }: ChatMessage, field: string, context: EncodeContext): Entry[] {
  return parts
    .map((part, index) => encodePart(part, { role, field: `${field}.parts[${index}]` }, context))
    .filter((entry) => entry !== undefined);
}

/** Turns must alternate: what follows in the same role joins the turn before. */
function addToTurns(turns: Turn[], role: Turn['role'], entries: Entry[]): void {
  const last = turns.at(-1);
  if (last?.role === role) last.entries.push(...entries);
  else if (entries.length > 0) turns.push({ role, entries });
}

/** https://docs.aws.amazon.com/bedrock/latest/userguide/tool-use-inference-call.html, read 2026-11-24. */
function pairToolResults(turns: readonly Turn[], adapter: Adapter): void {
  const violations: FieldViolation[] = [];
  let open = new Map<unknown, Entry>();
  for (const turn of turns) {
    if (turn.role === 'user') {
      answerCalls(turn, open, violations);
      putResultsFirst(turn, adapter);
    }
    noteUnanswered(open, violations);
    open = turn.role === 'assistant' ? callsOf(turn) : new Map<unknown, Entry>();
  }
  noteUnanswered(open, violations);
  if (violations.length === 0) return;
  const message = violations.map(({ field, description }) => `${field}: ${description}`).join(' ');
  throw new GatewayError('INVALID_REQUEST', message, { violations });
}

/** Calls that wait for a result of the caller's; the provider's own have theirs. */
function callsOf({ entries }: Turn): Map<unknown, Entry> {
  const calls = entries.filter(({ block }) => asObject(block.toolUse)?.type === undefined && 'toolUse' in block);
  return new Map(calls.map((entry) => [asObject(entry.block.toolUse)?.toolUseId, entry]));
}

function answerCalls(turn: Turn, open: Map<unknown, Entry>, violations: FieldViolation[]): void {
  for (const { block, field } of turn.entries.filter(isToolResult)) {
    const id = asObject(block.toolResult)?.toolUseId;
    if (open.delete(id)) continue;
    const description = 'No call of the turn before has this id, or it has a result already; remove the result.';
    violations.push({ field: `${field}.tool_result.tool_call_id`, description });
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
  const moved = turn.entries.findLast(isToolResult);
  if (moved === undefined || turn.entries[results.length - 1] === moved) return;
  turn.entries = [...results, ...turn.entries.filter((entry) => !isToolResult(entry))];
  // The provider demands the order, and nothing is lost: no error under STRICT.
  const why = 'Bedrock has results before everything else of a turn: moved.';
  adapter.report(moved.field, AdaptationAction.REWRITTEN, why);
}

function isToolResult({ block }: Entry): boolean {
  return 'toolResult' in block;
}

/** "A conversation must start with a user message." */
function openWithUser(turns: Turn[], adapter: Adapter): void {
  if (turns[0]?.role === 'user') return;
  const field = 'generation.messages';
  turns.unshift({ role: 'user', entries: [addedText(OPENING_TEXT, field)] });
  noteAdded(field, 'Bedrock wants the user to begin the conversation', { text: OPENING_TEXT, adapter });
}

/** "If you include a ContentBlock with a document field, you must also include a ContentBlock with a text field." */
function addTextToDocuments(turns: readonly Turn[], adapter: Adapter): void {
  for (const { entries } of turns) {
    const document = entries.find(({ block }) => 'document' in block);
    if (document === undefined || entries.some(({ block }) => 'text' in block)) continue;
    entries.push(addedText(DOCUMENTS_TEXT, document.field));
    noteAdded(document.field, 'Bedrock takes documents only with a text beside them', {
      text: DOCUMENTS_TEXT,
      adapter,
    });
  }
}

function addedText(text: string, field: string): Entry {
  return { block: { text }, field, breakpoint: undefined };
}

interface Addition {
  readonly text: string;
  readonly adapter: Adapter;
}

/** What the model is told beside the caller's words is an error under STRICT. */
function noteAdded(field: string, why: string, { text, adapter }: Addition): void {
  if (adapter.target.adaptation === 'strict') adapter.refuse(field, `${why}; add it.`);
  else adapter.report(field, AdaptationAction.ADDED, `${why}: "${text}" was added.`);
}

/** Claude: "final assistant content cannot end with trailing whitespace". */
function trimFinalText(turns: readonly Turn[], adapter: Adapter): void {
  const last = turns.at(-1);
  const entry = last?.role === 'assistant' ? last.entries.at(-1) : undefined;
  const text = entry?.block.text;
  if (entry === undefined || typeof text !== 'string' || text.trimEnd() === text) return;
  entry.block.text = text.trimEnd();
  const why = 'Claude takes no white space at the end of the last assistant turn: cut off.';
  adapter.rewrite(`${entry.field}.text`, why);
}
