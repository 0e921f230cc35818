/** Content blocks of a stream while they are open: each turns its deltas into events, and ends itself. */
import { GatewayError } from '../../model/errors.ts';
import { type StreamEvent, ToolInputKind } from '../../model/wire.ts';
import type { Target } from '../dialect.ts';
import { decodeBase64, encodeBase64 } from '../shared/base64.ts';
import * as events from '../shared/events.ts';
import { NO_EVENTS } from '../shared/events.ts';
import { Fragments } from '../shared/fragments.ts';
import { asObject, type JsonObject, parseExactJson } from '../shared/json.ts';
import { decodeCitation } from './citations.ts';
import { decodeImage, decodeOpaque, readReasoningState, readToolCall } from './decode.ts';
import { REDACTED_CONTENT, SIGNATURE, type WireDelta, type WireToolUse } from './wire.ts';

/** One open block. */
export interface OpenBlock {
  /** Members of the deltas that belong to it. */
  readonly takes: ReadonlySet<string>;
  /** Events of its beginning. */
  start(): readonly StreamEvent[];
  /** Events of a delta; one that does not belong here is passed over. */
  take(delta: WireDelta): readonly StreamEvent[];
  /** Events of its end. */
  close(): readonly StreamEvent[];
}

/** What a block is opened with. */
export interface BlockContext {
  readonly partIndex: number;
  readonly target: Target;
}

/** Opens the block of a contentBlockStart; one of an unknown kind becomes an opaque part at its end. */
export function openStarted(start: JsonObject, context: BlockContext): OpenBlock {
  const toolUse = asObject(start.toolUse);
  if (toolUse !== undefined && toolUse.type === undefined) return openToolUse(toolUse, context);
  const image = asObject(start.image);
  return image === undefined ? openOpaque(start, context) : openImage(image, context);
}

/**
 * Opens the block of a delta without a contentBlockStart, as text and reasoning come; undefined if nothing is known of it.
 * @throws GatewayError UPSTREAM_PROTOCOL for input of a tool that nobody named.
 */
export function openImplied(delta: WireDelta, context: BlockContext): OpenBlock | undefined {
  if (delta.toolUse !== undefined && delta.toolUse !== null) {
    throw new GatewayError('UPSTREAM_PROTOCOL', 'A piece of a tool call comes before its start.');
  }
  if (delta.reasoningContent !== undefined) return openReasoning(context);
  return delta.text !== undefined || delta.citation !== undefined ? openText(context) : undefined;
}

const TEXT_MEMBERS: ReadonlySet<string> = new Set(['text', 'citation']);
const REASONING_MEMBERS: ReadonlySet<string> = new Set(['reasoningContent']);
const TOOL_MEMBERS: ReadonlySet<string> = new Set(['toolUse']);
const IMAGE_MEMBERS: ReadonlySet<string> = new Set(['image']);
const OPAQUE_MEMBERS: ReadonlySet<string> = new Set(['toolUse', 'toolResult']);

function openText({ partIndex }: BlockContext): OpenBlock {
  const fragments = new Fragments();
  return {
    takes: TEXT_MEMBERS,
    start: () => [events.textStart(partIndex)],
    take({ text, citation }) {
      if (typeof text === 'string') {
        const whole = fragments.take(text);
        return whole === '' ? NO_EVENTS : [events.textDelta(partIndex, whole)];
      }
      const decoded = decodeCitation(citation);
      return decoded === undefined ? NO_EVENTS : [events.citationAdded(partIndex, decoded)];
    },
    close() {
      const rest = fragments.rest();
      const end = events.textEnd(partIndex);
      return rest === '' ? [end] : [events.textDelta(partIndex, rest), end];
    },
  };
}

