/** What HTTP/2 and gRPC are told about connections, in one place. */
import type { SecureServerOptions } from 'node:http2';
import type { ChannelOptions } from '@grpc/grpc-js';
import type { ListenConfig, ServerTls, SizeLimits } from '../../config/snapshot.ts';

/** Over this, nghttp2 refuses the stream itself; between metadataBytes and this, the gateway answers with a reason. */
const MAX_HEADER_LIST_BYTES = 65_536;
/** Of one connection, in megabytes: replies that wait for a slow reader count. grpc-js would set no limit. */
const MAX_SESSION_MB = 256;
/** Resets that a connection may make at once, as a multiple of its streams, and then in a second. */
const RESET_BURST_FACTOR = 4;
const MAX_INVALID_FRAMES = 100;

/** Options of the HTTP/2 server below a TLS listener; grpc-js passes them on as they are (faults.md section 6, item 7). */
export function secureServerOptions(tls: ServerTls, config: ListenConfig): SecureServerOptions {
  return {
    requestCert: tls.clientAuth === 'require',
    rejectUnauthorized: tls.clientAuth === 'require',
    handshakeTimeout: config.handshakeTimeoutMs,
    maxSessionInvalidFrames: MAX_INVALID_FRAMES,
    streamResetBurst: RESET_BURST_FACTOR * config.maxStreamsPerConnection,
    streamResetRate: config.maxStreamsPerConnection,
    settings: {
      maxConcurrentStreams: config.maxStreamsPerConnection,
      maxHeaderListSize: MAX_HEADER_LIST_BYTES,
      enablePush: false,
    },
  };
}

/** Options of the grpc-js server. Connections that grow old are closed gently, without a limit for their streams. */
export function channelOptions(config: ListenConfig, sizes: SizeLimits): ChannelOptions {
  return {
    'grpc.enable_channelz': 0, // Costs time for each call, and has leaked.
    'grpc.max_receive_message_length': sizes.requestBytes,
    'grpc.max_send_message_length': -1,
    'grpc.max_concurrent_streams': config.maxStreamsPerConnection,
    'grpc.keepalive_time_ms': config.keepaliveIntervalMs,
    'grpc.keepalive_timeout_ms': config.keepaliveTimeoutMs,
    'grpc.max_connection_age_ms': config.maxConnectionAgeMs,
    'grpc.max_connection_idle_ms': config.maxConnectionIdleMs,
    'grpc-node.max_session_memory': MAX_SESSION_MB,
  };
}
