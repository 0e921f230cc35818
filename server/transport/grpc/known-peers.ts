/** Keeps services that are not the gateway's own (reflection, the admin listener) to peers that are known. */
import type { ServerMiddleware } from 'nice-grpc';
import type { Peer } from '../../model/call.ts';
import { GatewayError } from '../../model/errors.ts';
import { callInfo } from './call-info.ts';
import { encodeStatus, toServerError } from './status.ts';

/** Answers PEER_NOT_ALLOWED to every peer that `isKnown` does not vouch for. */
export function onlyKnownPeers(isKnown: (peer: Peer) => boolean): ServerMiddleware {
  return async function* (call, context) {
    if (isKnown(callInfo(context).peer)) return yield* call.next(call.request, context);
    const error = new GatewayError('PEER_NOT_ALLOWED', 'this certificate may not use this service');
    throw toServerError(encodeStatus(error, { callId: '', failure: undefined, attempts: 0 }), context.trailer);
  };
}
