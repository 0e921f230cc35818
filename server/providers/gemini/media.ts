/** Media of replies: images, sound and other files, as bytes or by URI. */
import { ImageDetail, type Part } from '../../model/wire.ts';
import { decodeBase64 } from '../shared/base64.ts';
import { asObject, asText } from '../shared/json.ts';
import type { WirePart } from './wire.ts';

/** A file of a reply as the content of a part. */
export interface Media {
  readonly content: NonNullable<Part['content']>;
  /** Whether it is samples without a header, which can be joined. */
  readonly isRawSound: boolean;
}

/** The file that a part is; undefined if it is none, or its bytes are not base64. */
export function readMedia({ inlineData, fileData }: WirePart): Media | undefined {
  const inline = asObject(inlineData);
  const file = asObject(fileData);
  const mediaType = asText((inline ?? file)?.mimeType) ?? '';
  if (inline !== undefined) {
    const value = typeof inline.data === 'string' ? decodeBase64(inline.data) : undefined;
    return value && makeMedia({ $case: 'data', value }, mediaType);
  }
  const uri = asText(file?.fileUri);
  return uri === undefined || uri === '' ? undefined : makeMedia({ $case: 'uri', value: uri }, mediaType);
}

/** Raw sound that comes in pieces, and is one part. */
export class RawSound {
  readonly #mediaType: string;
  readonly #pieces: Uint8Array[] = [];

  constructor(mediaType: string) {
    this.#mediaType = mediaType;
  }

  /** Adds a piece, if it is one of the same kind. */
  add({ content, isRawSound }: Media): boolean {
    if (!isRawSound || content.$case !== 'audio' || content.value.mediaType !== this.#mediaType) return false;
    if (content.value.source?.$case === 'data') this.#pieces.push(content.value.source.value);
    return true;
  }

  /** All of it. */
  toContent(): Media['content'] {
    const value = new Uint8Array(this.#pieces.reduce((sum, { length }) => sum + length, 0));
    let at = 0;
    for (const piece of this.#pieces) {
      value.set(piece, at);
      at += piece.length;
    }
    return makeMedia({ $case: 'data', value }, this.#mediaType).content;
  }
}

type Source =
  | { readonly $case: 'data'; readonly value: Uint8Array }
  | { readonly $case: 'uri'; readonly value: string };

function makeMedia(source: Source, mediaType: string): Media {
  const [kind] = mediaType.split('/', 1);
  switch (kind) {
    case 'image':
      return whole({ $case: 'image', value: { source, mediaType, detail: ImageDetail.UNSPECIFIED } });
    case 'audio':
      return {
        content: { $case: 'audio', value: { source, mediaType, transcript: '' } },
        isRawSound: source.$case === 'data' && RAW_SOUND.test(mediaType),
      };
    case 'video':
      return whole({ $case: 'video', value: { source, mediaType } });
    default:
      return whole({ $case: 'document', value: { source, mediaType, filename: '', title: '', cite: false } });
  }
}

function whole(content: NonNullable<Part['content']>): Media {
  return { content, isRawSound: false };
}

/** audio/L16;codec=pcm;rate=24000: https://ai.google.dev/gemini-api/docs/speech-generation, seen 2026-11-24. */
const RAW_SOUND = /^audio\/(?:l16|pcm)\b/i;
