/** Models: aliases and the deployments behind them. Pure. */
import type { Allowances, Capabilities, Deployment, Provider } from '../model/target.ts';
import { DIALECT_IDS, HOSTS } from '../providers/catalog.ts';
import { type ModelTraits, modelTraits } from '../tokens/capabilities.ts';
import { describeModel } from './compile-model-info.ts';
import { compilePrices } from './compile-prices.ts';
import type { CompiledDeployment, CompileScope } from './compile-scope.ts';
import type { Path } from './faults.ts';
import type { DeploymentConfig, ModelConfig } from './schema.ts';
import type { Model } from './snapshot.ts';
import { suggestName } from './suggest.ts';

// A connection is a round trip or three; 2 s says that nobody is there (fault row 45). Reasoning models are silent for a
// minute and more before their first token.
const DEFAULT_TIMEOUTS = { connectMs: 2_000, firstTokenMs: 120_000, idleMs: 60_000 } as const;

/** Members that the contract or the gateway owns: no configuration can hand them to callers. */
const OWNED_MEMBERS: ReadonlySet<string> = new Set([
  'model',
  'stream',
  'stream_options',
  'n',
  'store',
  'headers',
  'messages',
]);

/** Compiles all models. */
export function compileModels(
  providers: ReadonlyMap<string, Provider>,
  scope: CompileScope,
): ReadonlyMap<string, Model> {
  if (scope.config.models.size === 0) scope.report(['models'], 'there is none; at least one is needed');
  const models = new Map<string, Model>();
  for (const [name, written] of scope.config.models) {
    models.set(name, compileModel({ name, written, path: ['models', name] }, providers, scope));
  }
  return models;
}

interface Entry {
  readonly name: string;
  readonly written: ModelConfig;
  readonly path: Path;
}

function compileModel(entry: Entry, providers: ReadonlyMap<string, Provider>, scope: CompileScope): Model {
  const { name, written, path } = entry;
  const allowances = compileAllowances(entry, scope);
  const compiled: CompiledDeployment[] = [];
  for (const [index, deployment] of written.deployments.entries()) {
    const at = [...path, 'deployments', index];
    const provider = providers.get(deployment.provider);
    if (provider !== undefined)
      compiled.push(compileDeployment(deployment, { entry, provider, allowances, path: at }, scope));
    else reportUnknownProvider(deployment.provider, [...at, 'provider'], scope);
  }
  checkIds(compiled, path, scope);
  checkWeights(written, path, scope);
  checkVectors(compiled, path, scope);
  const { retry } = written;
  if (retry.baseDelay > retry.maxDelay) scope.report([...path, 'retry'], 'baseDelay must not be longer than maxDelay');
  return {
    name,
    info: describeModel(name, written, compiled),
    deployments: compiled.map(({ deployment }) => deployment).sort((a, b) => a.priority - b.priority),
    retry: {
      attempts: retry.attempts,
      budgetRatio: retry.budget,
      baseDelayMs: retry.baseDelay,
      maxDelayMs: retry.maxDelay,
    },
  };
}

function reportUnknownProvider(name: string, path: Path, { config, report }: CompileScope): void {
  // A provider that is there, but has faults of its own, is reported where it stands.
  if (config.providers.has(name)) return;
  report(path, `there is no provider "${name}"${suggestName(name, config.providers.keys())}`);
}

interface DeploymentScope {
  readonly entry: Entry;
  readonly provider: Provider;
  readonly allowances: Allowances;
  readonly path: Path;
}

