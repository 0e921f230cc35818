/** A whole message as the events of which it is the fold: for replies that came whole although a stream was asked for. */
import { type ChatMessage, type Part, type StreamEvent, ToolInputKind } from '../model/wire.ts';
import {
  citationAdded,
  partAdded,
  reasoningDelta,
  reasoningEnd,
  reasoningStart,
  refusalDelta,
  refusalEnd,
  refusalStart,
  textDelta,
  textEnd,
  textStart,
  toolCallDelta,
  toolCallEnd,
  toolCallStart,
} from '../providers/shared/events.ts';

/** The events of a message, without `finished`. */
export function unfold(message: ChatMessage): readonly StreamEvent[] {
  return message.parts.flatMap(unfoldPart);
}

function unfoldPart(part: Part, index: number): readonly StreamEvent[] {
  const { content, opaqueState } = part;
  switch (content?.$case) {
    case 'text': {
      const { text, logprobs, citations } = content.value;
      const cited = citations.map((citation) => citationAdded(index, citation));
      return [textStart(index), textDelta(index, text, logprobs), ...cited, textEnd(index, opaqueState)];
    }
    case 'reasoning':
      return [reasoningStart(index), reasoningDelta(index, content.value.text), reasoningEnd(index, opaqueState)];
    case 'refusal':
      return [refusalStart(index), refusalDelta(index, content.value.text), refusalEnd(index, opaqueState)];
    case 'toolCall': {
      const { id, name, input } = content.value;
      const kind = input?.$case === 'text' ? ToolInputKind.TEXT : ToolInputKind.JSON;
      const start = toolCallStart(index, { id, name, kind });
      return [start, toolCallDelta(index, input?.value ?? ''), toolCallEnd(index, opaqueState)];
    }
    default:
      return [partAdded(index, part)];
  }
}
