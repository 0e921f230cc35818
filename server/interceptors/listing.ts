/** Answers ListModels; every other call asks for a model, by name. */
import type { Entered, Model } from '../config/snapshot.ts';
import type { ModelsAnswer, RpcTypes } from '../model/call.ts';
import { GatewayError } from '../model/errors.ts';
import { dearestPrices } from '../model/price-summary.ts';
import type { ListModelsRequest, ModelInfo } from '../model/wire.ts';
import { type Asking, extend, type Identified, type Interceptor, isCall } from './chain.ts';

const DEFAULT_PAGE_SIZE = 100; // ListModelsRequest.page_size

/** Models as they are at a moment, in milliseconds since 1970. */
export interface ModelsNow {
  readonly models: ReadonlyMap<string, Model>;
  readonly wallMs: number;
}

/** Answers ListModels from the snapshot, without any provider, and names the model that other calls ask for. */
export function listing(): Interceptor<Asking, Entered & Identified> {
  return (next) => async (call) => {
    if (!isCall(call, 'listModels')) return next(extend(call, { modelName: askedFor(call.request) }));
    const answer = listModels(call.request, call.client.modelNames, {
      models: call.snapshot.models,
      wallMs: call.receivedAtWallMs,
    });
    return answer;
  };
}

/**
 * One page of models. The token names the last model of the page before, so that it stays good when the configuration
 * changes between two pages.
 * @throws GatewayError INVALID_REQUEST for a token that this gateway did not make.
 */
export function listModels(
  request: ListModelsRequest,
  names: readonly string[],
  { models, wallMs }: ModelsNow,
): ModelsAnswer {
  const after = decodeToken(request.pageToken);
  const size = request.pageSize === 0 ? DEFAULT_PAGE_SIZE : request.pageSize;
  const left = names.filter((name) => name > after && models.has(name));
  const page = left.slice(0, size);
  const last = page.at(-1);
  return {
    kind: 'models',
    models: page.flatMap((name) => describe(models.get(name), wallMs)),
    nextPageToken: last === undefined || page.length === left.length ? '' : encodeToken(last),
  };
}

function describe(model: Model | undefined, wallMs: number): readonly ModelInfo[] {
  return model === undefined ? [] : [{ ...model.info, prices: dearestPrices(model.deployments, wallMs) }];
}

function encodeToken(name: string): string {
  return Buffer.from(`after:${name}`).toString('base64url');
}

function decodeToken(token: string): string {
  if (token === '') return '';
  const text = Buffer.from(token, 'base64url').toString();
  if (text.startsWith('after:') && encodeToken(text.slice('after:'.length)) === token)
    return text.slice('after:'.length);
  const description =
    'is no token of this gateway: send next_page_token of the page before, or nothing for the first page';
  throw new GatewayError('INVALID_REQUEST', `page_token ${description}`, {
    violations: [{ field: 'page_token', description }],
  });
}

function askedFor(
  request: RpcTypes['complete' | 'stream' | 'embed' | 'countTokens' | 'listModels']['request'],
): string {
  if ('generation' in request) return request.generation?.model ?? '';
  return 'model' in request ? request.model : '';
}