function compileDeployment(
  written: DeploymentConfig,
  { entry, provider, allowances, path }: DeploymentScope,
  scope: CompileScope,
): CompiledDeployment {
  const traits = modelTraits(written.model);
  const { timeouts: own } = written;
  const { timeouts: shared } = entry.written;
  for (const feature of written.honours) {
    if (written.lacks.includes(feature)) scope.report([...path, 'honours'], `${feature} is under lacks too`);
  }
  const deployment: Deployment = {
    id: `${provider.name}/${written.model}`,
    provider,
    dialectId: HOSTS.get(provider.hostId)?.dialectId ?? '',
    upstreamModel: written.model,
    priority: written.priority,
    weight: written.weight,
    tags: written.tags,
    capabilities: compileCapabilities(written, provider, traits),
    defaultMaxOutputTokens: written.maxOutputTokens,
    allowances,
    timeouts: {
      connectMs: own.connect ?? shared.connect ?? DEFAULT_TIMEOUTS.connectMs,
      firstTokenMs: own.firstToken ?? shared.firstToken ?? DEFAULT_TIMEOUTS.firstTokenMs,
      idleMs: own.idle ?? shared.idle ?? DEFAULT_TIMEOUTS.idleMs,
    },
    completeVia: written.completeVia ?? entry.written.completeVia,
    vectorSpaceId: written.vectorSpace ?? written.model,
    maxEmbedInputs: written.maxEmbedInputs,
    prices: compilePrices({ written, provider, path }, scope),
  };
  return { deployment, traits, makesVectors: written.vectorSpace !== undefined || traits.makesVectors };
}

/** What the model is known not to honour, what no model of the host does, and what the configuration says of it. */
function compileCapabilities(
  written: DeploymentConfig,
  provider: Provider,
  { capabilities }: ModelTraits,
): Capabilities {
  const lacks = new Set([...capabilities.lacks, ...(HOSTS.get(provider.hostId)?.lacks ?? []), ...written.lacks]);
  for (const feature of written.honours) lacks.delete(feature);
  return {
    contextWindowTokens: written.contextWindow ?? capabilities.contextWindowTokens,
    maxOutputTokens: capabilities.maxOutputTokens,
    lacks,
    reasoningBy: written.reasoningBy ?? capabilities.reasoningBy,
    dimensions: capabilities.dimensions,
  };
}

function compileAllowances({ written: { allow }, path }: Entry, { report }: CompileScope): Allowances {
  const at = [...path, 'allow', 'providerOptions'];
  for (const [dialect, members] of allow.providerOptions) {
    if (!DIALECT_IDS.has(dialect)) {
      const hint = suggestName(dialect, DIALECT_IDS) || `; there are ${[...DIALECT_IDS].join(', ')}`;
      report([...at, dialect], `unknown dialect "${dialect}"${hint}`);
    }
    for (const [index, member] of members.entries()) {
      if (OWNED_MEMBERS.has(member.toLowerCase()))
        report([...at, dialect, index], `${member} belongs to the gateway and cannot be allowed`);
    }
  }
  return {
    providerOptions: new Map([...allow.providerOptions].map(([dialect, members]) => [dialect, new Set(members)])),
    providerTools: new Set(allow.providerTools),
    opaqueItems: new Set(allow.opaqueItems),
    uris: allow.uris,
  };
}

function checkIds(compiled: readonly CompiledDeployment[], path: Path, { report }: CompileScope): void {
  const seen = new Set<string>();
  for (const { deployment } of compiled) {
    if (seen.has(deployment.id)) report([...path, 'deployments'], `${deployment.id} is there twice`);
    seen.add(deployment.id);
  }
}

function checkWeights({ deployments }: ModelConfig, path: Path, { report }: CompileScope): void {
  if (deployments.length > 0 && deployments.every(({ weight }) => weight === 0)) {
    report([...path, 'deployments'], 'all weights are 0: no deployment would be tried first');
  }
}

/** Vectors of two spaces must never mix behind one alias (contract: Embed). */
function checkVectors(compiled: readonly CompiledDeployment[], path: Path, { report }: CompileScope): void {
  if (!compiled.some(({ makesVectors }) => makesVectors)) return;
  const spaces = new Set(compiled.map(({ deployment }) => deployment.vectorSpaceId));
  if (spaces.size < 2) return;
  report(
    [...path, 'deployments'],
    `the vectors of ${[...spaces].join(' and ')} lie in different spaces and must not mix: make a model of each, or give ` +
      'the deployments one vectorSpace if they are the same model under other names',
  );
}
