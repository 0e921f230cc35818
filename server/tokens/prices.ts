/**
 * What providers charge, by a kept catalogue: @pydantic/genai-prices, in the version that the lock file pins. Its data come
 * with the package; the part of it that would fetch newer ones is never called. It is half a megabyte, so that it is loaded
 * only if the configuration has a model whose price it must tell.
 */
import {
  makePriceTable,
  type PriceCourse,
  type PricePeriod,
  type Prices,
  type PriceTable,
  type PriceTime,
  parseUsdNanos,
  UNKNOWN_PRICES,
} from '../model/prices.ts';

/** The price list as Cost names it. */
export const PRICE_LIST_VERSION = 'genai-prices-0.1.8';

/** A model as a provider knows it. */
export interface PricedModel {
  /** Row of the catalogue of hosts. */
  readonly hostId: string;
  /** Where requests go: it tells the provider behind a compatible server, and regions that charge more. */
  readonly baseUrl: string;
  readonly upstreamModel: string;
}

/** Gives the prices of a model; unknown if the list does not have them. */
export type FindPrices = (model: PricedModel) => Prices;

/** Loads the price list. No network. */
export async function loadPriceList(): Promise<FindPrices> {
  const { calcPrice, findProvider } = await import('@pydantic/genai-prices');
  return (model) => {
    if (!mayHavePrices(model.hostId) || isMistaken(model)) return UNKNOWN_PRICES;
    const providerId = PROVIDERS.get(model.hostId) ?? findProvider({ providerApiUrl: model.baseUrl })?.id;
    if (providerId === undefined) return UNKNOWN_PRICES;
    try {
      // Of nothing: it is only to find the model, for which the package has no other door.
      const entry = calcPrice({}, model.upstreamModel, { providerId })?.model;
      return entry === undefined ? UNKNOWN_PRICES : readPrices(entry.prices, surchargesOf(model));
    } catch {
      return UNKNOWN_PRICES; // The package throws for an entry with a fault; that price is not known.
    }
  };
}

/** Whether the list can have prices for a host at all: of servers on premises and of the simulator it has none. */
export function mayHavePrices(hostId: string): boolean {
  return PROVIDERS.has(hostId) || COMPATIBLE.has(hostId);
}

/** Providers of the list by the catalogue of hosts. */
const PROVIDERS: ReadonlyMap<string, string> = new Map([
  ['openai', 'openai'],
  ['openai-responses', 'openai'],
  ['azure', 'azure'],
  ['azure-deployments', 'azure'],
  ['azure-responses', 'azure'],
  ['foundry', 'azure'],
  ['foundry-anthropic', 'azure'],
  ['anthropic', 'anthropic'],
  ['bedrock', 'aws'],
  ['bedrock-anthropic', 'aws'],
  ['gemini', 'google'],
  ['vertex', 'google'],
  ['vertex-express', 'google'],
  ['vertex-anthropic', 'google'],
  ['cohere', 'cohere'],
  ['mistral', 'mistral'],
  ['groq', 'groq'],
  ['xai', 'x-ai'],
  ['xai-responses', 'x-ai'],
  ['deepseek', 'deepseek'],
  ['perplexity', 'perplexity'],
  ['openrouter', 'openrouter'],
  ['together', 'together'],
  ['fireworks', 'fireworks'],
  ['cerebras', 'cerebras'],
  ['moonshot', 'moonshotai'],
  ['zai', 'zai'],
  ['minimax', 'minimax'],
  ['voyage', 'voyageai'],
]);

/** Hosts that may be anybody's: the URL tells. */
const COMPATIBLE: ReadonlySet<string> = new Set(['openai-compatible', 'openresponses-compatible']);

/**
 * Where the list would give another price than is charged: Titan 2 matches its entry for Titan 1, which costs five times as
 * much (https://aws.amazon.com/bedrock/pricing), and OpenAI's regional endpoints charge a tenth more for newer models, which
 * the list does not tell apart (https://developers.openai.com/api/docs/guides/data-residency). Both seen 2026-11-24.
 */
function isMistaken({ baseUrl, upstreamModel }: PricedModel): boolean {
  return upstreamModel.includes('titan-embed-text-v2') || /^https:\/\/[a-z]+\.api\.openai\.com(\/|$)/.test(baseUrl);
}

interface Surcharges {
  /** Tenths of the list's price. */
  readonly tenths: 10 | 11;
  /** The region, as Usage names it, in which a tenth more is charged. */
  readonly dearRegion: string | undefined;
}

/**
 * Anthropic charges a tenth more for inference that stays in the US, which its usage tells
 * (https://platform.claude.com/docs/en/manage-claude/data-residency), and so does Vertex AI for Claude from 4.5 on behind a
 * regional endpoint (https://platform.claude.com/docs/en/build-with-claude/claude-on-vertex-ai). Both seen 2026-11-24.
 */
function surchargesOf({ hostId, baseUrl, upstreamModel }: PricedModel): Surcharges {
  const isRegional =
    hostId === 'vertex-anthropic' &&
    !baseUrl.startsWith('https://aiplatform.googleapis.com') &&
    !/claude-(3|(opus|sonnet)-4(-1)?(@|$))/.test(upstreamModel);
  return { tenths: isRegional ? 11 : 10, dearRegion: hostId === 'anthropic' ? 'us' : undefined };
}

/** A price of the list: dollars for so many, whatever the size of the input or by its size. */
type ListPrice = number | { readonly base: number; readonly tiers: readonly ListTier[] };

