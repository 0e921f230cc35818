/** What a deployment costs, as the configuration writes it. */
import { choice, integer, list, map, object, optional, required, section, usd, type ValueOf } from './shape.ts';

const TOKEN_MAX_USD = 10_000; // Of a million; the dearest there are cost 600.
const PIECE_MAX_USD = 1;
const NAME = /^[^\p{Cc}]{1,64}$/u;
const NAME_MEANS = '1 to 64 characters';

const perMillion = () => usd(TOKEN_MAX_USD);

const tokenPrices = {
  input: required('Tokens of the input, a million.', perMillion()),
  cacheRead: optional("Read from the provider's cache. Absent: as input.", perMillion()),
  cacheWrite: optional('Written to it. Absent: as input.', perMillion()),
  cacheWrite1h: optional('Written to live for an hour or more. Absent: as cacheWrite.', perMillion()),
  inputAudio: optional('Sound in the input. Absent: as input.', perMillion()),
  inputImage: optional('Images in the input. Absent: as input.', perMillion()),
  output: optional(
    'Tokens of the output, a million. Absent: not known, as for models that make vectors.',
    perMillion(),
  ),
  reasoning: optional('Spent on reasoning. Absent: as output.', perMillion()),
  outputAudio: optional('Sound in the output. Absent: as output.', perMillion()),
};

const pricesShape = object({
  ...tokenPrices,
  request: optional('One request.', usd(PIECE_MAX_USD)),
  serverTools: section(
    "One run of a tool of the provider's own, by its name in usage, for instance web_search.",
    map(usd(PIECE_MAX_USD), NAME, NAME_MEANS),
  ),
  steps: section(
    'Prices of calls with longer inputs, from the shortest on.',
    list(
      object({
        aboveInputTokens: required('Holds for inputs of more tokens than this.', integer(1, 100_000_000)),
        ...tokenPrices,
      }),
    ),
  ),
  serviceTiers: section(
    'Prices by the tier of service that the provider says it used, for instance flex.',
    map(object(tokenPrices), NAME, NAME_MEANS),
  ),
});

/** The keys of a deployment that say what it costs. */
export const priceFields = {
  price: optional('free: it costs nothing.', choice(['free'])),
  prices: optional("What it costs, in US dollars; in the place of the price list's prices, all of them.", pricesShape),
};

/** Prices as they were written, in billionths of a dollar. */
export type PricesConfig = ValueOf<typeof pricesShape>;

/** The part of them that is by tokens. */
export type TokenPricesConfig = Pick<PricesConfig, keyof typeof tokenPrices>;
