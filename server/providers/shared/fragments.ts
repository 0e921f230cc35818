/** Fragments of text whose bounds providers choose: half a surrogate pair may stand at the end of one. */

/**
 * Joins the fragments of one part so that what is passed on is always well-formed: JSON escapes can split a pair between
 * two fragments, and can hold halves that belong to nothing.
 */
export class Fragments {
  #half = '';

  /** What can be passed on; nearly always the fragment itself, empty if nothing can. */
  take(fragment: string): string {
    const text = this.#half === '' ? fragment : this.#half + fragment;
    const last = text.charCodeAt(text.length - 1);
    if (!(last >= 0xd800 && last <= 0xdbff)) {
      this.#half = '';
      return text.toWellFormed();
    }
    this.#half = text.slice(-1);
    return text.slice(0, -1).toWellFormed();
  }

  /** What is left at the end: nothing, or U+FFFD for a half without its other. */
  rest(): string {
    const rest = this.#half.toWellFormed();
    this.#half = '';
    return rest;
  }
}
