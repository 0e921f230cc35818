/**
 * The innermost handler: one request to one provider. Encode ▶ shape ▶ serialise ▶ sign ▶ send ▶ frame ▶ decode. It tries
 * once: what to do about a failure is for the interceptors around it (but for a kept connection that turns out to be closed,
 * see http.ts).
 */
import type { CountAnswer, Rpc, RpcTypes, VectorsAnswer } from '../model/call.ts';
import { GatewayError } from '../model/errors.ts';
import { UsageConfidence } from '../model/wire.ts';
import { type Attempt, openAttempt, requestOf } from './attempt.ts';
import { parseReply } from './body.ts';
import type { Invocation, InvokeDeps } from './invocation.ts';
import { invokeComplete, invokeStream } from './invoke-complete.ts';
import { modelName } from './model-name.ts';
import { exchangeWhole } from './unary.ts';

/** Answers a call by its deployment. Resolves at the commit point; rejects with a GatewayError. */
export type Invoke = <R extends Rpc>(call: Invocation<R>) => Promise<RpcTypes[R]['answer']>;

type Invokers = { readonly [R in Rpc]: (attempt: Attempt<R>, deps: InvokeDeps) => Promise<RpcTypes[R]['answer']> };

const INVOKERS: Invokers = {
  complete: invokeComplete,
  stream: invokeStream,
  embed: invokeEmbed,
  countTokens: invokeCountTokens,
  listModels: () => Promise.reject(new GatewayError('INTERNAL', 'ListModels has no provider to go to')),
};

/** Makes the handler. */
export function createInvoke(deps: InvokeDeps): Invoke {
  return async <R extends Rpc>(call: Invocation<R>) => {
    if (call.signal.aborted) throw GatewayError.from(call.signal.reason);
    return INVOKERS[call.rpc](openAttempt(deps, call), deps);
  };
}

function invokeEmbed(attempt: Attempt<'embed'>): Promise<VectorsAnswer> {
  const { call, dialect, target, passage } = attempt;
  const { deployment, request } = call;
  const { embed } = dialect;
  if (embed === undefined) {
    throw new GatewayError('PARAMETER_UNSUPPORTED', `${deployment.id} has no embeddings; choose a model that has`);
  }
  const prepared = requestOf(attempt, embed.encode(request, target), false);
  return exchangeWhole(passage, prepared.request, (text, contentType, headers) => {
    const { embeddings, dimensions, usage, upstreamModel } = embed.decode(
      parseReply(text, contentType),
      request,
      target,
      headers,
    );
    const value: VectorsAnswer = {
      kind: 'vectors',
      deployment,
      upstreamModel: modelName(upstreamModel, deployment),
      embeddings,
      dimensions,
      usage,
      adaptations: prepared.adaptations,
    };
    return { value, usage };
  });
}

async function invokeCountTokens(attempt: Attempt<'countTokens'>, deps: InvokeDeps): Promise<CountAnswer> {
  const { call, dialect, target, passage } = attempt;
  const { deployment } = call;
  const { generation } = call.request;
  if (generation === undefined) throw new GatewayError('INTERNAL', 'a call without a generation was let through');
  const { countTokens } = dialect;
  if (countTokens === undefined || target.quirks.tokenCounter === false) {
    const { tokens, counter } = await deps.estimateTokens(generation, deployment.upstreamModel);
    return { kind: 'count', deployment, inputTokens: tokens, confidence: UsageConfidence.ESTIMATED, counter };
  }
  const encoded = countTokens.encode(generation, target);
  const { request } = requestOf(attempt, encoded, false);
  return exchangeWhole(passage, request, (text, contentType) => {
    const inputTokens = countTokens.decode(parseReply(text, contentType));
    const confidence = UsageConfidence.REPORTED;
    const value: CountAnswer = {
      kind: 'count',
      deployment,
      inputTokens,
      confidence,
      counter: encoded.path,
    };
    return { value, usage: undefined };
  });
}
