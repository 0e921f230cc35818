/** The closed union of reasons for which a call fails, and the one table that says what each means to everybody. */
import type { ErrorReason } from './wire.ts';

/** Names of the status codes in use. */
export type StatusCode =
  | 'CANCELLED'
  | 'INVALID_ARGUMENT'
  | 'DEADLINE_EXCEEDED'
  | 'NOT_FOUND'
  | 'PERMISSION_DENIED'
  | 'RESOURCE_EXHAUSTED'
  | 'FAILED_PRECONDITION'
  | 'ABORTED'
  | 'UNIMPLEMENTED'
  | 'INTERNAL'
  | 'UNAVAILABLE'
  | 'UNAUTHENTICATED';

/** Why a call fails: the contract's ErrorReason, without the value that is none. */
export type Reason = Exclude<keyof typeof ErrorReason, 'UNSPECIFIED' | 'UNRECOGNIZED'>;

/** What one reason means. */
export interface ReasonRow {
  readonly code: StatusCode;
  /**
   * What the gateway does with an attempt that failed so: `same` may try the same deployment again or the next one, `next`
   * only another one, `never` gives up.
   */
  readonly retry: 'never' | 'same' | 'next';
  /** What a client is told if the gateway did not itself retry: `wait` to try again later, `never` that it must not. */
  readonly client: 'never' | 'wait';
  /** Whether the message tells the caller what happened; if not, it sees only the reason's meaning. */
  readonly visible: boolean;
  /** What it means, in one sentence for docs/errors.md and for hidden messages. */
  readonly means: string;
  /** What to do about it, in one or two sentences. */
  readonly remedy: string;
}

const CALLER = { retry: 'never', client: 'never', visible: true } as const;
const LATER = { retry: 'never', client: 'wait', visible: true } as const;
const SAME = { code: 'UNAVAILABLE', retry: 'same', client: 'wait', visible: true } as const;
const NEXT = { code: 'UNAVAILABLE', retry: 'next', client: 'wait', visible: true } as const;
const BROKEN = { code: 'UNAVAILABLE', retry: 'never', client: 'never', visible: true } as const;

