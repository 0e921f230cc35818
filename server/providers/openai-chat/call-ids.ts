/** Ids of tool calls, in the form that the host accepts back. */
import { AdaptationAction } from '../../model/wire.ts';
import type { Adapter } from '../shared/adapter.ts';

const NINE = /^[A-Za-z0-9]{9}$/;
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

/** The ids of one request. Calls and their results keep belonging together. */
export class CallIds {
  readonly #adapter: Adapter;
  readonly #made = new Map<string, string>();
  readonly #taken = new Set<string>();

  constructor(adapter: Adapter) {
    this.#adapter = adapter;
  }

  /**
   * An id as the host takes it. Mistral demands nine letters or digits, which ids of other providers are not:
   * https://docs.mistral.ai/api/#tag/chat (seen 2026-11-24). Nothing that the caller asked for changes: no error in STRICT.
   */
  encode(id: string, field: string): string {
    if (this.#adapter.target.quirks.toolCallIds !== 'alphanumeric9' || NINE.test(id)) return id;
    const known = this.#made.get(id);
    if (known !== undefined) return known;
    const made = this.#make(id);
    this.#made.set(id, made);
    this.#taken.add(made);
    this.#adapter.report(field, AdaptationAction.REWRITTEN, 'The provider takes nine letters or digits only.');
    return made;
  }

  #make(id: string): string {
    let salt = 0;
    let made = shorten(id, salt);
    while (this.#taken.has(made)) made = shorten(id, ++salt);
    return made;
  }
}

/** Nine characters that follow from an id: the same ones in every turn, so that the provider's prompt cache holds. */
function shorten(id: string, salt: number): string {
  let hash = FNV_OFFSET + BigInt(salt);
  for (const byte of new TextEncoder().encode(id)) hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * FNV_PRIME);
  let text = '';
  for (let place = 0; place < 9; place++) {
    text += ALPHABET.charAt(Number(hash % 62n));
    hash /= 62n;
  }
  return text;
}

// FNV-1a, 64 bits: http://www.isthe.com/chongo/tech/comp/fnv/
const FNV_OFFSET = 0xcbf29ce484222325n;
const FNV_PRIME = 0x100000001b3n;
