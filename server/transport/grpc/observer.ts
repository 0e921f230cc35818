/** What happens at the edge before a call begins, for metrics and logs: nothing else sees it. */

/** Why a TLS handshake came to nothing. */
export type TlsRejection =
  | 'no_certificate'
  | 'unknown_ca'
  | 'expired'
  | 'not_yet_valid'
  | 'wrong_purpose'
  | 'old_protocol'
  | 'timeout'
  | 'closed'
  | 'other';

/** Why a connection was refused or closed. */
export type ConnectionRefusal =
  | 'too_many'
  | 'too_many_handshakes'
  | 'too_many_of_identity'
  | 'frame_flood'
  | 'protocol_error';

/** Why a request was answered without reaching its handler. */
export type CallRefusal =
  | 'content_type'
  | 'unknown_method'
  | 'message_too_large'
  | 'encoding'
  | 'malformed'
  | 'metadata_too_large'
  | 'too_many_connections'
  | 'overloaded'
  | 'too_slow'
  | 'other';

/** Listens to the edge. Must be quick and must not throw. */
export interface EdgeObserver {
  readonly onTlsRejected: (cause: TlsRejection) => void;
  readonly onConnectionRefused: (cause: ConnectionRefusal) => void;
  readonly onCallRefused: (cause: CallRefusal) => void;
}
