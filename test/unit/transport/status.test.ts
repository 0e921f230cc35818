import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict';
import { BinaryReader } from '@bufbuild/protobuf/wire';
import { BadRequest, ErrorInfo, RetryInfo } from 'nice-grpc-error-details';
import { GatewayError } from '../../../server/model/errors.ts';
import { REASONS, type Reason } from '../../../server/model/reasons.ts';
import { CallFailure } from '../../../server/model/wire.ts';
import { encodeStatus } from '../../../server/transport/grpc/status.ts';

const CONTEXT = { callId: 'call-1', failure: undefined, attempts: 0 };

describe('encodeStatus', () => {
  it('gives every reason its code, its info in the domain, and a pushback that fits the table', () => {
    for (const reason of Object.keys(REASONS) as Reason[]) {
      const status = encodeStatus(new GatewayError(reason, 'why', { retryAfterMs: 1500 }), CONTEXT);
      const details = readDetails(status.details);
      const info = ErrorInfo.decode(details.get('google.rpc.ErrorInfo') ?? new Uint8Array());
      deepStrictEqual([info.reason, info.domain, info.metadata.callId], [reason, 'kanmon.v1', 'call-1']);
      const waits = REASONS[reason].client === 'wait';
      strictEqual(status.pushbackMs, waits ? 1500 : -1, reason);
      strictEqual(details.has('google.rpc.RetryInfo'), waits, reason);
    }
  });

  it('tells a client not to retry what the gateway has retried, and a person when to come back', () => {
    const error = new GatewayError('UPSTREAM_RATE_LIMITED', 'slow down', { retryAfterMs: 2500 });
    const status = encodeStatus(error, { ...CONTEXT, attempts: 3 });
    strictEqual(status.pushbackMs, -1);
    const retry = RetryInfo.decode(readDetails(status.details).get('google.rpc.RetryInfo') ?? new Uint8Array());
    deepStrictEqual({ ...retry.retryDelay, $type: '' }, { $type: '', seconds: 2, nanos: 500_000_000 });
  });

  it('tells a client not to retry when output was delivered', () => {
    const failure = CallFailure.fromPartial({ callId: 'call-1', outputDelivered: true, lastSequence: 4 });
    const status = encodeStatus(new GatewayError('UPSTREAM_STREAM_RESET', 'broke'), {
      ...CONTEXT,
      failure,
      attempts: 1,
    });
    strictEqual(status.pushbackMs, -1);
    const details = readDetails(status.details);
    ok(!details.has('google.rpc.RetryInfo'));
    strictEqual(CallFailure.decode(details.get('kanmon.v1.CallFailure') ?? new Uint8Array()).lastSequence, 4);
  });

  it('lets a client whose replica drains go elsewhere at once', () => {
    strictEqual(encodeStatus(new GatewayError('SERVER_DRAINING', 'bye'), CONTEXT).pushbackMs, 0);
  });

  it('hides what is not for callers', () => {
    const status = encodeStatus(GatewayError.from(new Error('secret-path/and key sk-123')), CONTEXT);
    ok(!status.message.includes('secret'));
    ok(status.message.includes('call-1'));
  });

  it('row 97: makes text well-formed and cuts it without half a character', () => {
    const status = encodeStatus(new GatewayError('UPSTREAM_REJECTED', `\uD83D ${'😀'.repeat(400)}`), CONTEXT);
    ok(status.message.isWellFormed());
    ok(status.message.length <= 512);
    encodeURI(status.message);
  });

  it('row 112: stays within 6 kB whatever it carries', () => {
    const violations = Array.from({ length: 2000 }, (_, index) => ({
      field: `f${index}`,
      description: 'x'.repeat(1000),
    }));
    const attempts = Array.from({ length: 500 }, () => ({
      deployment: 'd'.repeat(100),
      upstreamCode: 'c'.repeat(100),
    }));
    const failure = CallFailure.fromPartial({ callId: 'call-1', attempts });
    const error = new GatewayError('INVALID_REQUEST', 'm'.repeat(5000), {
      violations,
      metadata: { long: 'é'.repeat(10_000) },
      quota: { subject: 's'.repeat(5000), description: 'd'.repeat(5000) },
    });
    const status = encodeStatus(error, { callId: 'call-1', failure, attempts: 500 });
    ok(status.details.length <= 6000, `${status.details.length} bytes`);
    const bad = BadRequest.decode(readDetails(status.details).get('google.rpc.BadRequest') ?? new Uint8Array());
    strictEqual(bad.fieldViolations[0]?.field, 'f0');
    ok(bad.fieldViolations.at(-1)?.description.includes('more'));
  });

  it('row 112: all trailers together are within the 8,192 bytes that Java takes, in any script', () => {
    for (const character of ['x', 'é', '界', '😀', ' ', '%']) {
      const violations = Array.from({ length: 200 }, (_, index) => ({
        field: `f${index}`,
        description: 'x'.repeat(99),
      }));
      const status = encodeStatus(new GatewayError('INVALID_REQUEST', character.repeat(2000), { violations }), CONTEXT);
      const trailers = {
        'grpc-status': '3',
        'grpc-message': encodeURI(status.message),
        'grpc-status-details-bin': Buffer.from(status.details).toString('base64'),
        'grpc-retry-pushback-ms': '-1',
        'content-type': 'application/grpc+proto',
        date: new Date(0).toUTCString(),
      };
      const bytes = Object.entries(trailers).reduce((sum, [name, value]) => sum + name.length + value.length + 32, 0);
      ok(bytes <= 8192, `${character}: ${bytes} bytes`);
      ok(status.message.length >= 150);
    }
  });
});

/** The details of an encoded google.rpc.Status by their type. */
function readDetails(bytes: Uint8Array): Map<string, Uint8Array> {
  const found = new Map<string, Uint8Array>();
  const reader = new BinaryReader(bytes);
  while (reader.pos < reader.len) {
    const [no, type] = reader.tag();
    if (no !== 3) {
      reader.skip(type);
      continue;
    }
    const end = reader.uint32() + reader.pos;
    let name = '';
    while (reader.pos < end) {
      const [field] = reader.tag();
      if (field === 1) name = reader.string().replace('type.googleapis.com/', '');
      else found.set(name, reader.bytes());
    }
  }
  return found;
}
