import assert from 'node:assert/strict';
import { GatewayError } from '../../../server/model/errors.ts';
import { connectError, exchangeError } from '../../../server/upstream/transport-errors.ts';

function withCode(code: string, message = 'x'): Error {
  return Object.assign(new Error(message), { code });
}

function parserError(message: string): Error {
  return Object.assign(new Error(message), { name: 'HTTPParserError', code: undefined });
}

describe('transport errors', () => {
  for (const [error, phase, reason] of [
    [withCode('ENOTFOUND'), 'tcp', 'UPSTREAM_DNS'],
    [withCode('EAI_AGAIN'), 'tcp', 'UPSTREAM_DNS'],
    [Object.assign(withCode('ENODATA'), { syscall: 'getaddrinfo' }), 'tcp', 'UPSTREAM_DNS'],
    [withCode('ECONNREFUSED'), 'tcp', 'UPSTREAM_CONNECT'],
    [Object.assign(new AggregateError([]), { code: 'ETIMEDOUT' }), 'tcp', 'UPSTREAM_CONNECT'],
    [withCode('EHOSTUNREACH'), 'tcp', 'UPSTREAM_CONNECT'],
    [withCode('ECONNRESET'), 'tls', 'UPSTREAM_CONNECT'],
    [undefined, 'tls', 'UPSTREAM_CONNECT'],
    [withCode('CERT_HAS_EXPIRED'), 'tls', 'UPSTREAM_TLS'],
    [withCode('DEPTH_ZERO_SELF_SIGNED_CERT'), 'tls', 'UPSTREAM_TLS'],
    [withCode('ERR_TLS_CERT_ALTNAME_INVALID'), 'tls', 'UPSTREAM_TLS'],
    [withCode('ERR_SSL_WRONG_VERSION_NUMBER'), 'tls', 'UPSTREAM_TLS'],
    [withCode('EPROTO'), 'tls', 'UPSTREAM_TLS'],
  ] as const) {
    const code = error !== undefined && 'code' in error ? String(error.code) : 'a silent close';
    it(`${code} while connecting (${phase}) is ${reason}`, () => {
      assert.equal(connectError(error, phase, 'provider acme').reason, reason);
    });
  }

  for (const [error, reason] of [
    [withCode('ECONNRESET'), 'UPSTREAM_RESET'],
    [withCode('EPIPE'), 'UPSTREAM_RESET'],
    [withCode('UND_ERR_SOCKET', 'other side closed'), 'UPSTREAM_RESET'],
    [withCode('UND_ERR_SOCKET', 'bad response'), 'UPSTREAM_PROTOCOL'],
    [withCode('UND_ERR_HEADERS_OVERFLOW'), 'UPSTREAM_PROTOCOL'],
    [parserError('Response does not match the HTTP/1.1 protocol (Expected HTTP/)'), 'UPSTREAM_PROTOCOL'],
    [parserError('Response does not match the HTTP/1.1 protocol (Invalid EOF state)'), 'UPSTREAM_RESET'],
    [withCode('UND_ERR_RES_CONTENT_LENGTH_MISMATCH'), 'UPSTREAM_RESET'],
    [withCode('ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED'), 'UPSTREAM_TLS'],
    [withCode('UND_ERR_DESTROYED'), 'SERVER_DRAINING'],
    [withCode('UND_ERR_INVALID_ARG'), 'INTERNAL'],
    [new Error('?'), 'UPSTREAM_RESET'],
  ] as const) {
    it(`${error.message} (${'code' in error ? String(error.code) : ''}) on a connection is ${reason}`, () => {
      assert.equal(exchangeError(error, 'provider acme').reason, reason);
    });
  }

  it('keep their cause, and stay what they are if they have a reason already', () => {
    const cause = withCode('ECONNRESET');
    assert.equal(exchangeError(cause, 'provider acme').cause, cause);
    const known = new GatewayError('UPSTREAM_PROTOCOL', 'x');
    assert.equal(exchangeError(known, 'provider acme'), known);
    assert.equal(connectError(known, 'tls', 'provider acme'), known);
  });
});
