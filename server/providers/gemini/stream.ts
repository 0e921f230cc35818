/** Decodes streams: every frame is a reply of the same form, whether it came as an event or as an element of a list. */
import { GatewayError } from '../../model/errors.ts';
import type { StreamEvent, Usage } from '../../model/wire.ts';
import type { Frame, StreamDecoder, Target } from '../dialect.ts';
import { NO_EVENTS } from '../shared/events.ts';
import { isJsonObject } from '../shared/json.ts';
import { partialUsage } from '../shared/usage.ts';
import { Answer } from './answer.ts';
import { decodeErrorValue, findError } from './error.ts';
import { parseReply } from './parse.ts';

/** Opens the decoder of one stream. It is whole with a finish reason: nothing marks its end but the end itself. */
export function openStream(target: Target): StreamDecoder {
  return new GeminiStream(target);
}

class GeminiStream implements StreamDecoder {
  readonly done = false;
  readonly #answer: Answer;
  #hasEnded = false;

  constructor(target: Target) {
    this.#answer = new Answer(target);
  }

  get finishing(): boolean {
    return this.#answer.finishing;
  }

  get upstreamModel(): string {
    return this.#answer.upstreamModel;
  }

  get usage(): Usage | undefined {
    const { usage } = this.#answer;
    return usage === undefined || this.#hasEnded ? usage : partialUsage(usage);
  }

  push({ data }: Frame): readonly StreamEvent[] {
    if (data === '' || data.startsWith('[DONE]')) return NO_EVENTS; // Some relays end as OpenAI does.
    const reply = parseFrame(data);
    if (isJsonObject(reply)) return this.#answer.take(reply);
    if (findError(reply) !== undefined) throw decodeErrorValue(reply);
    return NO_EVENTS;
  }

  end(): readonly StreamEvent[] {
    if (!this.finishing) {
      throw new GatewayError('UPSTREAM_TRUNCATED', "The provider's stream ended before its answer was whole.");
    }
    this.#hasEnded = true;
    return this.#answer.end();
  }
}

function parseFrame(data: string): unknown {
  try {
    return parseReply(data);
  } catch {
    // The parser's own message quotes the provider's text.
    throw new GatewayError('UPSTREAM_PROTOCOL', "An event of the provider's stream is not JSON.");
  }
}
