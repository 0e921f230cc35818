/** How large a reply may be. */
import type { GatewayOptions } from './wire.ts';

/** GatewayOptions.max_reply_bytes where none is set: just under the 4 MiB that stock clients take with all around it. */
const DEFAULT_MAX_REPLY_BYTES = 4 * 1024 * 1024 - 64 * 1024;

/** The largest reply that the caller takes, in bytes of the encoded message. */
export function maxReplyBytes(options: Pick<GatewayOptions, 'maxReplyBytes'>): number {
  return options.maxReplyBytes ?? DEFAULT_MAX_REPLY_BYTES;
}
