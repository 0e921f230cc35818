/** Bedrock's errors: by the header or by __type, in replies and in streams. */
import assert from 'node:assert/strict';
import type { Reason } from '../../../server/model/reasons.ts';
import { bedrockConverse } from '../../../server/providers/bedrock/index.ts';
import { isError } from '../../contract/dialect.ts';
import { makeTarget } from './bedrock-fixtures.ts';

const COMMON = 'http://internal.amazon.com/coral/com.amazon.bedrock/';

function decode(status: number, type: string, message: string, headers: Readonly<Record<string, string>> = {}) {
  const all = new Map(Object.entries({ ...headers, ...(type !== '' && { 'x-amzn-errortype': type }) }));
  return bedrockConverse.decodeError(status, all, 'application/json', JSON.stringify({ message }));
}

describe('bedrock: errors', () => {
  const rows: readonly (readonly [status: number, type: string, message: string, reason: Reason])[] = [
    [429, 'ThrottlingException', 'Too many requests, please wait before trying again.', 'UPSTREAM_RATE_LIMITED'],
    [
      429,
      'ThrottlingException',
      'Too many tokens per day, please wait before trying again.',
      'UPSTREAM_QUOTA_EXHAUSTED',
    ],
    [429, 'ModelNotReadyException', 'The model is not ready.', 'UPSTREAM_OVERLOADED'],
    [400, 'ServiceQuotaExceededException', 'Over quota.', 'UPSTREAM_QUOTA_EXHAUSTED'],
    [424, 'ModelErrorException', 'The model failed.', 'UPSTREAM_5XX'],
    [424, '', 'The model failed.', 'UPSTREAM_5XX'],
    [408, 'ModelTimeoutException', 'It took too long.', 'UPSTREAM_TIMEOUT'],
    [500, 'InternalServerException', 'Failed.', 'UPSTREAM_5XX'],
    [503, 'ServiceUnavailableException', 'Down.', 'UPSTREAM_OVERLOADED'],
    [403, 'AccessDeniedException', "You don't have access to the model.", 'UPSTREAM_CREDENTIALS'],
    [403, 'UnrecognizedClientException', 'The security token is invalid.', 'UPSTREAM_CREDENTIALS'],
    [403, 'ExpiredTokenException', 'The token is expired.', 'UPSTREAM_CREDENTIALS'],
    [404, 'ResourceNotFoundException', 'Could not resolve the model.', 'UPSTREAM_MODEL_NOT_FOUND'],
    [400, 'ValidationException', 'The provided model identifier is invalid.', 'UPSTREAM_MODEL_NOT_FOUND'],
    [400, 'ValidationException', 'Input is too long for requested model.', 'PROMPT_TOO_LONG'],
    [
      400,
      'ValidationException',
      'The model returned the following errors: prompt is too long: 9 tokens',
      'PROMPT_TOO_LONG',
    ],
    [400, 'ValidationException', 'Output blocked by content filtering policy', 'UPSTREAM_CONTENT_FILTERED'],
    [400, 'ValidationException', 'The text field in the ContentBlock object is blank.', 'UPSTREAM_REJECTED'],
    [502, '', '', 'UPSTREAM_5XX'],
  ];
  for (const [status, type, message, reason] of rows) {
    it(`${status} ${type || 'without a type'}: ${message || 'no words'}`, () => {
      const error = decode(status, type === '' ? '' : `${type}:${COMMON}`, message);
      assert.equal(error.reason, reason);
      assert.deepEqual(error.details.upstream, { status, code: type });
    });
  }

  it('takes the type from __type or code where there is no header', () => {
    const bodies = [
      '{"__type":"com.amazon.coral.availability#ThrottlingException","Message":"Rate exceeded"}',
      '{"code":"ThrottlingException","message":"Rate exceeded"}',
    ];
    for (const body of bodies) {
      const error = bedrockConverse.decodeError(400, new Map(), 'application/x-amz-json-1.1', body);
      assert.equal(error.reason, 'UPSTREAM_RATE_LIMITED');
      assert.match(error.message, /Rate exceeded$/);
    }
  });

  it('keeps the request id, and how long to wait', () => {
    const headers = { 'x-amzn-requestid': '0a1b-2c3d', 'retry-after': '3' };
    const { details } = decode(429, 'ThrottlingException', 'Slow down.', headers);
    assert.equal(details.metadata?.upstreamRequestId, '0a1b-2c3d');
    assert.equal(details.retryAfterMs, 3000);
  });

  it('hides words that concern the operator alone, and keys in all', () => {
    const error = decode(403, 'AccessDeniedException', 'User: arn:aws:iam::123456789012:user/x may not invoke.');
    assert.equal(error.message, 'The provider answered 403 (AccessDeniedException).');
    assert.ok(error.cause instanceof Error);
    assert.doesNotMatch(decode(400, 'ValidationException', 'AKIAIOSFODNN7EXAMPLE is no model').message, /AKIA/);
  });

  it('says that clocks differ, and by how much', () => {
    const late = 'Signature expired: 20261124T100000Z is now earlier than 20261124T101000Z (20261124T101500Z - 5 min.)';
    const early =
      'Signature not yet current: 20261124T104000Z is still later than 20261124T100500Z (20261124T100000Z + 5 min.)';
    assert.match(
      decode(403, 'InvalidSignatureException', late).message,
      /differ by about 15 minutes.*set the gateway's clock/,
    );
    assert.match(decode(403, 'InvalidSignatureException', early).message, /differ by about 40 minutes/);
    const other = 'The request signature we calculated does not match the signature you provided.';
    assert.match(decode(403, 'InvalidSignatureException', other).message, /^The provider answered 403/);
  });

  const frames: readonly (readonly [event: string, reason: Reason])[] = [
    ['exception:throttlingException', 'UPSTREAM_RATE_LIMITED'],
    ['exception:modelStreamErrorException', 'UPSTREAM_5XX'],
    ['exception:serviceUnavailableException', 'UPSTREAM_OVERLOADED'],
    ['exception:internalServerException', 'UPSTREAM_5XX'],
    ['exception:validationException', 'UPSTREAM_REJECTED'],
    ['exception:modelTimeoutException', 'UPSTREAM_TIMEOUT'],
    ['exception:ofTomorrowException', 'UPSTREAM_STREAM_ERROR'],
    ['exception:', 'UPSTREAM_PROTOCOL'],
    ['error:InternalFailure', 'UPSTREAM_5XX'],
  ];
  for (const [event, reason] of frames) {
    it(`in a stream: ${event} is ${reason}, never a finish`, () => {
      const decoder = bedrockConverse.openStream(makeTarget());
      decoder.push({ event: 'contentBlockDelta', data: '{"contentBlockIndex":0,"delta":{"text":"Hi"}}' });
      assert.throws(() => decoder.push({ event, data: '{"message":"It is so."}' }), isError(reason));
      assert.equal(decoder.finishing, false);
    });
  }

  it('in a stream: a validation that says so is PROMPT_TOO_LONG', () => {
    const decoder = bedrockConverse.openStream(makeTarget());
    const frame = {
      event: 'exception:validationException',
      data: '{"message":"Input is too long for requested model."}',
    };
    assert.throws(() => decoder.push(frame), isError('PROMPT_TOO_LONG'));
  });
});
