/** What callers are told of a model: only what is known of all its deployments. Pure. */
import type { Feature } from '../model/target.ts';
import { ModelCapability, type ModelInfo, ModelLifecycle } from '../model/wire.ts';
import { HOSTS } from '../providers/catalog.ts';
import type { CompiledDeployment } from './compile-scope.ts';
import type { ModelConfig } from './schema.ts';

/** Capabilities that follow from a feature which known models do not lack. */
const BY_FEATURE: readonly (readonly [Feature, ModelCapability])[] = [
  ['tools', ModelCapability.TOOLS],
  ['jsonSchema', ModelCapability.JSON_SCHEMA],
  ['reasoning', ModelCapability.REASONING],
  ['imageInput', ModelCapability.IMAGE_INPUT],
  ['documentInput', ModelCapability.DOCUMENT_INPUT],
  ['audioInput', ModelCapability.AUDIO_INPUT],
  ['videoInput', ModelCapability.VIDEO_INPUT],
  ['audioOutput', ModelCapability.AUDIO_OUTPUT],
  ['imageOutput', ModelCapability.IMAGE_OUTPUT],
];

const LIFECYCLES: Readonly<Record<NonNullable<ModelConfig['lifecycle']>, ModelLifecycle>> = {
  active: ModelLifecycle.ACTIVE,
  preview: ModelLifecycle.PREVIEW,
  deprecated: ModelLifecycle.DEPRECATED,
};

/** The model's entry in ListModels. */
export function describeModel(
  name: string,
  written: ModelConfig,
  compiled: readonly CompiledDeployment[],
): Omit<ModelInfo, 'prices'> {
  const vectors = compiled.length > 0 && compiled.every(({ makesVectors }) => makesVectors);
  const all = compiled.map(({ deployment }) => deployment.capabilities);
  const [first] = compiled;
  return {
    name,
    lifecycle: written.lifecycle === undefined ? ModelLifecycle.UNSPECIFIED : LIFECYCLES[written.lifecycle],
    capabilities: vectors ? [ModelCapability.EMBED] : describeGeneration(written, compiled),
    contextWindowTokens: smallest(all.map(({ contextWindowTokens }) => contextWindowTokens)),
    maxOutputTokens: vectors ? undefined : smallest(all.map(({ maxOutputTokens }) => maxOutputTokens)),
    dimensions: [...(first?.deployment.capabilities.dimensions ?? [])].filter((length) =>
      all.every(({ dimensions }) => dimensions.includes(length)),
    ),
    vectorSpaceId: vectors ? (first?.deployment.vectorSpaceId ?? '') : '',
    retireTime: undefined,
    description: written.description,
  };
}

function describeGeneration(written: ModelConfig, compiled: readonly CompiledDeployment[]): ModelCapability[] {
  const can = BY_FEATURE.filter(([feature]) =>
    compiled.every((entry, index) => isKnownToHonour(entry, feature, written.deployments[index]?.honours ?? [])),
  );
  return [ModelCapability.COMPLETE, ModelCapability.STREAM, ...can.map(([, capability]) => capability)];
}

/** Lacking nothing is not enough: of unknown models nothing is claimed but what the configuration says. */
function isKnownToHonour(
  { deployment, traits }: CompiledDeployment,
  feature: Feature,
  honours: readonly Feature[],
): boolean {
  const { capabilities, provider } = deployment;
  if (honours.includes(feature)) return true;
  if (capabilities.lacks.has(feature)) return false;
  const known = traits.known || HOSTS.get(provider.hostId)?.place === 'in-process';
  return known && (feature !== 'reasoning' || capabilities.reasoningBy !== undefined || !traits.known);
}

/** The smallest number; undefined as soon as one is not known. */
function smallest(values: readonly (number | undefined)[]): number | undefined {
  const known = values.filter((value) => value !== undefined);
  return known.length === values.length && known.length > 0 ? Math.min(...known) : undefined;
}
