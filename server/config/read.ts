/** The two steps from a file to a snapshot as one: what `kanmon validate` and the configuration source do. */
import { UNKNOWN_PRICES } from '../model/prices.ts';
import { loadPriceList } from '../tokens/prices.ts';
import { type Compiled, compileConfig } from './compile.ts';
import { needsPriceList } from './compile-prices.ts';
import { type LoadDeps, type Loaded, loadConfig } from './load.ts';

/** What came of reading a configuration, and of which files. */
export type ReadResult = Compiled & Pick<Loaded, 'files' | 'fingerprint' | 'identity'>;

/** Loads and compiles a configuration. Never rejects: what goes wrong is a fault. */
export async function readConfig(path: string, deps: LoadDeps): Promise<ReadResult> {
  const loaded = await loadConfig(path, deps);
  const { files, fingerprint, identity } = loaded;
  const findPrices = needsPriceList(loaded.config) ? await loadPriceList() : () => UNKNOWN_PRICES;
  return { ...compileConfig(loaded, findPrices), files, fingerprint, identity };
}
