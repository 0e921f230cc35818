/** Where a call may go, in which order, and why. Pure: snapshot and call in, plan out. */
import type { Client, Model } from '../../config/snapshot.ts';
import type { Call } from '../../model/call.ts';
import { GatewayError } from '../../model/errors.ts';
import type { Deployment } from '../../model/target.ts';
import { ForeignStateMode, type GatewayOptions, type OpaqueOrigin } from '../../model/wire.ts';
import type { Plan } from '../chain.ts';
import { drawOrder } from './draw.ts';
import { isSameOrigin, type Needs, readNeeds } from './needs.ts';

/** What a plan is made of. */
export interface PlanInput {
  readonly call: Pick<Call, 'id' | 'rpc' | 'request' | 'options'>;
  readonly digest: string;
  readonly client: Pick<Client, 'team'>;
  readonly model: Pick<Model, 'name' | 'deployments'>;
  /** Tokens that the prompt has at the least; undefined: few enough for every deployment, as far as is known. */
  readonly leastPromptTokens?: number | undefined;
}

type Candidate = Plan['candidates'][number];

/**
 * Makes the plan: the deployments that can take the call's content and its length, by priority, each priority in drawn order, those of
 * weight 0 behind all others.
 * @throws GatewayError FOREIGN_STATE, PARAMETER_UNSUPPORTED (an embedding of images), PROMPT_TOO_LONG, or NO_DEPLOYMENT.
 */
export function makePlan({ call, digest, client, model, leastPromptTokens }: PlanInput): Plan {
  const needs = readNeeds(call.request);
  const key = `${digest}\n${routingKey(call, client)}\nrouting`;
  const ordered = order(model.deployments, key);
  const taking = ordered.map((deployment) => judgeInputs(deployment, needs));
  if (!taking.some(({ fit }) => fit)) throw noneFit(call, model.name, taking);
  const able = leastPromptTokens === undefined ? taking : judgeLength(taking, leastPromptTokens, model.name);
  const candidates = needs.origins.length === 0 ? able : judgeState(able, needs.origins, call.options);
  return { deployments: candidates.filter(({ fit }) => fit).map(({ deployment }) => deployment), candidates };
}

/** Calls of one session draw alike; others each for itself. */
function routingKey({ id, options }: PlanInput['call'], { team }: PlanInput['client']): string {
  return options.sessionKey === '' ? id : `${team}\n${options.sessionKey}`;
}

function order(deployments: readonly Deployment[], key: string): readonly Deployment[] {
  if (deployments.length < 2) return deployments;
  const usual = Map.groupBy(
    deployments.filter(({ weight }) => weight > 0),
    ({ priority }) => priority,
  );
  const tiers = [...usual].sort(([a], [b]) => a - b).flatMap(([, tier]) => drawOrder(tier, key));
  const last = deployments.filter(({ weight }) => weight <= 0).toSorted((a, b) => a.priority - b.priority);
  return [...tiers, ...last];
}

function judgeInputs(deployment: Deployment, { inputs }: Needs): Candidate {
  for (const feature of inputs) {
    if (!deployment.capabilities.lacks.has(feature)) continue;
    return { deployment, fit: false, detail: `takes no ${feature.replace('Input', 's')}` };
  }
  return { deployment, fit: true, detail: placeOf(deployment) };
}

/** A prompt that is too long for some deployments goes to the others; for all, it is refused before anything is sent. */
function judgeLength(candidates: readonly Candidate[], tokens: number, model: string): readonly Candidate[] {
  const judged = candidates.map((candidate): Candidate => {
    const { contextWindowTokens: window } = candidate.deployment.capabilities;
    if (!candidate.fit || window === undefined || tokens <= window) return candidate;
    return { deployment: candidate.deployment, fit: false, detail: `has a context window of ${window} tokens` };
  });
  if (judged.some(({ fit }) => fit)) return judged;
  const windows = candidates.map(({ deployment }) => deployment.capabilities.contextWindowTokens ?? 0);
  const largest = Math.max(...windows);
  const description = `has ${tokens} tokens or more, and the context window of ${clip(model)} takes ${largest}; shorten it, or choose a model with a larger window`;
  throw new GatewayError('PROMPT_TOO_LONG', `the prompt ${description}`, {
    violations: [{ field: 'generation.messages', description }],
    metadata: { promptTokens: String(tokens), contextWindowTokens: String(largest) },
  });
}