interface ListTier {
  readonly start: number;
  readonly price: number;
}

type ListTable = Readonly<Record<string, ListPrice | undefined>>;

interface ListPeriod {
  readonly constraint?:
    | { readonly type: 'start_date'; readonly start_date: string }
    | { readonly type: 'time_of_date'; readonly start_time: string; readonly end_time: string };
  readonly prices: ListTable;
}

/** @throws Error for a price that is no whole number of nanos for a million. */
function readPrices(listed: ListTable | readonly ListPeriod[], { tenths, dearRegion }: Surcharges): Prices {
  const periods: readonly ListPeriod[] = isPeriods(listed) ? listed : [{ prices: listed }];
  const courseOf = (share: number): PriceCourse => periods.map((period) => readPeriod(period, share));
  return {
    kind: 'priced',
    version: PRICE_LIST_VERSION,
    usual: courseOf(tenths),
    byTier: new Map(),
    byRegion: dearRegion === undefined ? new Map() : new Map([[dearRegion, courseOf(11)]]),
  };
}

function isPeriods(listed: ListTable | readonly ListPeriod[]): listed is readonly ListPeriod[] {
  return Array.isArray(listed);
}

function readPeriod({ constraint, prices }: ListPeriod, tenths: number): PricePeriod {
  const starts = new Set([0]);
  for (const price of Object.values(prices)) {
    if (typeof price === 'object') for (const { start } of price.tiers) starts.add(start);
  }
  const steps = [...starts].sort((a, b) => a - b);
  return {
    when: constraint && readTime(constraint),
    steps: steps.map((above) => ({ aboveInputTokens: above, table: readTable(prices, above, tenths) })),
  };
}

function readTime(constraint: NonNullable<ListPeriod['constraint']>): PriceTime {
  if (constraint.type === 'start_date') {
    return { kind: 'from', wallMs: Date.parse(`${constraint.start_date}T00:00:00Z`) };
  }
  const timeMs = (time: string) => Date.parse(`1970-01-01T${time}`);
  return { kind: 'daily', startMs: timeMs(constraint.start_time), endMs: timeMs(constraint.end_time) };
}

const PER_MILLION = 1;
const PER_THOUSAND = 1000;

/** Keys of the list: https://github.com/pydantic/genai-prices, prices/units.yml. */
function readTable(prices: ListTable, above: number, tenths: number): PriceTable {
  const read = (key: string, factor: number, share = tenths) =>
    readPrice(prices[key], { above, factor, tenths: share });
  const tokens = (key: string) => read(`${key}_mtok`, PER_MILLION);
  const input = tokens('input');
  const cacheWrite = tokens('cache_write');
  // An entry without any price is that of a model that costs nothing.
  const isFree = Object.keys(prices).length === 0;
  return makePriceTable({
    input: isFree ? 0 : input,
    cacheRead: tokens('cache_read'),
    cacheWrite,
    cacheWrite1h: tokens('cache_write_1h') ?? longWrite(input, cacheWrite),
    inputAudio: tokens('input_audio'),
    inputImage: tokens('input_image'),
    output: isFree ? 0 : tokens('output'),
    outputReasoning: tokens('output_reasoning'),
    outputAudio: tokens('output_audio'),
    request: read('requests_kcount', PER_THOUSAND),
    serverTools: readTools((key) => read(key, PER_THOUSAND, 10)),
  });
}

/**
 * Claude on Bedrock, Vertex AI and OpenRouter has no price in the list for writes that live an hour. It is twice that of the
 * input wherever writes for five minutes cost five quarters of it: "1-hour cache write tokens are 2 times the base input tokens
 * price" (https://platform.claude.com/docs/en/build-with-claude/prompt-caching, seen 2026-11-24).
 */
function longWrite(input: number | undefined, cacheWrite: number | undefined): number | undefined {
  return input !== undefined && cacheWrite !== undefined && cacheWrite * 4 === input * 5 ? input * 2 : undefined;
}

/** Names of the tools in Usage (docs/usage.md) by keys of the list. */
const TOOLS: readonly (readonly [key: string, tools: readonly string[]])[] = [
  ['web_searches_kcount', ['web_search', 'web_search_call']],
  ['storage_searches_kcount', ['file_search', 'file_search_call']],
];

function readTools(read: (key: string) => number | undefined): ReadonlyMap<string, number> {
  const tools = new Map<string, number>();
  for (const [key, names] of TOOLS) {
    const price = read(key);
    if (price !== undefined) for (const name of names) tools.set(name, price);
  }
  return tools;
}

interface Reading {
  readonly above: number;
  /** How many times what the price is for makes a million. */
  readonly factor: number;
  readonly tenths: number;
}

function readPrice(price: ListPrice | undefined, { above, factor, tenths }: Reading): number | undefined {
  if (price === undefined) return undefined;
  const dollars = typeof price === 'number' ? price : priceAbove(price, above);
  const nanos = parseUsdNanos(dollars.toFixed(9)); // What has more digits was divided by its seller, not written so.
  const scaled = nanos === undefined ? Number.NaN : (nanos * factor * tenths) / 10;
  if (!Number.isSafeInteger(scaled)) throw new RangeError(`${dollars} is no price in whole nanos`);
  return scaled;
}

function priceAbove({ base, tiers }: Exclude<ListPrice, number>, above: number): number {
  return tiers.findLast(({ start }) => start <= above)?.price ?? base;
}
