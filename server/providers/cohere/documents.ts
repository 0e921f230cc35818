/** Documents: Cohere has them beside the conversation, to cite from, and takes text only. */
import { AdaptationAction, type DocumentPart } from '../../model/wire.ts';
import type { Adapter } from '../shared/adapter.ts';
import { invalidField } from '../shared/json.ts';
import { requireUris } from '../shared/media.ts';

/** A document as Cohere takes it: every member of data is shown to the model. */
export interface WireDocument {
  readonly id: string;
  readonly data: Readonly<Record<string, string>>;
}

const ID = /^document:(\d{1,9})(?::\d+)?$/;

/** Which of the request's documents has an id, by its place in the request; undefined: none of them. */
export function documentIndexOf(id: unknown): number | undefined {
  const place = typeof id === 'string' ? ID.exec(id)?.[1] : undefined;
  return place === undefined ? undefined : Number(place);
}

/** The documents of one request, numbered in the order in which they stand in it. */
export class Documents {
  readonly #adapter: Adapter;
  #count = 0;

  constructor(adapter: Adapter) {
    this.#adapter = adapter;
  }

  /**
   * Reads a document; undefined if it cannot be sent, which is refused in either mode: an answer about something that the
   * model has not seen would be no adaptation.
   * @throws GatewayError OPTION_NOT_ALLOWED for a URI, INVALID_REQUEST without a source.
   */
  read(document: DocumentPart, field: string): WireDocument | undefined {
    const id = `document:${this.#count++}`;
    const { source, mediaType, title, filename } = document;
    const adapter = this.#adapter;
    if (source === undefined) throw invalidField(field, 'The document has no source.');
    if (source.$case === 'uri') requireUris(adapter.target, `${field}.uri`);
    if (source.$case === 'uri' || !isText(mediaType)) {
      adapter.refuse(field, 'Cohere takes documents of text only, as bytes; send its text or choose another model.');
      return undefined;
    }
    if (adapter.lacks('documentInput')) {
      adapter.refuse(field, `${adapter.target.upstreamModel} takes no documents; remove it or choose another model.`);
      return undefined;
    }
    const text = new TextDecoder().decode(source.value);
    return { id, data: { ...(title !== '' && { title }), ...(filename !== '' && { filename }), text } };
  }
}

/** Notes that a document leaves its place in the conversation; nothing of it is lost: no error under STRICT. */
export function reportMoved({ cite }: DocumentPart, field: string, adapter: Adapter): void {
  adapter.report(field, AdaptationAction.REWRITTEN, 'Cohere has documents beside the conversation: moved there.');
  if (cite) return;
  adapter.report(`${field}.cite`, AdaptationAction.REWRITTEN, 'Cohere cites all documents: it may be cited too.');
}

/** A document as a piece of text in its place, where Cohere takes no documents beside what else is asked for. */
export function documentText({ data }: WireDocument, { cite }: DocumentPart, field: string, adapter: Adapter): string {
  adapter.rewrite(field, 'Cohere takes no documents together with a form of the answer: sent as text.');
  if (cite) adapter.drop(`${field}.cite`, 'Cohere does not cite where the answer has a form.');
  const name = data.title ?? data.filename;
  return name === undefined ? (data.text ?? '') : `${name}\n\n${data.text}`;
}

function isText(mediaType: string): boolean {
  return /^\s*(?:text\/|application\/(?:json|xml|yaml)\b)/i.test(mediaType);
}
