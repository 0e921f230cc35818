/** What a model costs, as ListModels tells it. Pure. */
import { makePriceTable, type Prices, type PriceTable, stepsAt } from './prices.ts';
import type { ModelPrice } from './wire.ts';

/**
 * The dearest price of each kind of token over all deployments, for inputs of usual size at a moment, in milliseconds since
 * 1970. Empty as soon as the prices of one deployment are not known.
 */
export function dearestPrices(deployments: readonly { readonly prices: Prices }[], wallMs: number): ModelPrice[] {
  const tables: PriceTable[] = [];
  for (const { prices } of deployments) {
    if (prices.kind === 'unknown') return [];
    const table = prices.kind === 'free' ? FREE : stepsAt(prices.usual, wallMs)[0]?.table;
    if (table !== undefined) tables.push(table);
  }
  return KINDS.flatMap(([kind, own, other]) => {
    if (tables.every((table) => table[own] === undefined)) return [];
    const usdNanos = Math.max(...tables.map((table) => table[own] ?? (other && table[other]) ?? 0));
    return [{ kind, usdNanosPerMillionTokens: usdNanos }];
  });
}

const FREE = makePriceTable({ input: 0, output: 0 });

type TokenPrice = Exclude<keyof PriceTable, 'serverTools'>;

/** Names of CostKind in lower case; the price; the one that holds in its place where it is not there. */
const KINDS: readonly (readonly [kind: string, own: TokenPrice, other: TokenPrice | undefined])[] = [
  ['input', 'input', undefined],
  ['cache_read', 'cacheRead', 'input'],
  ['cache_write', 'cacheWrite', 'input'],
  ['output', 'output', undefined],
  ['input_audio', 'inputAudio', 'input'],
  ['output_audio', 'outputAudio', 'output'],
  ['input_image', 'inputImage', 'input'],
];
