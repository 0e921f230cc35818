/**
 * The one doorway of the server to the generated types of the contract (proto/kanmon). Messages are the canonical
 * vocabulary all the way: what stands here is what is on the wire.
 */

export { StreamFold } from '@kanmon/client/fold';

import type { GatewayOptions } from '@kanmon/client/gen';

export { COMPANION_DESCRIPTORS_BASE64, DESCRIPTORS_BASE64 } from '@kanmon/client/descriptors';
export * from '@kanmon/client/gen';

/** google.protobuf.Duration. */
export type Duration = NonNullable<GatewayOptions['maxDeltaInterval']>;
