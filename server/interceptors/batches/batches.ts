/** A large Embed becomes several requests to the provider, under one deadline, one allowance of retries, one vector space. */
import type { Entered } from '../../config/snapshot.ts';
import type { Call, VectorsAnswer } from '../../model/call.ts';
import { GatewayError } from '../../model/errors.ts';
import { maxReplyBytes } from '../../model/reply-size.ts';
import type { Deployment } from '../../model/target.ts';
import { spentUsage } from '../../model/usage.ts';
import type { EmbedRequest } from '../../model/wire.ts';
import { type Batched, extend, type Handler, type Interceptor, isCall, type Routed } from '../chain.ts';
import { cut, join } from './pieces.ts';
import { runPool } from './pool.ts';
import { vectorBytes } from './reply-size.ts';

/** What batches needs. */
export interface BatchesDeps {
  /** Most inputs of one request to a deployment whose configuration says nothing; undefined: no limit is known. */
  readonly maxEmbedInputs: (deployment: Deployment) => number | undefined;
}

const CONCURRENCY = 4; // Enough to hide the latency of a provider; more would only meet its rate limit sooner.

/**
 * Splits what the target cannot take at once. The first piece goes by the plan, small enough for every deployment in it;
 * the others are bound to the deployment that answered it, a few at a time. A piece that fails fails the call and cancels
 * the others; the record has what was spent.
 * @throws GatewayError RESPONSE_TOO_LARGE, before anything is sent, where the length of the vectors is known.
 */
export function batches(deps: BatchesDeps): Interceptor<Batched, Entered & Routed> {
  return (next) => async (call) => {
    if (!isCall(call, 'embed')) return next(extend(call, whole()));
    checkReplySize(call.request, maxReplyBytes(call.options), call.plan.deployments);
    const limitOf = (deployment: Deployment) =>
      deployment.maxEmbedInputs ?? deps.maxEmbedInputs(deployment) ?? Number.POSITIVE_INFINITY;
    const firstSize = Math.min(...call.plan.deployments.map(limitOf));
    const answer =
      call.request.inputs.length <= firstSize
        ? next<'embed'>(extend(call, whole()))
        : embedInPieces(call, next, { firstSize, limitOf });
    return answer;
  };
}

function whole(): Batched {
  return { batch: { index: 0, count: 1 }, retries: { used: 0 }, boundTo: undefined };
}

interface Sizes {
  readonly firstSize: number;
  readonly limitOf: (deployment: Deployment) => number;
}

async function embedInPieces<Ctx extends Routed>(
  call: Call<'embed'> & Ctx,
  next: Handler<Ctx & Batched>,
  { firstSize, limitOf }: Sizes,
): Promise<VectorsAnswer> {
  const retries = { used: 0 };
  const group = new AbortController(); // Cancels the pieces, for the call's reasons or for their own.
  const cancel = () => group.abort(call.signal.reason);
  call.signal.addEventListener('abort', cancel, { once: true });
  if (call.signal.aborted) cancel();
  const send = (request: EmbedRequest, batch: Batched['batch'], boundTo: Deployment | undefined) =>
    next<'embed'>({ ...call, request, signal: group.signal, batch, retries, boundTo });
  try {
    const [firstPiece, rest] = splitAt(call.request, firstSize);
    const estimate = 1 + Math.ceil(rest.inputs.length / firstSize);
    const first = await send(firstPiece, { index: 0, count: estimate }, undefined);
    const pieces = cut(rest, limitOf(first.deployment));
    const others = await runPool(
      pieces,
      (piece, index) => send(piece, { index: index + 1, count: pieces.length + 1 }, first.deployment),
      { concurrency: CONCURRENCY, onFailure: (error) => group.abort(error) },
    );
    const answer = join([first, ...others]);
    call.record.usage = answer.usage;
    return answer;
  } catch (error) {
    call.record.usage = spentUsage(call.record.attempts);
    throw error;
  } finally {
    call.signal.removeEventListener('abort', cancel);
  }
}

function splitAt(request: EmbedRequest, size: number): readonly [EmbedRequest, EmbedRequest] {
  return [
    { ...request, inputs: request.inputs.slice(0, size) },
    { ...request, inputs: request.inputs.slice(size) },
  ];
}

function checkReplySize(request: EmbedRequest, maxBytes: number, deployments: readonly Deployment[]): void {
  const dimensions = request.dimensions ?? leastDimensions(deployments);
  if (dimensions === undefined) return;
  const bytes = vectorBytes(request, dimensions);
  if (bytes <= maxBytes) return;
  throw new GatewayError(
    'RESPONSE_TOO_LARGE',
    `${request.inputs.length} vectors of ${dimensions} dimensions are ${bytes} bytes, more than the ${maxBytes} of ` +
      'max_reply_bytes; raise it, send fewer inputs at once, or ask for fewer dimensions',
    { metadata: { bytes: String(bytes), maxReplyBytes: String(maxBytes) } },
  );
}

/** The shortest vectors that may come: only what certainly does not fit is refused. Undefined: one does not know. */
function leastDimensions(deployments: readonly Deployment[]): number | undefined {
  const known = deployments.map(({ capabilities }) => Math.min(...capabilities.dimensions));
  const least = Math.min(...known);
  return Number.isFinite(least) && known.every(Number.isFinite) ? least : undefined;
}
