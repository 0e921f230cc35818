/** Where a call can go: the static description of deployments, as the configuration compiles it. Data only. */
import type { Prices } from './prices.ts';
import type { Secret } from './secret.ts';

/**
 * Something that a model or host may be unable to honour. A parameter whose feature is lacking is dropped or rewritten and
 * reported (ADAPT), or refused (STRICT).
 */
export type Feature =
  | 'temperature'
  | 'topP'
  | 'topK'
  | 'frequencyPenalty'
  | 'presencePenalty'
  | 'seed'
  | 'stopSequences'
  | 'logprobs'
  | 'tools'
  | 'customTools'
  | 'toolChoice'
  /** A choice that makes the model call a tool: required, or one by name. */
  | 'forcedToolChoice'
  | 'parallelToolCalls'
  | 'strictTools'
  | 'jsonObject'
  | 'jsonSchema'
  | 'reasoning'
  | 'reasoningEffortNone'
  | 'verbosity'
  | 'serviceTier'
  | 'imageInput'
  | 'audioInput'
  | 'videoInput'
  | 'documentInput'
  | 'audioOutput'
  | 'imageOutput'
  | 'systemRole'
  | 'cacheBreakpoint'
  | 'endUser'
  | 'sessionKey';

/** What is known of a model. Unknown models lack nothing: their provider has the last word. */
export interface Capabilities {
  /** Size of the context window in tokens; undefined: not known. */
  readonly contextWindowTokens: number | undefined;
  /** Largest answer in tokens; undefined: not known. */
  readonly maxOutputTokens: number | undefined;
  /** What the model cannot honour. */
  readonly lacks: ReadonlySet<Feature>;
  /** How the model is told to think: by effort, by a budget of tokens, adaptively; undefined: not known. */
  readonly reasoningBy: 'effort' | 'budget' | 'adaptive' | undefined;
  /** Lengths of vector that can be asked for; empty: not known, or no vectors. */
  readonly dimensions: readonly number[];
}

/** What the configuration lets callers pass to a provider unseen. Everything is off unless it is listed. */
export interface Allowances {
  /** Members of provider_options_json that pass, by dialect id. */
  readonly providerOptions: ReadonlyMap<string, ReadonlySet<string>>;
  /** Types of provider tools that pass (the member "type" of the definition). */
  readonly providerTools: ReadonlySet<string>;
  /** Types of opaque items that are accepted back. */
  readonly opaqueItems: ReadonlySet<string>;
  /** Whether URIs of media are handed to providers. */
  readonly uris: boolean;
}

/** TLS of the connections to one provider. All file contents are PEM. */
export interface ProviderTls {
  readonly ca: string | undefined;
  readonly cert: string | undefined;
  readonly key: Secret | undefined;
  readonly serverName: string | undefined;
}

/** A configured host with credentials. */
export interface Provider {
  /** Name in the configuration. */
  readonly name: string;
  /** Row of the catalogue. */
  readonly hostId: string;
  /** Origin and path prefix, without a slash at its end. */
  readonly baseUrl: string;
  /** Used in turn. Empty: the host needs none, or has credentials of another kind. */
  readonly apiKeys: readonly Secret[];
  /** Further headers of the configuration, lower-case names. */
  readonly headers: ReadonlyMap<string, string>;
  /** URL of an HTTP proxy (CONNECT); undefined: none. */
  readonly proxyUrl: string | undefined;
  readonly tls: ProviderTls;
  /** Connections at most; each carries one call. */
  readonly maxConnections: number;
  /** OpaqueOrigin.state_domain of what this provider makes. */
  readonly stateDomain: string;
  /** The host's own settings: texts and secrets (region, clientSecret), the simulator's seed and speed. Checked. */
  readonly settings: Readonly<Record<string, unknown>>;
}

/** Time limits of attempts, in milliseconds. */
export interface AttemptTimeouts {
  /** To an open connection, TLS included. */
  readonly connectMs: number;
  /** Streamed attempts: to the first output. Pings are a live connection, not progress. */
  readonly firstTokenMs: number;
  /** Streamed attempts: between two pieces of output. */
  readonly idleMs: number;
}

/** A provider, an upstream model, tags and limits: one place where calls of a model can go. */
export interface Deployment {
  /** `<provider>/<upstream model>`, unique within its model. */
  readonly id: string;
  readonly provider: Provider;
  /** Dialect of the provider's host. */
  readonly dialectId: string;
  readonly upstreamModel: string;
  /** Lower is tried first. */
  readonly priority: number;
  /** Share among deployments of one priority; 0 only when all else fails. */
  readonly weight: number;
  readonly tags: ReadonlyMap<string, string>;
  readonly capabilities: Capabilities;
  /** max_output_tokens for calls that set none; undefined: none is sent unless the dialect demands one. */
  readonly defaultMaxOutputTokens: number | undefined;
  readonly allowances: Allowances;
  readonly timeouts: AttemptTimeouts;
  /** A Complete that is streamed upstream and folded. */
  readonly completeVia: 'unary' | 'stream';
  /** Name of the space in which the vectors lie. */
  readonly vectorSpaceId: string;
  /** Most inputs of one embedding request; undefined: the host's. */
  readonly maxEmbedInputs: number | undefined;
  readonly prices: Prices;
}
