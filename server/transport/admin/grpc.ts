/** The admin gRPC listener: health, reflection, later the AdminService. On loopback it may be bare; elsewhere it has mTLS and its own list. */
import { BlockList, isIP } from 'node:net';
import type { Listener } from '../../config/snapshot.ts';
import type { Peer } from '../../model/call.ts';
import { GatewayError } from '../../model/errors.ts';
import { createGrpcListener, type GrpcListener, type GrpcListenerDeps } from '../grpc/listen.ts';

/** What the admin listener needs beside what every listener needs. */
export interface AdminGrpcDeps extends Omit<GrpcListenerDeps, 'reflection' | 'guard'> {
  readonly reflection: { readonly protoset: Uint8Array; readonly services: readonly string[] };
  /** Whether a certificate names one of the subjects that may administrate. Not asked on a listener without TLS. */
  readonly isAdmin: (peer: Peer) => boolean;
}

/** A listener at an address, not started yet. Throws CONFIG_INVALID for an address off loopback without client certificates. */
export function createAdminGrpc(listener: Listener, deps: AdminGrpcDeps): GrpcListener {
  const { reflection, isAdmin, ...rest } = deps;
  if (listener.tls?.clientAuth !== 'require' && !isLoopback(listener.host)) {
    throw new GatewayError(
      'CONFIG_INVALID',
      `listen.adminGrpc: ${listener.host} is not loopback; give it tls with clientCa, or bind it to 127.0.0.1`,
    );
  }
  const isKnown = listener.tls?.clientAuth === 'require' ? isAdmin : () => true;
  return createGrpcListener(listener, { ...rest, reflection: { ...reflection, isKnown }, guard: isKnown });
}

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4');
LOOPBACK.addAddress('::1', 'ipv6');

/** Names are not resolved: only localhost is known to stay. */
function isLoopback(host: string): boolean {
  const family = isIP(host);
  return family === 0 ? host === 'localhost' : LOOPBACK.check(host, family === 6 ? 'ipv6' : 'ipv4');
}
