/** Decides where a call may go. */
import type { Entered, Model } from '../../config/snapshot.ts';
import type { AnyRequest, Call } from '../../model/call.ts';
import type { Generation } from '../../model/wire.ts';
import { extend, type Identified, type Interceptor, type Joinable, type Permitted, type Routed } from '../chain.ts';
import { makePlan } from './plan.ts';

/** What routing needs. */
export interface RoutingDeps {
  /**
   * Tokens that a generation's prompt has at the least for a model, by the provider's name of it, if they may be more than so
   * many; undefined if they cannot be.
   */
  readonly leastPromptTokens: (
    generation: Generation,
    upstreamModel: string,
    moreThan: number,
  ) => Promise<number> | undefined;
}

/**
 * Adds the plan, and notes in the record why each deployment stands where it stands.
 * @throws GatewayError as makePlan.
 */
export function routing(deps: RoutingDeps): Interceptor<Routed, Entered & Identified & Permitted & Joinable> {
  return (next) => async (call) => {
    const { snapshot, client, model } = call;
    const counting = countPrompt(call, model, deps);
    const leastPromptTokens = counting === undefined ? undefined : await counting;
    const plan = makePlan({ call, digest: snapshot.digest, client, model, leastPromptTokens });
    call.record.route = plan.candidates.map(({ deployment, fit, detail }) => ({
      deployment: deployment.id,
      fit,
      detail,
    }));
    return next(extend(call, { plan }));
  };
}

/** Only where a window is known and the call generates; the smallest window decides whether it is worth counting. */
function countPrompt(
  { rpc, request }: Pick<Call, 'rpc' | 'request'>,
  { deployments }: Model,
  { leastPromptTokens }: RoutingDeps,
): Promise<number> | undefined {
  const generation = rpc === 'complete' || rpc === 'stream' ? generationOf(request) : undefined;
  if (generation === undefined) return undefined;
  let smallest = Number.POSITIVE_INFINITY;
  for (const { capabilities } of deployments)
    smallest = Math.min(smallest, capabilities.contextWindowTokens ?? smallest);
  if (smallest === Number.POSITIVE_INFINITY) return undefined;
  return leastPromptTokens(generation, deployments[0]?.upstreamModel ?? '', smallest);
}

function generationOf(request: AnyRequest): Generation | undefined {
  return 'generation' in request ? request.generation : undefined;
}
