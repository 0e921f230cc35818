/** Spoken answers. */
import type { Part } from '../../model/wire.ts';
import type { Target } from '../dialect.ts';
import { decodeBase64 } from '../shared/base64.ts';
import { NO_STATE } from '../shared/events.ts';
import { asObject, asText } from '../shared/json.ts';
import { makeOpaqueState } from '../shared/opaque-state.ts';
import { makePart } from '../shared/parts.ts';
import { STATE } from './wire.ts';

/** Joins the fragments of a spoken answer: base64 of each is whole, the transcript is text. */
export class SpokenAnswer {
  readonly #chunks: Uint8Array[] = [];
  #transcript = '';
  #id = '';

  /** Takes the audio of a message, or of a chunk; anything else is passed over. */
  take(value: unknown): void {
    const audio = asObject(value);
    const data = typeof audio?.data === 'string' ? decodeBase64(audio.data) : undefined;
    if (data !== undefined && data.length > 0) this.#chunks.push(data);
    if (typeof audio?.transcript === 'string') this.#transcript += audio.transcript;
    this.#id = asText(audio?.id) ?? this.#id;
  }

  /** The answer as a part; undefined if nothing was said. */
  toPart(target: Target): Part | undefined {
    if (this.#chunks.length === 0 && this.#transcript === '') return undefined;
    const data = joinBytes(this.#chunks);
    const value = {
      source: { $case: 'data', value: data },
      mediaType: guessMediaType(data),
      transcript: this.#transcript.toWellFormed(),
    } as const;
    const state = this.#id === '' ? NO_STATE : [makeOpaqueState(target, STATE.audioId, this.#id)];
    return makePart({ $case: 'audio', value }, state);
  }
}

function joinBytes(chunks: readonly Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(chunks.reduce((length, chunk) => length + chunk.length, 0));
  let offset = 0;
  for (const chunk of chunks) {
    joined.set(chunk, offset);
    offset += chunk.length;
  }
  return joined;
}

/** First bytes of the formats that can be asked for; what has none of them is raw PCM, which streams use. */
const SIGNATURES: readonly (readonly [prefix: string, mediaType: string])[] = [
  ['RIFF', 'audio/wav'],
  ['fLaC', 'audio/flac'],
  ['OggS', 'audio/ogg'],
  ['ID3', 'audio/mpeg'],
];

function guessMediaType(data: Uint8Array): string {
  const head = String.fromCharCode(...data.subarray(0, 4));
  const known = SIGNATURES.find(([prefix]) => head.startsWith(prefix));
  if (known !== undefined) return known[1];
  const [first = 0, second = 0] = data;
  return first === 0xff && second >= 0xe0 ? 'audio/mpeg' : 'audio/pcm';
}
