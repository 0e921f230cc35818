/** The seam of identity: certificates today; keys, tokens and trusted proxies are further authenticators. */
import type { Peer } from '../../model/call.ts';

/** Who somebody is, before it is known whether that is a client. */
export interface Identity {
  /** The authenticated name, for instance spiffe://corp.example/ns/shop/sa/checkout. */
  readonly subject: string;
  /** Further names of the same credential (a certificate with several DNS names); most have none. */
  readonly otherSubjects: readonly string[];
  /** How it was authenticated, for instance mtls. */
  readonly via: string;
}

/**
 * Says who the peer is. Pure but for a cache.
 * @throws GatewayError UNAUTHENTICATED, INVALID_SVID or PEER_NOT_ALLOWED.
 */
export type Authenticator = (peer: Peer, metadata: ReadonlyMap<string, string>) => Identity;
