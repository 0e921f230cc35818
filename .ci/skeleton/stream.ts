/** Streams: Skeleton's events → the contract's. */
import { GatewayError } from '../../server/model/errors.ts';
import type { StreamEvent, Usage } from '../../server/model/wire.ts';
import type { Frame, StreamDecoder } from '../../server/providers/dialect.ts';
import { finished, NO_EVENTS, textDelta, textEnd, textStart } from '../../server/providers/shared/events.ts';
import { Fragments } from '../../server/providers/shared/fragments.ts';
import { asText, isJsonObject, tryParseJson } from '../../server/providers/shared/json.ts';
import { decodeErrorValue } from './error.ts';
import { decodeFinish } from './finish.ts';
import { decodeUsage } from './usage.ts';
import type { WireReply } from './wire.ts';

/** Opens a decoder for one stream, which is whole with the event that has a finish reason. */
export function openStream(): StreamDecoder {
  return new SkeletonStream();
}

class SkeletonStream implements StreamDecoder {
  upstreamModel = '';
  /** Halves of surrogate pairs are mended where fragments are joined. */
  readonly #fragments = new Fragments();
  #isOpen = false;
  #finish: string | undefined;
  #usage: unknown;

  get done(): boolean {
    return this.#finish !== undefined;
  }

  get finishing(): boolean {
    return this.#finish !== undefined;
  }

  get usage(): Usage | undefined {
    return this.#usage === undefined ? undefined : decodeUsage(this.#usage);
  }

  push({ data }: Frame): readonly StreamEvent[] {
    if (this.done || data === '' || data === '[DONE]') return NO_EVENTS;
    const json = tryParseJson(data);
    if (!isJsonObject(json)) throw new GatewayError('UPSTREAM_PROTOCOL', 'An event of the stream is no JSON object.');
    const { error, finish, model, text, usage }: WireReply = json;
    if (error !== undefined) throw decodeErrorValue(json, 'UPSTREAM_STREAM_ERROR');
    this.upstreamModel ||= asText(model) ?? '';
    if (isJsonObject(usage)) this.#usage = usage;
    const added = typeof text === 'string' ? this.#add(text) : NO_EVENTS;
    if (typeof finish === 'string') this.#finish = finish;
    return added;
  }

  end(): readonly StreamEvent[] {
    if (this.#finish === undefined) {
      throw new GatewayError('UPSTREAM_TRUNCATED', "The provider's stream ended without a finish reason.");
    }
    const last = finished(decodeFinish(this.#finish), decodeUsage(this.#usage));
    if (!this.#isOpen) return [last];
    const rest = this.#fragments.rest();
    return [...(rest === '' ? NO_EVENTS : [textDelta(0, rest)]), textEnd(0), last];
  }

  #add(fragment: string): readonly StreamEvent[] {
    const start = this.#isOpen ? NO_EVENTS : [textStart(0)];
    this.#isOpen = true;
    const text = fragment === '' ? '' : this.#fragments.take(fragment);
    return text === '' ? start : [...start, textDelta(0, text)];
  }
}
