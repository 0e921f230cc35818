/** An item of a stream while it is open. */
import type { StreamEvent } from '../../model/wire.ts';
import type { JsonObject } from '../shared/json.ts';
import type { Answer } from './answer.ts';
import type { WireEvent } from './wire.ts';

/** One open item. */
export interface OpenItem {
  /** Events of its beginning. */
  start(): readonly StreamEvent[];
  /** Events of one event of the item; one that does not belong here is passed over. */
  take(wire: WireEvent): readonly StreamEvent[];
  /** Events of its end, with what the whole item holds beyond what came before. */
  close(item: JsonObject): readonly StreamEvent[];
}

/** What an item is opened with. */
export interface ItemContext {
  readonly answer: Answer;
  /** The place of a part that begins now. */
  readonly nextPart: () => number;
}
