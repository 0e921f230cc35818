/** From a checked configuration to the snapshot that calls read. Pure; finds every fault at once. */
import type { FindPrices } from '../tokens/prices.ts';
import { compileClients } from './compile-clients.ts';
import { compileListen } from './compile-listen.ts';
import { compileModels } from './compile-models.ts';
import { compileProviders } from './compile-providers.ts';
import type { CompileScope } from './compile-scope.ts';
import { type Fault, type Path, sortFaults } from './faults.ts';
import { deepFreeze } from './freeze.ts';
import type { Loaded } from './load.ts';
import type { Config } from './schema.ts';
import type { Snapshot } from './snapshot.ts';

/** A snapshot, or every reason why there is none, in the order of the file. */
export type Compiled =
  | { readonly ok: true; readonly snapshot: Snapshot }
  | { readonly ok: false; readonly faults: readonly Fault[] };

/** Compiles what was loaded. */
export function compileConfig(loaded: Loaded, findPrices: FindPrices): Compiled {
  if (loaded.unreadable) return { ok: false, faults: loaded.faults };
  const faults = [...loaded.faults];
  const broken = loaded.faults.map(({ path }) => path);
  const scope: CompileScope = {
    config: loaded.config,
    findPrices,
    isReferenced: loaded.isReferenced,
    report: (path, message) => {
      // The neutral value that stands for a broken one has faults of its own, which are nobody's.
      if (!broken.some((stem) => isWithin(path, stem))) faults.push(loaded.fault(path, message));
    },
  };
  const snapshot = compileSnapshot(loaded, scope);
  return faults.length > 0 ? { ok: false, faults: sortFaults(faults) } : { ok: true, snapshot: deepFreeze(snapshot) };
}

function compileSnapshot({ config, digest }: Loaded, scope: CompileScope): Snapshot {
  const providers = compileProviders(scope);
  return {
    digest,
    providers,
    models: compileModels(providers, scope),
    ...compileClients(scope),
    listen: compileListen(scope),
    ...compileLimits(config),
  };
}

function compileLimits({
  sizes,
  times,
  drain,
  telemetry,
}: Config): Pick<Snapshot, 'sizes' | 'times' | 'drain' | 'telemetry'> {
  return {
    sizes: {
      requestBytes: sizes.request,
      requestBytesInFlight: sizes.requestsInFlight,
      metadataBytes: sizes.metadata,
      upstreamFrameBytes: sizes.upstreamFrame,
      upstreamBodyBytes: sizes.upstreamBody,
      heldBytes: sizes.held,
      heldFrames: sizes.heldFrames,
    },
    times: {
      defaultDeadlineMs: times.defaultDeadline,
      minDeadlineMs: times.minDeadline,
      slowReaderMs: times.slowReader,
      slowProviderMs: times.slowProvider,
    },
    drain: { announceMs: drain.announce, graceMs: drain.grace },
    telemetry: { otlpUrl: telemetry.otlp, sampleRatio: telemetry.sample, logLevel: telemetry.logLevel },
  };
}

function isWithin(path: Path, stem: Path): boolean {
  return stem.length <= path.length && stem.every((step, index) => step === path[index]);
}