function placeOf({ priority, weight }: Deployment): string {
  return weight > 0 ? `priority ${priority}, weight ${weight}` : 'weight 0: only when all others fail';
}

/** PIN keeps to the state's origin; FAIL refuses a first choice of another; STRIP goes anywhere. */
function judgeState(
  candidates: readonly Candidate[],
  origins: readonly OpaqueOrigin[],
  { onForeignState }: GatewayOptions,
): readonly Candidate[] {
  if (onForeignState === ForeignStateMode.STRIP) return candidates;
  const judged = candidates.map((candidate) => (candidate.fit ? judgeOrigin(candidate, origins) : candidate));
  const chosen = judged[candidates.findIndex(({ fit }) => fit)];
  const isRefused = onForeignState === ForeignStateMode.FAIL ? !chosen?.fit : !judged.some(({ fit }) => fit);
  if (isRefused) throw foreignState(origins, judged);
  return judged;
}

function judgeOrigin({ deployment, detail }: Candidate, origins: readonly OpaqueOrigin[]): Candidate {
  const own: OpaqueOrigin = {
    dialect: deployment.dialectId,
    upstreamModel: deployment.upstreamModel,
    stateDomain: deployment.provider.stateDomain,
  };
  const foreign = origins.find((origin) => !isSameOrigin(origin, own));
  if (foreign === undefined) return { deployment, fit: true, detail };
  return { deployment, fit: false, detail: `cannot read the conversation's state of ${nameOf(foreign)}` };
}

function nameOf({ stateDomain, upstreamModel }: OpaqueOrigin): string {
  return clip(`${stateDomain}/${upstreamModel}`);
}

function foreignState(origins: readonly OpaqueOrigin[], candidates: readonly Candidate[]): GatewayError {
  const named = origins.slice(0, MAX_ORIGINS).map(nameOf).join(', ');
  const text = `the conversation carries state of ${named}; use on_foreign_state STRIP to leave it out: ${reasons(candidates)}`;
  return new GatewayError('FOREIGN_STATE', text, { metadata: { origins: named } });
}

function noneFit({ rpc }: PlanInput['call'], model: string, candidates: readonly Candidate[]): GatewayError {
  if (rpc === 'embed') {
    const description = `no deployment of ${model} embeds images: ${reasons(candidates)}; leave them away or use another model`;
    return new GatewayError('PARAMETER_UNSUPPORTED', `inputs: ${description}`, {
      violations: [{ field: 'inputs', description }],
    });
  }
  return new GatewayError('NO_DEPLOYMENT', `no deployment of ${model} is fit for the call: ${reasons(candidates)}`, {
    metadata: { model },
  });
}

const MAX_NAMED = 6; // With a clipped name and a reason each, within the 512 characters of a status message.
const MAX_ORIGINS = 3;
const MAX_NAME_CHARS = 40;

function reasons(candidates: readonly Candidate[]): string {
  const unfit = candidates.filter(({ fit }) => !fit);
  const named = unfit.slice(0, MAX_NAMED).map(({ deployment, detail }) => `${clip(deployment.id)} ${detail}`);
  return unfit.length > MAX_NAMED ? `${named.join('; ')}; and ${unfit.length - MAX_NAMED} more` : named.join('; ');
}

function clip(name: string): string {
  return name.length <= MAX_NAME_CHARS ? name : `${name.slice(0, MAX_NAME_CHARS).toWellFormed()}…`;
}
