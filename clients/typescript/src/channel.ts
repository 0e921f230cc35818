/** The channel to a gateway: mutual TLS and the settings that its contract expects of clients. */
import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import { ChannelCredentials, type ChannelOptions, type VerifyOptions } from '@grpc/grpc-js';
import { type Channel, createChannel } from 'nice-grpc';
import { serverIdentity } from './server-identity.ts';

/** A PEM text or its bytes, or the path of a file that holds it. */
export type PemSource = string | Uint8Array | URL;

/** Where the gateway is, and who calls it. */
export interface ConnectionOptions {
  /** Host and port, for instance gateway.corp.example:7443, or any gRPC target, for instance dns:///gateway:7443. */
  readonly address: string;
  /** Certificates of the authorities that may vouch for the gateway; the system's if left away. */
  readonly ca?: PemSource;
  /** The client's certificate, followed by intermediate ones if there are any. */
  readonly cert?: PemSource;
  /** The private key of the client's certificate. */
  readonly key?: PemSource;
  /** The name that the gateway's certificate must have, where it is not the one in the address. */
  readonly serverName?: string;
  /** No TLS at all, for instance to a sidecar on the loopback that adds it. */
  readonly insecure?: boolean;
  /** Further options of grpc-js; they win over this package's own. */
  readonly channelOptions?: Readonly<ChannelOptions>;
}

/** The largest reply that a call asks for, and that the channel takes. */
export const MAX_REPLY_BYTES = 64 * 1024 * 1024;

const MAX_REQUEST_BYTES = 64 * 1024 * 1024;
const ENVELOPE_BYTES = 1024 * 1024; // What a gateway that counts a little otherwise may add.

const CHANNEL_OPTIONS: Readonly<ChannelOptions> = {
  'grpc.max_receive_message_length': MAX_REPLY_BYTES + ENVELOPE_BYTES,
  'grpc.max_send_message_length': MAX_REQUEST_BYTES,
  // Retries are this package's own. No policy and no TXT record of anybody's DNS shall add a second layer.
  'grpc.service_config_disable_resolution': 1,
  'grpc.service_config': JSON.stringify({ loadBalancingConfig: [{ round_robin: {} }] }),
  'grpc.keepalive_time_ms': 60_000, // Dead peers are noticed in about a minute; proxies tolerate it.
  'grpc.keepalive_timeout_ms': 20_000,
  'grpc.initial_reconnect_backoff_ms': 200, // The default of a second would outlast all retries of a call.
  'grpc.max_reconnect_backoff_ms': 10_000,
  'grpc.enable_channelz': 0, // It costs each call some memory, and nobody reads it.
};

/** Opens a channel; it connects at the first call. @throws Error if a file cannot be read or the PEM is not usable. */
export function openChannel(options: ConnectionOptions): Channel {
  const { address, serverName, channelOptions } = options;
  const identity = serverIdentity(address, serverName);
  const credentials = options.insecure
    ? ChannelCredentials.createInsecure()
    : secureCredentials(options, identity.verifyOptions);
  return createChannel(address, credentials, { ...CHANNEL_OPTIONS, ...identity.channelOptions, ...channelOptions });
}

function secureCredentials({ ca, cert, key }: ConnectionOptions, verifyOptions: VerifyOptions): ChannelCredentials {
  if ((cert === undefined) !== (key === undefined)) {
    throw new TypeError('cert and key belong together: give both, or neither');
  }
  const context = createSecureContext({
    ...(ca === undefined ? {} : { ca: readPem(ca, 'ca') }),
    ...(cert === undefined ? {} : { cert: readPem(cert, 'cert') }),
    ...(key === undefined ? {} : { key: readPem(key, 'key') }),
    minVersion: 'TLSv1.3',
  });
  return ChannelCredentials.createFromSecureContext(context, verifyOptions);
}

function readPem(source: PemSource, name: string): Buffer {
  const isPath = source instanceof URL || (typeof source === 'string' && !source.includes('-----BEGIN '));
  const pem = isPath ? readFileSync(source) : Buffer.from(source);
  if (pem.includes('-----BEGIN ')) return pem;
  throw new TypeError(`${name}: ${isPath ? String(source) : 'the bytes given'} holds no PEM`);
}
