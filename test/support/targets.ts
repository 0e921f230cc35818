/** Targets for tests of dialects. */
import type { Allowances, Capabilities, Feature } from '../../server/model/target.ts';
import type { Target } from '../../server/providers/dialect.ts';

/** A target of a dialect that lacks nothing and allows nothing, with whatever differs. */
export function makeTarget(dialectId: string, changes: Partial<Target> = {}): Target {
  return {
    provider: 'acme',
    dialectId,
    upstreamModel: 'model-1',
    stateDomain: 'acme',
    capabilities: makeCapabilities(),
    quirks: {},
    allowances: makeAllowances(),
    defaultMaxOutputTokens: undefined,
    adaptation: 'adapt',
    onForeignState: 'pin',
    endUserHash: undefined,
    sessionKeyHash: undefined,
    ...changes,
  };
}

/** Capabilities of which nothing is known but what is given. */
export function makeCapabilities(changes: Partial<Capabilities> = {}): Capabilities {
  return {
    contextWindowTokens: undefined,
    maxOutputTokens: undefined,
    lacks: new Set(),
    reasoningBy: undefined,
    dimensions: [],
    ...changes,
  };
}

/** Capabilities that lack features. */
export function lacking(...features: readonly Feature[]): Capabilities {
  return makeCapabilities({ lacks: new Set(features) });
}

/** Allowances of nothing but what is given. */
export function makeAllowances(changes: Partial<Allowances> = {}): Allowances {
  return {
    providerOptions: new Map(),
    providerTools: new Set(),
    opaqueItems: new Set(),
    uris: false,
    ...changes,
  };
}

/** Freezes a value with everything in it, so that changing any of it throws; bytes cannot be frozen and stay as they are. */
export function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value) || Object.isFrozen(value)) return value;
  Object.freeze(value);
  for (const member of Object.values(value)) deepFreeze(member);
  return value;
}
