/** Checks of a conversation: its turns, their parts, and tool results against the calls that they answer. */
import type { ChatMessage, Part, ToolResultContent } from '../../../model/wire.ts';
import { Role } from '../../../model/wire.ts';
import { checkMedia } from './media.ts';
import { at, type Findings, type Path } from './violations.ts';

type Content = NonNullable<Part['content']>;

const ASSISTANT_ONLY = new Set<Content['$case']>(['toolCall', 'reasoning', 'refusal', 'opaque']);

/** Field names of a part's content as the proto file has them. */
const FIELD: Readonly<Record<Content['$case'], string>> = {
  text: 'text',
  toolCall: 'tool_call',
  toolResult: 'tool_result',
  reasoning: 'reasoning',
  image: 'image',
  document: 'document',
  audio: 'audio',
  video: 'video',
  refusal: 'refusal',
  opaque: 'opaque',
};

/** Checks all messages of a generation. */
export function checkMessages(path: Path, messages: readonly ChatMessage[], found: Findings): void {
  if (messages.length === 0) found.add(path, 'needs at least one message');
  for (const [index, message] of messages.entries()) checkMessage({ parent: path, key: index }, message, found);
}

function checkMessage(path: Path, message: ChatMessage, found: Findings): void {
  if (message.role === Role.UNSPECIFIED) found.add(at(path, 'role'), 'must be set: SYSTEM, USER, ASSISTANT or TOOL');
  if (message.parts.length === 0 && message.role !== Role.ASSISTANT) {
    found.add(at(path, 'parts'), 'needs at least one part');
  }
  for (const [index, part] of message.parts.entries()) checkPart(at(path, 'parts', index), part, message.role, found);
}

function checkPart(path: Path, part: Part, role: Role, found: Findings): void {
  const content = part.content;
  if (content === undefined) {
    found.add(path, 'needs its content: text, image, tool_call, …');
    return;
  }
  checkPlace(at(path, FIELD[content.$case]), content.$case, role, found);
  checkContent(at(path, FIELD[content.$case]), content, found);
  for (const [index, state] of part.opaqueState.entries()) {
    const place = at(path, 'opaque_state', index);
    if (state.origin === undefined) found.add(at(place, 'origin'), 'must be set: send opaque state back as it came');
    if (state.kind === '') found.add(at(place, 'kind'), 'must be set: send opaque state back as it came');
  }
}

function checkPlace(path: Path, kind: Content['$case'], role: Role, found: Findings): void {
  if (role === Role.UNSPECIFIED) return;
  if ((kind === 'toolResult') !== (role === Role.TOOL)) {
    found.add(path, role === Role.TOOL ? 'tool messages take tool_result parts only' : 'belongs into a TOOL message');
  } else if (ASSISTANT_ONLY.has(kind) && role !== Role.ASSISTANT) {
    found.add(path, 'belongs into an ASSISTANT message');
  } else if (role === Role.SYSTEM && kind !== 'text') {
    found.add(path, 'system messages take text parts only');
  }
}

function checkContent(path: Path, content: Content, found: Findings): void {
  switch (content.$case) {
    case 'text':
    case 'reasoning':
    case 'refusal':
      return;
    case 'image':
      return checkMedia(path, content.value, 'image', found);
    case 'audio':
      return checkMedia(path, content.value, 'audio', found);
    case 'video':
      return checkMedia(path, content.value, 'video', found);
    case 'document':
      return checkMedia(path, content.value, undefined, found);
    case 'toolCall':
      if (content.value.id === '') found.add(at(path, 'id'), 'must be set: send the call back as it came');
      if (content.value.name === '') found.add(at(path, 'name'), 'must be set: send the call back as it came');
      if (content.value.input === undefined) found.add(path, 'needs its input: arguments_json or text');
      found.callIds.add(content.value.id);
      return;
    case 'toolResult':
      return checkToolResult(path, content.value, found);
    case 'opaque':
      if (content.value.origin === undefined)
        found.add(at(path, 'origin'), 'must be set: send the item back as it came');
      if (content.value.itemType === '') found.add(at(path, 'item_type'), 'must be set: send the item back as it came');
      return;
    default:
      content satisfies never;
  }
}

interface Result {
  readonly toolCallId: string;
  readonly content: readonly ToolResultContent[];
}

function checkToolResult(path: Path, result: Result, found: Findings): void {
  if (!found.callIds.has(result.toolCallId)) {
    const id = JSON.stringify(result.toolCallId.slice(0, 64));
    found.add(at(path, 'tool_call_id'), `no earlier tool_call of this conversation has the id ${id}`);
  }
  for (const [index, item] of result.content.entries()) {
    const place = at(path, 'content', index);
    const content = item.content;
    if (content === undefined) found.add(place, 'needs its content: text, json, image or document');
    else if (content.$case === 'image') checkMedia(at(place, 'image'), content.value, 'image', found);
    else if (content.$case === 'document') checkMedia(at(place, 'document'), content.value, undefined, found);
    else if (content.$case === 'json' && !isJson(content.value)) found.add(at(place, 'json'), 'must be JSON');
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false; // The caller is told by the violation; the parser's words add nothing.
  }
}
