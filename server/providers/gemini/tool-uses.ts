/** Runs of the provider's own tools, as far as replies show them. */
import type { ServerToolUse } from '../../model/wire.ts';
import { asList, asObject, asText } from '../shared/json.ts';

/** Counts the runs of one answer; what several pieces of a stream repeat counts once. */
export class ToolUses {
  readonly #queries = new Set<string>();
  readonly #urls = new Set<string>();
  #codeRuns = 0;

  /** Notes the queries of groundingMetadata. */
  addSearches(metadata: unknown): void {
    addTexts(this.#queries, asList(asObject(metadata)?.webSearchQueries));
  }

  /** Notes the pages of urlContextMetadata. */
  addUrls(metadata: unknown): void {
    const pages = asList(asObject(metadata)?.urlMetadata);
    addTexts(
      this.#urls,
      pages.map((page) => asObject(page)?.retrievedUrl),
    );
  }

  /** Notes one run of code. */
  addCode(): void {
    this.#codeRuns += 1;
  }

  /** All runs, by the provider's names for its tools. */
  list(): readonly ServerToolUse[] {
    return [
      { tool: 'googleSearch', count: this.#queries.size },
      { tool: 'urlContext', count: this.#urls.size },
      { tool: 'codeExecution', count: this.#codeRuns },
    ].filter(({ count }) => count > 0);
  }
}

function addTexts(texts: Set<string>, values: readonly unknown[]): void {
  for (const value of values) {
    const text = asText(value);
    if (text !== undefined) texts.add(text);
  }
}
