/** A dialect: one provider JSON language, pure. No I/O, clock, random, environment or configuration. */
import type { GatewayError } from '../model/errors.ts';
import type { Allowances, Capabilities } from '../model/target.ts';
import type {
  Adaptation,
  ChatMessage,
  Embedding,
  EmbedRequest,
  FinishReason,
  Generation,
  StreamEvent,
  Usage,
} from '../model/wire.ts';
import type { Quirks } from './quirks.ts';

/** Where a request goes and how the caller wants it treated: all that a dialect may know besides the request. */
export interface Target {
  readonly provider: string;
  readonly dialectId: string;
  readonly upstreamModel: string;
  /** OpaqueOrigin.state_domain of the deployment. */
  readonly stateDomain: string;
  readonly capabilities: Capabilities;
  readonly quirks: Quirks;
  readonly allowances: Allowances;
  /** For calls that set no max_output_tokens; undefined: send none unless the dialect demands one. */
  readonly defaultMaxOutputTokens: number | undefined;
  readonly adaptation: 'adapt' | 'strict';
  readonly onForeignState: 'pin' | 'strip' | 'fail';
  /** Hash of the end user; undefined: none. */
  readonly endUserHash: string | undefined;
  /** Hash of team and session key, for the provider's prompt cache; undefined: none. */
  readonly sessionKeyHash: string | undefined;
}

/** One request in the provider's language. Origin, credentials and framing are added by the host and upstream. */
export interface Encoded {
  /** Path below the provider's base URL, beginning with a slash. */
  readonly path: string;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  /** A plain object, serialised once. It is fresh: whoever gets it may change it. */
  readonly body: Record<string, unknown>;
  readonly adaptations: readonly Adaptation[];
}

/** One whole answer. */
export interface Decoded {
  readonly message: ChatMessage;
  readonly finishReason: FinishReason;
  readonly usage: Usage;
  /** Model as the provider names it; empty if it does not. */
  readonly upstreamModel: string;
}

/** Vectors of one request. */
export interface DecodedVectors {
  /** In the order of the inputs, whatever the order of the reply. Encoded as the request's encoding says. */
  readonly embeddings: readonly Embedding[];
  readonly dimensions: number;
  readonly usage: Usage;
  readonly upstreamModel: string;
}

/** One event of a provider's stream, out of its framing. */
export interface Frame {
  /** SSE's event field, or the event type of another framing; empty if there is none. */
  readonly event: string;
  readonly data: string;
}

/** The state of one provider stream. Fresh for each attempt. */
export interface StreamDecoder {
  /**
   * Takes one frame and gives its events, synchronously; often none. Never gives `started` or `finished`.
   * @throws GatewayError what the provider reports as an error in its stream, or UPSTREAM_PROTOCOL for a frame that is
   * not JSON. Unknown events and fields are passed over or kept as opaque parts.
   */
  push(frame: Frame): readonly StreamEvent[];
  /** Whether the provider has said its last word; upstream then stops reading. */
  readonly done: boolean;
  /**
   * Whether the provider has named a finish reason: from here on the answer has begun even if it has no output at all
   * (the commit point), whatever usage still follows.
   */
  readonly finishing: boolean;
  /**
   * Ends the stream: closes open parts and gives `finished` last, with finish_reason and usage only.
   * @throws GatewayError UPSTREAM_TRUNCATED if the provider had not finished.
   */
  end(): readonly StreamEvent[];
  /** Model as the provider has named it so far; empty if it has not. */
  readonly upstreamModel: string;
  /** Usage as far as it has been reported, with confidence PARTIAL before the end; undefined: nothing was reported. */
  readonly usage: Usage | undefined;
}

/** One provider JSON language. Every function leaves its arguments as they were. */
export interface Dialect {
  /** For instance anthropic.messages. */
  readonly id: string;
  /**
   * Encodes a generation.
   * @throws GatewayError PARAMETER_UNSUPPORTED (STRICT, with every such field as a violation), OPTION_NOT_ALLOWED,
   * FOREIGN_STATE, or INVALID_REQUEST for what no form of the dialect can carry.
   */
  encodeComplete(generation: Generation, target: Target, stream: boolean): Encoded;
  /**
   * Parses the body of a whole reply, where JSON.parse would lose what the contract keeps (large numbers in a tool call's
   * arguments that are JSON of the reply itself). Absent: JSON.parse. @throws SyntaxError
   */
  readonly parseReply?: (body: string) => unknown;
  /** Decodes the JSON of a whole reply. @throws GatewayError UPSTREAM_PROTOCOL, or the error that it is. */
  decodeComplete(reply: unknown, target: Target): Decoded;
  openStream(target: Target): StreamDecoder;
  /** Decodes an error reply. Total: never throws, whatever the body is. */
  decodeError(status: number, headers: ReadonlyMap<string, string>, contentType: string, body: string): GatewayError;
  readonly embed?: {
    readonly encode: (request: EmbedRequest, target: Target) => Encoded;
    /**
     * @param headers Of the reply, by lower-case names: some providers count tokens only there.
     * @throws GatewayError UPSTREAM_PROTOCOL if a vector is missing or of another length than the others.
     */
    readonly decode: (
      reply: unknown,
      request: EmbedRequest,
      target: Target,
      headers?: ReadonlyMap<string, string>,
    ) => DecodedVectors;
    /** Most inputs of one request, where it depends on the model by its name. */
    readonly maxInputs: number | ((upstreamModel: string) => number);
  };
  /** The usage by which the provider charges, where that is another than what the contract counts. Absent: the usage itself. */
  readonly billedUsage?: (usage: Usage) => Usage;
  readonly countTokens?: {
    readonly encode: (generation: Generation, target: Target) => Encoded;
    readonly decode: (reply: unknown) => number;
  };
}
