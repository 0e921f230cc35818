/**
 * The service definitions as the server uses them: requests keep their bytes for the exact look at what is unknown, replies
 * are encoded by the handlers, which have to know their size, and fromPartial is left out.
 */
import type { ServiceDefinition } from 'nice-grpc';
import {
  CompleteRequest,
  CountTokensRequest,
  EmbedRequest,
  ExplainRequest,
  ListModelsRequest,
  StreamRequest,
} from '../../model/wire.ts';
import { hasTooManyFields } from './field-count.ts';

/** A decoded request and the bytes it came in. */
export interface Received<T> {
  readonly message: T;
  readonly bytes: Uint8Array;
  /** Full name of the message, for instance kanmon.v1.CompleteRequest. */
  readonly typeName: string;
  /** It has more fields than are ever decoded: the message is an empty one. */
  readonly tooManyFields: boolean;
}

interface Decoder<T> {
  decode(bytes: Uint8Array): T;
}

const NO_SIDE_EFFECTS = { idempotencyLevel: 'NO_SIDE_EFFECTS' } as const;

/** kanmon.v1.GatewayService: handlers take Received requests and return encoded replies. */
export const GATEWAY_SERVICE = {
  complete: method('kanmon.v1.GatewayService/Complete', CompleteRequest, {}),
  stream: { ...method('kanmon.v1.GatewayService/Stream', StreamRequest, {}), responseStream: true as const },
  embed: method('kanmon.v1.GatewayService/Embed', EmbedRequest, {}),
  listModels: method('kanmon.v1.GatewayService/ListModels', ListModelsRequest, NO_SIDE_EFFECTS),
  countTokens: method('kanmon.v1.GatewayService/CountTokens', CountTokensRequest, NO_SIDE_EFFECTS),
} satisfies ServiceDefinition;

/** kanmon.v1alpha1.ExplainService, in the same form. */
export const EXPLAIN_SERVICE = {
  explain: method('kanmon.v1alpha1.ExplainService/Explain', ExplainRequest, NO_SIDE_EFFECTS),
} satisfies ServiceDefinition;

/** `name` is the full name of the method; its request is named after it, in the same package. */
function method<T>(name: string, decoder: Decoder<T>, options: { readonly idempotencyLevel?: 'NO_SIDE_EFFECTS' }) {
  const typeName = name.replace(/\w+\/(\w+)$/, '$1Request');
  return {
    path: `/${name}`,
    requestStream: false as const,
    responseStream: false as const,
    requestSerialize: refuse,
    requestDeserialize(bytes: Uint8Array): Received<T> {
      const tooManyFields = hasTooManyFields(typeName, bytes);
      return { message: decoder.decode(tooManyFields ? NOTHING : bytes), bytes, typeName, tooManyFields };
    },
    responseSerialize: (bytes: Uint8Array): Uint8Array => bytes,
    responseDeserialize: refuse,
    options,
  };
}

const NOTHING = new Uint8Array(0);

function refuse(): never {
  throw new Error('the server does not call itself');
}
