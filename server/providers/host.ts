/** A host: a place that speaks a dialect, with framing and signing. Declarative: a row of the catalogue. */
import type { Feature } from '../model/target.ts';
import type { Dialect, Encoded, Frame, Target } from './dialect.ts';
import type { Quirks } from './quirks.ts';

/** How a host cuts its streams into frames. */
export type Framing = 'sse' | 'json-array' | 'aws-event-stream';

/**
 * How requests to a host are signed. `bearer`: Authorization; `api-key`: the header that `keyHeader` names; `azure`: that header
 * where there is a key, and a token of Entra ID otherwise; `sigv4`: AWS's signature, or an API key as bearer; `google`: a token of
 * Google's.
 */
export type Signing = 'none' | 'bearer' | 'api-key' | 'sigv4' | 'google' | 'azure';

/** Keys of a provider's configuration that only some hosts take. */
export type HostSetting =
  | 'apiVersion'
  | 'clientId'
  | 'clientSecret'
  | 'credentials'
  | 'profile'
  | 'project'
  | 'region'
  | 'resource'
  | 'scope'
  | 'tenantId';

/**
 * What a row is held against, the best there is: recorded replies of this very host, the provider's own SDK, a page of its
 * documentation, or nothing but what is generally known.
 */
export type Proof = 'recording' | 'official-sdk' | 'provider-page' | 'memory';

/** One host. */
export interface Host {
  /** Name in configurations, for instance openai-compatible. */
  readonly id: string;
  /** Name for people. */
  readonly title: string;
  readonly dialectId: string;
  /**
   * Origin and path prefix, with settings in braces, which the configuration then has to give; undefined: it must give the
   * whole of it.
   */
  readonly baseUrl: string | undefined;
  /** Base URLs of regions whose names are formed otherwise. */
  readonly regionalUrls?: Readonly<Record<string, string>>;
  /** Which of the settings it takes. */
  readonly settings: readonly HostSetting[];
  /** Their values where the configuration gives none. */
  readonly defaults: Readonly<Partial<Record<HostSetting, string>>>;
  readonly framing: Framing;
  readonly sign: Signing;
  /** Header of the key where `sign` is api-key or azure. */
  readonly keyHeader: string | undefined;
  /** Whether a provider without a key is a configuration error. */
  readonly keyRequired: boolean;
  /** Headers that every request carries, lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly quirks: Quirks;
  /** What no model of the host can honour. */
  readonly lacks: readonly Feature[];
  /** `network`: over HTTP; `in-process`: the embedded simulator. */
  readonly place: 'network' | 'in-process';
  /** Changes a request of the dialect into the host's form: path template, members of the body, headers. */
  readonly shape: (encoded: Encoded, target: Target, settings: Readonly<Record<string, unknown>>) => Encoded;
  /**
   * The dialect's frame out of the host's own wrapping (Claude on Bedrock); absent: frames are the dialect's.
   * @throws GatewayError UPSTREAM_PROTOCOL, or the error that the host reports in the frame's place.
   */
  readonly unwrap?: (frame: Frame) => Frame;
  /** What the host answers in words of its own instead of the dialect's (Claude on Bedrock); absent: nothing. */
  readonly overrides?: Partial<Pick<Dialect, 'decodeError' | 'countTokens'>>;
  /** Page of the provider's that the row follows, and the day on which it was read, or that it was not. */
  readonly source: string;
  readonly proof: Proof;
  /** What a reader of docs/hosts.md should know besides; absent: nothing. */
  readonly note?: string;
}
