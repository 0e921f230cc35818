/** Who calls: the identity becomes a configured client, or the call ends here. Deny by default. */
import type { Client, Entered, Snapshot } from '../../config/snapshot.ts';
import { GatewayError } from '../../model/errors.ts';
import { extend, type Identified, type Interceptor, type Traced } from '../chain.ts';
import type { Authenticator, Identity } from './authenticator.ts';

/** What auth needs. */
export interface AuthDeps {
  readonly authenticate: Authenticator;
}

/**
 * Adds the client that the peer's identity belongs to.
 * @throws GatewayError what the authenticator throws, or PEER_NOT_ALLOWED.
 */
export function auth({ authenticate }: AuthDeps): Interceptor<Identified, Entered & Traced> {
  return (next) => async (call) => {
    const identity = authenticate(call.peer, call.metadata);
    const { client, subject } = findClient(identity, call.snapshot);
    call.record.client = client.name;
    call.record.team = client.team;
    return next(extend(call, { client, subject, via: identity.via }));
  };
}

/** The one client that has any of the names. Names of two clients in one credential are nobody's. */
function findClient(identity: Identity, snapshot: Snapshot): { client: Client; subject: string } {
  let found: { client: Client; subject: string } | undefined;
  for (const subject of [identity.subject, ...identity.otherSubjects]) {
    const client = snapshot.clientsBySubject.get(subject);
    if (client === undefined || client === found?.client) continue;
    if (found !== undefined) {
      throw new GatewayError(
        'PEER_NOT_ALLOWED',
        'the credential has names of several clients; issue one for each client',
      );
    }
    found = { client, subject };
  }
  if (found !== undefined) return found;
  throw new GatewayError('PEER_NOT_ALLOWED', `${shorten(identity.subject)} is no client of this gateway`, {
    metadata: { subject: shorten(identity.subject) },
  });
}

const MAX_SUBJECT_CHARS = 200; // Of the 512 that a status message may have.

function shorten(subject: string): string {
  return subject.length <= MAX_SUBJECT_CHARS ? subject : `${subject.slice(0, MAX_SUBJECT_CHARS)}…`;
}
