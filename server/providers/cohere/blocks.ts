/** Pieces that the encoders of messages share. */
import { AdaptationAction } from '../../model/wire.ts';
import type { Adapter } from '../shared/adapter.ts';
import type { Documents, WireDocument } from './documents.ts';

/** A message or content block in the provider's form. */
export type WireBlock = Record<string, unknown>;

/** What the encoders of one request work on. */
export interface ConversationContext {
  readonly adapter: Adapter;
  readonly documents: Documents;
  /** Documents that stand beside the conversation; undefined: they go as text, as a form of the answer is demanded. */
  readonly beside: WireDocument[] | undefined;
}

/** The text of content that is one text block; undefined if it is something else. */
export function plainText(content: readonly WireBlock[]): string | undefined {
  const [first, ...others] = content;
  return others.length === 0 && first?.type === 'text' && typeof first.text === 'string' ? first.text : undefined;
}

/** A block of text; none if it is empty: "message must not be empty in a turn". */
export function textBlocks(text: string, field: string, adapter: Adapter): readonly WireBlock[] {
  if (text !== '') return [{ type: 'text', text }];
  // Nothing is lost, so that this is no error under STRICT.
  adapter.report(field, AdaptationAction.DROPPED, 'Cohere takes no empty text.');
  return [];
}
