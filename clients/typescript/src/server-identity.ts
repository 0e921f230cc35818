/**
 * Which name the gateway's certificate must have. grpc-js hands whatever the address says to TLS as the name to ask for,
 * and Node 26 refuses IP addresses there (RFC 6066 does not allow them): a channel to 127.0.0.1 would never connect.
 */
import { isIP } from 'node:net';
import { checkServerIdentity } from 'node:tls';
import type { ChannelOptions, VerifyOptions } from '@grpc/grpc-js';

/** How a channel checks who answers. */
export interface ServerIdentity {
  readonly verifyOptions: VerifyOptions;
  readonly channelOptions: Readonly<ChannelOptions>;
}

/** Sent instead of an IP address, because grpc-js sends something in any case; no server has this name (RFC 6761). */
const NAME_FOR_ADDRESSES = 'ip-address.invalid';

/** @param serverName the name that the certificate must have; undefined: the one in the address. */
export function serverIdentity(address: string, serverName: string | undefined): ServerIdentity {
  const name = serverName ?? hostOf(address);
  if (isIP(name) === 0) {
    return {
      verifyOptions: {},
      channelOptions: serverName === undefined ? {} : { 'grpc.ssl_target_name_override': serverName },
    };
  }
  return {
    verifyOptions: { checkServerIdentity: (_, certificate) => checkServerIdentity(name, certificate) },
    channelOptions: { 'grpc.ssl_target_name_override': NAME_FOR_ADDRESSES },
  };
}

/** The host of host:port, [v6]:port, or one of gRPC's targets, for instance ipv4:10.0.0.7:7443; of several the first. */
export function hostOf(address: string): string {
  const [first = ''] = address.replace(/^(https?:\/\/|(dns|ipv4|ipv6):(\/\/[^/]*\/)?)/, '').split(',');
  const bracketed = /^\[([^\]]*)\]/.exec(first);
  if (bracketed?.[1] !== undefined) return bracketed[1];
  return isIP(first) === 6 ? first : first.replace(/:\d+$/, '');
}
