/** What deployments cost: by the configuration, else by the price list. Pure. */
import {
  FREE_PRICES,
  makePriceTable,
  type PriceCourse,
  type PriceStep,
  type Prices,
  type PriceTable,
  steadyCourse,
} from '../model/prices.ts';
import type { Provider } from '../model/target.ts';
import { HOSTS } from '../providers/catalog.ts';
import { mayHavePrices } from '../tokens/prices.ts';
import type { CompileScope } from './compile-scope.ts';
import type { Path } from './faults.ts';
import type { PricesConfig, TokenPricesConfig } from './price-schema.ts';
import type { Config, DeploymentConfig } from './schema.ts';

/** Cost.price_list_version of prices that the configuration gives. */
export const CONFIGURED_PRICES = 'configuration';

/** Whether the price list can say anything that the configuration does not. */
export function needsPriceList({ models, providers }: Config): boolean {
  return Array.from(models.values(), ({ deployments }) => deployments)
    .flat()
    .some((deployment) => {
      const provider = providers.get(deployment.provider);
      const isTold = deployment.prices !== undefined || deployment.price !== undefined || provider?.price !== undefined;
      return !isTold && provider !== undefined && mayHavePrices(provider.host);
    });
}

interface Entry {
  readonly written: DeploymentConfig;
  readonly provider: Provider;
  readonly path: Path;
}

/** The prices of one deployment. */
export function compilePrices(
  { written, provider, path }: Entry,
  { config, report, findPrices }: CompileScope,
): Prices {
  if (written.prices !== undefined) {
    if (written.price !== undefined) report([...path, 'price'], 'there are prices too; leave one of them away');
    return readConfigured(written.prices, [...path, 'prices'], report);
  }
  const isFree = written.price ?? config.providers.get(provider.name)?.price;
  if (isFree !== undefined || HOSTS.get(provider.hostId)?.place === 'in-process') return FREE_PRICES;
  const { hostId, baseUrl } = provider;
  return findPrices({ hostId, baseUrl, upstreamModel: written.model });
}

function readConfigured(written: PricesConfig, path: Path, report: CompileScope['report']): Prices {
  const pieces = {
    request: written.request === undefined ? undefined : written.request * PER_PIECE,
    serverTools: new Map(Array.from(written.serverTools, ([tool, nanos]) => [tool, nanos * PER_PIECE])),
  };
  const table = (prices: TokenPricesConfig): PriceTable => makePriceTable({ ...tokenTable(prices), ...pieces });
  const steps: PriceStep[] = [{ aboveInputTokens: 0, table: table(written) }];
  for (const [index, { aboveInputTokens, ...prices }] of written.steps.entries()) {
    if (aboveInputTokens <= (steps.at(-1)?.aboveInputTokens ?? 0)) {
      report([...path, 'steps', index, 'aboveInputTokens'], 'must be more than that of the step before');
    }
    steps.push({ aboveInputTokens, table: table(prices) });
  }
  const usual: PriceCourse = [{ when: undefined, steps }];
  const byTier = Array.from(written.serviceTiers, ([tier, prices]) => {
    return [tier.toLowerCase(), steadyCourse(table(prices))] as const;
  });
  return { kind: 'priced', version: CONFIGURED_PRICES, usual, byTier: new Map(byTier), byRegion: new Map() };
}

const PER_PIECE = 1_000_000; // Tables are for a million of each.

function tokenTable({ reasoning, ...prices }: TokenPricesConfig): Partial<PriceTable> {
  return {
    input: prices.input,
    cacheRead: prices.cacheRead,
    cacheWrite: prices.cacheWrite,
    cacheWrite1h: prices.cacheWrite1h,
    inputAudio: prices.inputAudio,
    inputImage: prices.inputImage,
    output: prices.output,
    outputReasoning: reasoning,
    outputAudio: prices.outputAudio,
  };
}
