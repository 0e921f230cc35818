/**
 * OpenRouter's reasoning_details: the reasoning in pieces, with signatures and encrypted ones, which have to be sent back as
 * they came (https://openrouter.ai/docs/use-cases/reasoning-tokens, seen 2026-11-24). In a stream each piece comes in fragments.
 */
import type { OpaqueState } from '../../model/wire.ts';
import type { Target } from '../dialect.ts';
import { NO_STATE } from '../shared/events.ts';
import { asList, isJsonObject, type JsonObject } from '../shared/json.ts';
import { makeOpaqueState } from '../shared/opaque-state.ts';
import { STATE } from './wire.ts';

/** Members whose fragments are appended to each other; of all others the last one that is not null holds. */
const GROWING: ReadonlySet<string> = new Set(['text', 'summary', 'data']);

/** Joins the fragments of one part of reasoning. */
export class ReasoningDetails {
  readonly #details: Record<string, unknown>[] = [];

  /** Takes the pieces of a message, or the fragments of a chunk. */
  take(details: unknown): void {
    for (const detail of asList(details)) if (isJsonObject(detail)) this.#add(detail);
  }

  /** All pieces as state of the part; none if nothing came. */
  toState(target: Target): readonly OpaqueState[] {
    if (this.#details.length === 0) return NO_STATE;
    return [makeOpaqueState(target, STATE.reasoningDetails, JSON.stringify(this.#details))];
  }

  #add(detail: JsonObject): void {
    const last = this.#details.at(-1);
    if (last === undefined || last.type !== detail.type || last.index !== detail.index) {
      this.#details.push({ ...detail });
      return;
    }
    for (const [member, value] of Object.entries(detail)) {
      const earlier = last[member];
      const grows = GROWING.has(member) && typeof earlier === 'string' && typeof value === 'string';
      if (grows) last[member] = earlier + value;
      else if (value !== null) last[member] = value;
    }
  }
}
