/** What goes wrong below HTTP's messages, as reasons. Two phases: making a connection, and using it. */
import { GatewayError } from '../model/errors.ts';
import type { Reason } from '../model/reasons.ts';

/** How far a connection had come when it failed. */
export type ConnectPhase = 'tcp' | 'tls';

/**
 * A failure to make a connection. Nothing was sent: neither body nor key.
 *
 * An undefined error is a connection that closed without one. By phase rather than by a list of codes: what fails after TCP stood and before TLS stood is TLS's, other than the peer
 * going away.
 */
export function connectError(error: unknown, phase: ConnectPhase, where: string): GatewayError {
  if (error instanceof GatewayError) return error;
  const code = codeOf(error);
  if (isNameError(error, code)) return transportError('UPSTREAM_DNS', `${where}: its name does not resolve`, error);
  if (phase === 'tls' && error !== undefined && !GONE.has(code)) {
    return transportError('UPSTREAM_TLS', `${where}: TLS could not be agreed`, error);
  }
  return transportError('UPSTREAM_CONNECT', `${where}: no connection`, error);
}

/** A failure of a connection that was made: the other side went away, or does not speak HTTP. */
export function exchangeError(error: unknown, where: string): GatewayError {
  if (error instanceof GatewayError) return error;
  const code = codeOf(error);
  if (code.startsWith('ERR_SSL_') || code.startsWith('ERR_TLS_')) {
    // With TLS 1.3 a server refuses a client's certificate after the client has taken the connection for agreed.
    return transportError('UPSTREAM_TLS', `${where}: the connection was refused by TLS`, error);
  }
  if (code === 'UND_ERR_CLOSED' || code === 'UND_ERR_DESTROYED') {
    return transportError('SERVER_DRAINING', 'the gateway shuts down', error);
  }
  if (code === 'UND_ERR_INVALID_ARG') return transportError('INTERNAL', `${where}: the request cannot be sent`, error);
  if (isProtocolError(error, code)) {
    return transportError('UPSTREAM_PROTOCOL', `${where}: the reply is not HTTP/1.1`, error);
  }
  return transportError('UPSTREAM_RESET', `${where}: the connection broke`, error);
}

/** The peer went away, which is no statement about certificates. */
const GONE: ReadonlySet<string> = new Set([
  'ECONNRESET',
  'EPIPE',
  'ECONNABORTED',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
]);

/** The connection ended within a body: the reply is cut, not wrong. */
function isCut(error: unknown, code: string): boolean {
  if (code === 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH') return true;
  return isParserError(error) && /EOF/.test(error.message);
}

/** undici 8.12 gives its parser's errors no code: their name has to do. */
function isParserError(error: unknown): error is Error {
  return error instanceof Error && error.name === 'HTTPParserError';
}

function isNameError(error: unknown, code: string): boolean {
  return (
    code === 'ENOTFOUND' ||
    code.startsWith('EAI_') ||
    (error instanceof Error && 'syscall' in error && error.syscall === 'getaddrinfo')
  );
}

function isProtocolError(error: unknown, code: string): boolean {
  if (isCut(error, code)) return false;
  if (isParserError(error) || code === 'UND_ERR_HEADERS_OVERFLOW') return true;
  // undici gives misplaced replies the code of broken sockets, and tells them apart by words only.
  return code === 'UND_ERR_SOCKET' && error instanceof Error && error.message.startsWith('bad ');
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
}

function transportError(reason: Reason, text: string, cause: unknown): GatewayError {
  const code = codeOf(cause);
  return new GatewayError(reason, code === '' ? text : `${text} (${code})`, { cause });
}