/** Every reason. The contract's enum and this table cannot differ: a missing or foreign row does not compile. */
export const REASONS: Readonly<Record<Reason, ReasonRow>> = {
  INVALID_REQUEST: {
    ...CALLER,
    code: 'INVALID_ARGUMENT',
    means: 'Fields of the request are wrong.',
    remedy: 'Mend the fields that BadRequest names; every one is listed.',
  },
  UNKNOWN_FIELD: {
    ...CALLER,
    code: 'INVALID_ARGUMENT',
    means: 'The request has a field or enum number that this version of the gateway does not know.',
    remedy: 'The client is newer than the gateway: roll out the gateway first, or leave the field away.',
  },
  FIELD_NOT_SERVED: {
    ...CALLER,
    code: 'UNIMPLEMENTED',
    means: 'The request uses a part of the contract that this version does not serve yet.',
    remedy: 'Leave the named fields away. The changelog says which version serves what.',
  },
  OPTION_NOT_ALLOWED: {
    ...CALLER,
    code: 'INVALID_ARGUMENT',
    means: "The request carries something that the model's configuration does not let through.",
    remedy: 'Leave it away, or have it listed under `allow` of the model.',
  },
  PARAMETER_UNSUPPORTED: {
    ...CALLER,
    code: 'INVALID_ARGUMENT',
    retry: 'next',
    means: 'The chosen model cannot honour a parameter, and the call demands that it does.',
    remedy: 'Leave the parameter away, choose another model, or use adaptation ADAPT.',
  },
  PROMPT_TOO_LONG: {
    ...CALLER,
    code: 'INVALID_ARGUMENT',
    means: "The prompt does not fit the model's context window.",
    remedy: 'Shorten the conversation, or choose a model with a larger window.',
  },
  SCHEMA_TOO_COMPLEX: {
    ...CALLER,
    code: 'INVALID_ARGUMENT',
    means: 'A JSON Schema is too deep, too large or refers elsewhere.',
    remedy: 'Stay within 32 levels and 5,000 nodes, and refer only within the schema.',
  },
  REQUEST_ID_REUSED: {
    ...CALLER,
    code: 'INVALID_ARGUMENT',
    means: 'The same request id is in flight with another body.',
    remedy: 'Make a new request id for every call, and keep it only over retries of that call.',
  },
  FOREIGN_STATE: {
    ...CALLER,
    code: 'FAILED_PRECONDITION',
    means: 'The conversation carries state of a provider that cannot serve this call.',
    remedy: 'Use on_foreign_state STRIP, or a model with a deployment of that origin.',
  },
  RESPONSE_TOO_LARGE: {
    ...CALLER,
    code: 'RESOURCE_EXHAUSTED',
    means: 'The reply is larger than the caller takes.',
    remedy: "Raise max_reply_bytes and the client's limit of message size, or ask for less.",
  },
  METADATA_TOO_LARGE: {
    ...CALLER,
    code: 'RESOURCE_EXHAUSTED',
    means: "The request's metadata is over 16 KiB.",
    remedy: 'Send less metadata.',
  },
  UNAUTHENTICATED: {
    ...CALLER,
    code: 'UNAUTHENTICATED',
    means: 'The caller shows no credential that verifies.',
    remedy: "Connect with a client certificate of the gateway's client CA.",
  },
  INVALID_SVID: {
    ...CALLER,
    code: 'UNAUTHENTICATED',
    means: 'The client certificate verifies but is no valid X.509-SVID.',
    remedy: 'Issue a leaf certificate with exactly one URI name, without CA and without certificate or CRL signing.',
  },
  PEER_NOT_ALLOWED: {
    ...CALLER,
    code: 'PERMISSION_DENIED',
    means: 'The client certificate belongs to no configured client.',
    remedy: "Add its SPIFFE id or DNS name to a client of the gateway's configuration.",
  },
  PEER_REVOKED: {
    ...CALLER,
    code: 'PERMISSION_DENIED',
    means: 'The client certificate was revoked.',
    remedy: 'Issue a new certificate.',
  },
  KEY_INVALID: {
    ...CALLER,
    code: 'UNAUTHENTICATED',
    means: 'The API key is missing, unknown or revoked.',
    remedy: 'Use a current key.',
  },
  KEY_IDENTITY_MISMATCH: {
    ...CALLER,
    code: 'PERMISSION_DENIED',
    means: 'The API key belongs to another identity than the certificate.',
    remedy: 'Use the key of this service.',
  },
  TOKEN_INVALID: {
    ...CALLER,
    code: 'UNAUTHENTICATED',
    means: 'The token does not verify.',
    remedy: 'Fetch a new token from the configured issuer, for the configured audience.',
  },
  JWKS_UNAVAILABLE: {
    ...LATER,
    code: 'UNAVAILABLE',
    means: "The keys of the token's issuer cannot be fetched.",
    remedy: 'Try again later; the operator checks the issuer.',
  },
  MODEL_NOT_FOUND: {
    ...CALLER,
    code: 'NOT_FOUND',
    means: 'The model does not exist, or this client was not given it.',
    remedy: 'Use one of the models that the message names, or have the model added to the client.',
  },
  POLICY_DENIED: {
    ...CALLER,
    code: 'PERMISSION_DENIED',
    means: 'A policy refuses the call.',
    remedy: 'The message names the policy; its owner can explain it.',
  },
  GUARDRAIL_BLOCKED: {
    ...CALLER,
    code: 'PERMISSION_DENIED',
    means: 'A guardrail refuses the call or its answer.',
    remedy: 'The message names the guardrail; its owner can explain it.',
  },
  RATE_LIMITED: {
    ...LATER,
    code: 'RESOURCE_EXHAUSTED',
    means: "The client's rate limit is used up.",
    remedy: 'Wait for as long as RetryInfo says, or have the limit raised.',
  },
  BUDGET_EXCEEDED: {
    ...CALLER,
    code: 'RESOURCE_EXHAUSTED',
    means: 'A budget is used up.',
    remedy: 'QuotaFailure names the budget; have it raised, or wait for its next period.',
  },
  COST_LIMIT_EXCEEDED: {
    ...CALLER,
    code: 'RESOURCE_EXHAUSTED',
    means: 'The call could cost more than max_cost_usd_nanos allows.',
    remedy: 'Lower max_output_tokens, or raise the limit.',
  },
  PRICE_UNKNOWN: {
    ...CALLER,
    code: 'FAILED_PRECONDITION',
    means: "A strict budget applies and the model's price is unknown.",
    remedy: "Give the deployment's prices in the configuration.",
  },
  LIMITER_UNAVAILABLE: {
    ...LATER,
    code: 'UNAVAILABLE',
    means: 'The store of a strict limit cannot be reached.',
    remedy: 'Try again in a second; the operator checks the store.',
  },
  CACHE_MISS: {
    ...CALLER,
    code: 'NOT_FOUND',
    means: 'Only the cache was asked, and it has nothing.',
    remedy: 'Use another cache mode.',
  },
  IDEMPOTENCY_IN_PROGRESS: {
    ...LATER,
    code: 'ABORTED',
    means: 'Another replica is at work on the same idempotency key.',
    remedy: 'Try again later; the stored reply will be returned.',
  },
  IDEMPOTENCY_KEY_REUSED: {
    ...CALLER,
    code: 'FAILED_PRECONDITION',
    means: 'The idempotency key was used with another body.',
    remedy: 'Use a new key for a new call.',
  },
  OUTCOME_UNKNOWN: {
    ...CALLER,
    code: 'ABORTED',
    means: 'An earlier call with this key may or may not have been done.',
    remedy: 'Decide whether to make the call again, with a new key.',
  },
  OVERLOADED: {
    ...LATER,
    code: 'UNAVAILABLE',
    means: 'The gateway has too much to do.',
    remedy: 'Try again later; the operator adds replicas.',
  },
  SERVER_DRAINING: {
    ...LATER,
    code: 'UNAVAILABLE',
    means: 'This replica shuts down.',
    remedy: 'Try again at once: another replica answers.',
  },
  TOO_MANY_CONNECTIONS: {
    ...CALLER,
    code: 'RESOURCE_EXHAUSTED',
    means: 'The client holds too many connections.',
    remedy: 'Share one channel in each process: gRPC multiplexes calls over it.',
  },
  CLIENT_TOO_SLOW: {
    ...CALLER,
    code: 'ABORTED',
    means: 'The caller did not read its stream for too long.',
    remedy: 'Read the stream as it comes, or ask for a unary reply.',
  },
  DEADLINE_EXCEEDED: {
    ...CALLER,
    code: 'DEADLINE_EXCEEDED',
    means: "The call's deadline passed, or is too near to begin.",
    remedy: 'Give the call more time.',
  },
  CANCELLED: {
    ...CALLER,
    code: 'CANCELLED',
    means: 'The caller cancelled.',
    remedy: 'Nothing: this is what was asked for.',
  },
  INTERNAL: {
    ...CALLER,
    code: 'INTERNAL',
    visible: false,
    means: 'The gateway failed by a fault of its own.',
    remedy: 'Report the call id to the operator: the log has the cause.',
  },
  CONFIG_INVALID: {
    ...CALLER,
    code: 'FAILED_PRECONDITION',
    means: 'A new configuration has faults; the old one stays.',
    remedy: 'Mend the faults that the message and the log name.',
  },
  AUDIT_UNAVAILABLE: {
    ...LATER,
    code: 'UNAVAILABLE',
    means: 'The audit log cannot be written.',
    remedy: 'The operator checks the disk.',
  },
  NO_DEPLOYMENT: {
    ...CALLER,
    code: 'FAILED_PRECONDITION',
    means: 'No deployment of the model is fit for the call.',
    remedy: 'The message names each deployment and why it is unfit: change the call, or the configuration.',
  },
  UPSTREAM_DNS: {
    ...SAME,
    means: "The provider's name does not resolve.",
    remedy: "The operator checks the provider's base URL and the resolver.",
  },
  UPSTREAM_CONNECT: {
    ...SAME,
    means: 'No connection to the provider could be made.',
    remedy: 'Try again later; the operator checks the network.',
  },
  UPSTREAM_TLS: {
    ...NEXT,
    means: "The provider's certificate does not verify. Nothing was sent to it.",
    remedy: "The operator checks the provider's certificate and `tls` of its configuration.",
  },
  UPSTREAM_TIMEOUT: {
    ...SAME,
    means: 'The provider sent nothing in time.',
    remedy: 'Try again later, or give the call more time.',
  },
  UPSTREAM_STALLED: {
    ...SAME,
    means: 'The provider stopped in the middle of its reply.',
    remedy: 'Try again later.',
  },
  UPSTREAM_STREAM_STALLED: {
    ...SAME,
    means: 'The provider stopped in the middle of its stream.',
    remedy: 'CallFailure says what was delivered; a new call generates, and costs, anew.',
  },
  UPSTREAM_RESET: {
    ...SAME,
    means: 'The connection to the provider broke before its reply was whole.',
    remedy: 'Try again later.',
  },
  UPSTREAM_STREAM_RESET: {
    ...SAME,
    means: 'The connection to the provider broke in the middle of its stream.',
    remedy: 'CallFailure says what was delivered; a new call generates, and costs, anew.',
  },
  UPSTREAM_TRUNCATED: {
    ...SAME,
    means: "The provider's stream ended without its end.",
    remedy: 'CallFailure says what was delivered; what came is not the whole answer.',
  },
  UPSTREAM_TOO_SLOW: {
    ...NEXT,
    means: 'The provider sends too slowly.',
    remedy: 'Try again later.',
  },
  UPSTREAM_RATE_LIMITED: {
    ...NEXT,
    code: 'RESOURCE_EXHAUSTED',
    retry: 'same',
    means: "The provider's rate limit of the gateway is used up.",
    remedy: 'Wait for as long as RetryInfo says; the operator adds deployments or quota.',
  },
  UPSTREAM_QUOTA_EXHAUSTED: {
    ...NEXT,
    code: 'RESOURCE_EXHAUSTED',
    client: 'never',
    means: "The gateway's credit with the provider is used up.",
    remedy: 'The operator pays the provider, or adds another.',
  },
  UPSTREAM_5XX: {
    ...SAME,
    means: 'The provider failed.',
    remedy: 'Try again later.',
  },
  UPSTREAM_OVERLOADED: {
    ...SAME,
    means: 'The provider says that it is overloaded.',
    remedy: 'Try again later.',
  },
  UPSTREAM_CREDENTIALS: {
    ...NEXT,
    code: 'INTERNAL',
    client: 'never',
    means: "The provider refuses the gateway's own credentials.",
    remedy: "The operator checks the provider's key. The caller's credentials are not the matter.",
  },
  UPSTREAM_REJECTED: {
    ...CALLER,
    code: 'INVALID_ARGUMENT',
    means: 'The provider rejects the request.',
    remedy: "Mend the request; the message has the provider's own words, cleaned and shortened.",
  },
  UPSTREAM_CONTENT_FILTERED: {
    ...CALLER,
    code: 'INVALID_ARGUMENT',
    means: 'A filter of the provider rejects the prompt.',
    remedy: 'Change the prompt.',
  },
  UPSTREAM_MODEL_NOT_FOUND: {
    ...NEXT,
    code: 'INTERNAL',
    client: 'never',
    means: 'The provider does not know the configured model.',
    remedy: "The operator checks the deployment's model.",
  },
  UPSTREAM_REDIRECT: {
    ...NEXT,
    means: 'The provider redirects, which is never followed.',
    remedy: "The operator checks the provider's base URL.",
  },
  UPSTREAM_PROTOCOL: {
    ...SAME,
    means: "The provider's reply is not what its protocol says.",
    remedy: "Try again later; the operator checks the provider's base URL and whatever stands before it.",
  },
  UPSTREAM_RESPONSE_TOO_LARGE: {
    ...BROKEN,
    means: "The provider's reply is larger than the gateway takes.",
    remedy: 'Ask for less, or have the limits raised.',
  },
  UPSTREAM_STREAM_ERROR: {
    ...SAME,
    means: 'The provider reported an error in the middle of its stream.',
    remedy: 'CallFailure says what was delivered; a new call generates, and costs, anew.',
  },
};
