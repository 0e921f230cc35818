import assert from 'node:assert/strict';
import { BinaryWriter } from '@bufbuild/protobuf/wire';
import { Embedding } from '@kanmon/client';
import {
  array,
  boolean,
  assert as check,
  constantFrom,
  double,
  float,
  integer,
  option,
  property,
  record,
  uint8Array,
} from 'fast-check';
import { ErrorInfo } from 'nice-grpc-error-details';
import { decideRetry, RetryThrottle } from '../../clients/typescript/src/retry.ts';
import { NO_DETAILS, readStatusDetails } from '../../clients/typescript/src/status-details.ts';
import { toVectors } from '../../clients/typescript/src/vectors.ts';
import { GatewayError } from '../../server/model/errors.ts';
import { encodeStatus } from '../../server/transport/grpc/status.ts';

describe('client: laws', () => {
  const optional = <T>(arbitrary: Parameters<typeof option<T>>[0]) => option(arbitrary, { nil: undefined });
  const errors = record({
    code: constantFrom('UNAVAILABLE', 'RESOURCE_EXHAUSTED', 'INTERNAL', 'ABORTED', 'DEADLINE_EXCEEDED'),
    pushbackMs: optional(integer({ min: -1, max: 10_000 })),
    retryAfterMs: optional(integer({ min: 0, max: 10_000 })),
  });
  const situations = record({
    attempts: integer({ min: 1, max: 5 }),
    remainingMs: integer({ min: 0, max: 20_000 }),
    delivered: boolean(),
    random: double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
  });

  it('a retry is never against the pushback, the deadline, the count, or what was delivered', () => {
    check(
      property(errors, situations, (error, situation) => {
        const delayMs = decideRetry(error, situation);
        if (delayMs === undefined) return;
        assert.ok(delayMs >= 0 && delayMs < situation.remainingMs);
        assert.ok(!situation.delivered && situation.attempts < 3);
        assert.ok(error.pushbackMs !== -1);
        assert.ok(error.code === 'UNAVAILABLE' || error.retryAfterMs !== undefined);
        assert.ok(delayMs >= (error.pushbackMs ?? error.retryAfterMs ?? 0));
      }),
    );
  });

  it('a retry happens where all of that allows it', () => {
    const situation = { attempts: 1, remainingMs: 1000, delivered: false, random: 0.5 };
    const decide = (code: 'UNAVAILABLE' | 'RESOURCE_EXHAUSTED', pushbackMs?: number, retryAfterMs?: number) =>
      decideRetry({ code, pushbackMs, retryAfterMs }, situation);
    assert.equal(decide('UNAVAILABLE'), 100);
    assert.equal(decide('UNAVAILABLE', 200), 220);
    assert.equal(decide('RESOURCE_EXHAUSTED', 300, 300), 330);
    assert.equal(decide('RESOURCE_EXHAUSTED'), undefined);
  });

  it('retries stop while most calls fail, and come back', () => {
    const throttle = new RetryThrottle();
    for (let calls = 0; calls < 5; calls += 1) throttle.failed();
    assert.equal(throttle.allows(), false);
    throttle.succeeded();
    assert.equal(throttle.allows(), true);
  });

  it('details can be read whatever the bytes are', () => {
    check(property(uint8Array(), (bytes) => assert.ok(Array.isArray(readStatusDetails(bytes).violations))));
    const { details } = encodeStatus(new GatewayError('OVERLOADED', 'busy', { retryAfterMs: 1500 }), {
      callId: 'c',
      failure: undefined,
      attempts: 0,
    });
    assert.equal(readStatusDetails(details).retryAfterMs, 1500);
    for (let length = 0; length < details.length; length += 1) readStatusDetails(details.subarray(0, length));
  });

  it('a reason of another domain is none', () => {
    const read = (domain: string) => {
      const info = ErrorInfo.encode(ErrorInfo.fromPartial({ reason: 'X', domain })).finish();
      const any = new BinaryWriter()
        .uint32(10)
        .string('type.googleapis.com/google.rpc.ErrorInfo')
        .uint32(18)
        .bytes(info);
      return readStatusDetails(new BinaryWriter().uint32(26).bytes(any.finish()).finish()).reason;
    };
    assert.equal(read('kanmon.v1'), 'X');
    assert.equal(read('googleapis.com'), undefined);
    assert.deepEqual(readStatusDetails(new Uint8Array()), NO_DETAILS);
  });

  it('vectors are the same wherever in a reply their bytes lie', () => {
    check(
      property(array(float({ noNaN: true }), { maxLength: 8 }), integer({ min: 0, max: 8 }), (values, offset) => {
        const floats = Float32Array.from(values);
        const buffer = new Uint8Array(offset + floats.byteLength);
        buffer.set(new Uint8Array(floats.buffer), offset);
        const embedding = Embedding.fromPartial({ vector: { $case: 'float32Le', value: buffer.subarray(offset) } });
        const [vector] = toVectors([embedding]);
        assert.deepEqual(vector, floats);
        assert.equal(vector?.buffer === buffer.buffer, offset % 4 === 0);
      }),
    );
  });
});
