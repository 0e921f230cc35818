/** Parts of a message while a stream is still filling them, and what becomes of them. */
import {
  type Citation,
  type OpaqueState,
  type Part,
  type StreamEvent,
  type TokenLogprob,
  type ToolCallStart,
  ToolInputKind,
} from './gen/index.ts';

const EMPTY_PART: Part = { content: undefined, cacheBreakpoint: undefined, opaqueState: [] };

/** Text grows by `+=`, which the engine keeps as a rope: n deltas cost O(n) together. */
interface Growing<K extends string> {
  readonly kind: K;
  text: string;
  state: readonly OpaqueState[];
}

interface GrowingText extends Growing<'text'> {
  readonly citations: Citation[];
  readonly logprobs: TokenLogprob[];
}

interface GrowingToolCall extends Growing<'toolCall'> {
  readonly call: ToolCallStart;
}

/** A part that came at once, though its data may follow in pieces. */
interface Whole {
  readonly kind: 'whole';
  readonly part: Part;
  readonly pieces: Uint8Array[];
}

/** The kinds of open parts, by name. */
export interface OpenParts {
  readonly text: GrowingText;
  readonly refusal: Growing<'refusal'>;
  readonly reasoning: Growing<'reasoning'>;
  readonly toolCall: GrowingToolCall;
  readonly whole: Whole;
}

/** One open part. */
export type OpenPart = OpenParts[keyof OpenParts];

/** An event that begins a part. */
export type Opening = Extract<
  NonNullable<StreamEvent['event']>,
  { readonly $case: 'textStart' | 'refusalStart' | 'reasoningStart' | 'toolCallStart' | 'part' }
>;

/** The empty part that an event begins. */
export function openPart(opening: Opening): OpenPart {
  switch (opening.$case) {
    case 'textStart':
      return { kind: 'text', text: '', citations: [], logprobs: [], state: [] };
    case 'refusalStart':
      return { kind: 'refusal', text: '', state: [] };
    case 'reasoningStart':
      return { kind: 'reasoning', text: '', state: [] };
    case 'toolCallStart':
      return { kind: 'toolCall', call: opening.value, text: '', state: [] };
    case 'part':
      return { kind: 'whole', part: opening.value.part ?? EMPTY_PART, pieces: [] };
    default:
      throw new Error(`no such beginning: ${String(opening satisfies never)}`);
  }
}

/** The part as it stands. Its arrays are copies: what comes later does not change it. */
export function closePart(open: OpenPart): Part {
  if (open.kind === 'whole') return withData(open.part, open.pieces);
  return { content: closeContent(open), cacheBreakpoint: undefined, opaqueState: open.state };
}

function closeContent(open: Exclude<OpenPart, Whole>): Part['content'] {
  const { text } = open;
  switch (open.kind) {
    case 'text':
      return { $case: 'text', value: { text, citations: [...open.citations], logprobs: [...open.logprobs] } };
    case 'refusal':
      return { $case: 'refusal', value: { text } };
    case 'reasoning':
      return { $case: 'reasoning', value: { text } };
    case 'toolCall':
      return {
        $case: 'toolCall',
        value: { id: open.call.id, name: open.call.name, input: toolInput(open.call.kind, text) },
      };
    default:
      throw new Error(`no such kind of part: ${String(open satisfies never)}`);
  }
}

function toolInput(
  kind: ToolInputKind,
  text: string,
): Extract<Part['content'], { $case: 'toolCall' }>['value']['input'] {
  switch (kind) {
    case ToolInputKind.TEXT:
      return { $case: 'text', value: text };
    case ToolInputKind.JSON:
      // A call without arguments streams no fragment; its unary twin has an empty object.
      return { $case: 'argumentsJson', value: text === '' ? '{}' : text };
    default: // A newer server's kind of input.
      return undefined;
  }
}

function withData(part: Part, pieces: readonly Uint8Array[]): Part {
  const { content } = part;
  if (pieces.length === 0) return part;
  const data = joinBytes(pieces);
  switch (content?.$case) {
    case 'image':
      return {
        ...part,
        content: { $case: 'image', value: { ...content.value, source: { $case: 'data', value: data } } },
      };
    case 'audio':
      return {
        ...part,
        content: { $case: 'audio', value: { ...content.value, source: { $case: 'data', value: data } } },
      };
    case 'video':
      return {
        ...part,
        content: { $case: 'video', value: { ...content.value, source: { $case: 'data', value: data } } },
      };
    case 'document':
      return {
        ...part,
        content: { $case: 'document', value: { ...content.value, source: { $case: 'data', value: data } } },
      };
    case 'opaque':
      return { ...part, content: { $case: 'opaque', value: { ...content.value, data } } };
    default: // A newer server's kind of part, or one that has no data.
      return part;
  }
}

function joinBytes(pieces: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(pieces.reduce((length, piece) => length + piece.length, 0));
  let offset = 0;
  for (const piece of pieces) {
    whole.set(piece, offset);
    offset += piece.length;
  }
  return whole;
}
