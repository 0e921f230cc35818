/** What the gateway's own decoders read from a recording, in the same words. */
import { StreamFold } from '@kanmon/client/fold';
import type { ChatMessage, FinishReason, Usage } from '../../server/model/wire.ts';
import type { Frame } from '../../server/providers/dialect.ts';
import { openFramer } from '../../server/upstream/framing/framing.ts';
import { decodeFrames } from '../contract/dialect.ts';
import type { Recording } from '../support/recordings.ts';
import { replayBody } from '../support/replay-server.ts';
import { parseInput, type Said, type Sdk } from './sdk.ts';

/** Decodes a recording as it is served. @throws GatewayError where it is no whole answer */
export function readOurs({ dialect, target, unwrap }: Sdk, recording: Recording): Said {
  if (recording.form === 'reply') {
    const reply: unknown = (dialect.parseReply ?? JSON.parse)(recording.text);
    const { message, finishReason, usage } = dialect.decodeComplete(reply, target);
    return say(message, finishReason, usage);
  }
  const fold = new StreamFold();
  fold.pushAll(decodeFrames(dialect, target, framesOf(recording, unwrap)));
  return say(fold.message(), fold.finished()?.finishReason, fold.finished()?.usage);
}

function framesOf(recording: Recording, unwrap: Sdk['unwrap']): readonly Frame[] {
  const framing = recording.form === 'binary' ? 'aws-event-stream' : 'sse';
  const framer = openFramer(framing, { maxFrameBytes: 1 << 24, unwrap });
  const frames: Frame[] = [];
  framer.push(replayBody(recording).body, (frame) => frames.push(frame));
  framer.end((frame) => frames.push(frame));
  return frames;
}

function say({ parts }: ChatMessage, finish: FinishReason | undefined, usage: Usage | undefined): Said {
  return {
    text: parts.map(({ content }) => (content?.$case === 'text' ? content.value.text : '')).join(''),
    calls: parts.flatMap(({ content }) => {
      if (content?.$case !== 'toolCall') return [];
      const { id, name, input } = content.value;
      return { id, name, input: input?.$case === 'argumentsJson' ? parseInput(input.value) : input?.value };
    }),
    finish: finish?.raw ?? '',
    inputTokens: usage?.inputTokens,
    outputTokens: usage?.outputTokens,
  };
}