function openReasoning({ partIndex, target }: BlockContext): OpenBlock {
  const fragments = new Fragments();
  let signature = '';
  let redacted = '';
  return {
    takes: REASONING_MEMBERS,
    start: () => [events.reasoningStart(partIndex)],
    take({ reasoningContent }) {
      const content = asObject(reasoningContent);
      if (typeof content?.signature === 'string') signature += content.signature;
      if (typeof content?.redactedContent === 'string') redacted = joinBase64(redacted, content.redactedContent);
      const text = typeof content?.text === 'string' ? fragments.take(content.text) : '';
      return text === '' ? NO_EVENTS : [events.reasoningDelta(partIndex, text)];
    },
    close() {
      const rest = fragments.rest();
      const state =
        redacted === ''
          ? readReasoningState(SIGNATURE, signature, target)
          : readReasoningState(REDACTED_CONTENT, redacted, target);
      const end = events.reasoningEnd(partIndex, state);
      return rest === '' ? [end] : [events.reasoningDelta(partIndex, rest), end];
    },
  };
}

function openToolUse(toolUse: WireToolUse, { partIndex }: BlockContext): OpenBlock {
  const head = { ...readToolCall(toolUse), kind: ToolInputKind.JSON };
  const fragments = new Fragments();
  let hasInput = false;
  return {
    takes: TOOL_MEMBERS,
    start: () => [events.toolCallStart(partIndex, head)],
    take(delta) {
      const input = asObject(delta.toolUse)?.input;
      const fragment = typeof input === 'string' ? fragments.take(input) : '';
      if (fragment === '') return NO_EVENTS;
      hasInput = true;
      return [events.toolCallDelta(partIndex, fragment)];
    },
    close() {
      const rest = hasInput ? fragments.rest() : '{}'; // A tool without arguments streams none.
      const end = events.toolCallEnd(partIndex);
      return rest === '' ? [end] : [events.toolCallDelta(partIndex, rest), end];
    },
  };
}

function openImage({ format }: JsonObject, context: BlockContext): OpenBlock {
  let bytes = '';
  return {
    takes: IMAGE_MEMBERS,
    start: () => NO_EVENTS,
    take({ image }) {
      const piece = asObject(asObject(image)?.source)?.bytes;
      if (typeof piece === 'string') bytes = joinBase64(bytes, piece);
      return NO_EVENTS;
    },
    close() {
      const source = { bytes };
      const part = decodeImage(format, bytes) ?? decodeOpaque({ image: { format, source } }, context.target);
      return [events.partAdded(context.partIndex, part)];
    },
  };
}

/** Keeps an item whole: the input of a tool that the provider itself runs, or the pieces of its result. */
function openOpaque(start: JsonObject, { partIndex, target }: BlockContext): OpenBlock {
  const [[member, head] = ['', undefined]] = Object.entries(start);
  const content: unknown[] = [];
  let inputJson = '';
  return {
    takes: OPAQUE_MEMBERS,
    start: () => NO_EVENTS,
    take(delta) {
      const fragment = asObject(delta.toolUse)?.input;
      if (typeof fragment === 'string') inputJson += fragment;
      const pieces = (delta as JsonObject).toolResult; // A member that only opaque items have.
      if (Array.isArray(pieces)) content.push(...(pieces as readonly unknown[]));
      return NO_EVENTS;
    },
    close() {
      const rest = {
        ...(member === 'toolUse' && { input: inputJson === '' ? {} : parseInput(inputJson) }),
        ...(member === 'toolResult' && { content }),
      };
      const item = { [member]: { ...asObject(head), ...rest } };
      return [events.partAdded(partIndex, decodeOpaque(item, target))];
    },
  };
}

/** Base64 of two pieces of bytes; the pieces themselves where they are no base64, to lose nothing. */
function joinBase64(one: string, two: string): string {
  if (one === '') return two;
  const [head, tail] = [decodeBase64(one), decodeBase64(two)];
  if (head === undefined || tail === undefined) return one + two;
  const joined = new Uint8Array(head.length + tail.length);
  joined.set(head);
  joined.set(tail, head.length);
  return encodeBase64(joined);
}

function parseInput(json: string): unknown {
  try {
    return parseExactJson(json);
  } catch {
    return json; // Cut by the limit of tokens: kept as the text it is.
  }
}
