/** Errors: google.rpc.Status, its details, and what stands in its place. */
import assert from 'node:assert/strict';
import { googleGemini } from '../../../server/providers/gemini/index.ts';

function decode(status: number, body: unknown, headers: Readonly<Record<string, string>> = {}) {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return googleGemini.decodeError(status, new Map(Object.entries(headers)), 'application/json; charset=UTF-8', text);
}

function wire(code: number, status: string, message: string, ...details: readonly object[]) {
  return { error: { code, message, status, ...(details.length > 0 && { details }) } };
}

const info = (reason: string) => ({
  '@type': 'type.googleapis.com/google.rpc.ErrorInfo',
  reason,
  domain: 'googleapis.com',
});
const quota = (quotaId: string) => ({
  '@type': 'type.googleapis.com/google.rpc.QuotaFailure',
  violations: [{ quotaId }],
});
const retry = (retryDelay: string) => ({ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay });

describe('google.gemini errors', () => {
  for (const [name, status, body, reason] of [
    ['400', 400, wire(400, 'INVALID_ARGUMENT', 'Invalid JSON payload received.'), 'UPSTREAM_REJECTED'],
    ['400 wrong place', 400, wire(400, 'FAILED_PRECONDITION', 'User location is not supported.'), 'UPSTREAM_REJECTED'],
    [
      '400 wrong key',
      400,
      wire(400, 'INVALID_ARGUMENT', 'API key not valid.', info('API_KEY_INVALID')),
      'UPSTREAM_CREDENTIALS',
    ],
    [
      '400 too long',
      400,
      wire(
        400,
        'INVALID_ARGUMENT',
        'The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).',
      ),
      'PROMPT_TOO_LONG',
    ],
    [
      '400 no signature',
      400,
      wire(400, 'INVALID_ARGUMENT', 'Function call is missing a thought_signature in functionCall parts.'),
      'UPSTREAM_REJECTED',
    ],
    ['401', 401, wire(401, 'UNAUTHENTICATED', 'Expired.', info('ACCESS_TOKEN_EXPIRED')), 'UPSTREAM_CREDENTIALS'],
    ['403', 403, wire(403, 'PERMISSION_DENIED', 'Not yours.'), 'UPSTREAM_CREDENTIALS'],
    [
      '403 not paid',
      403,
      wire(403, 'PERMISSION_DENIED', 'Billing.', info('BILLING_DISABLED')),
      'UPSTREAM_QUOTA_EXHAUSTED',
    ],
    ['404', 404, wire(404, 'NOT_FOUND', 'models/x is not found for API version v1beta.'), 'UPSTREAM_MODEL_NOT_FOUND'],
    ['429', 429, wire(429, 'RESOURCE_EXHAUSTED', 'Resource has been exhausted.'), 'UPSTREAM_RATE_LIMITED'],
    [
      '429 by the minute',
      429,
      wire(429, 'RESOURCE_EXHAUSTED', 'Quota.', quota('GenerateRequestsPerMinutePerProjectPerModel')),
      'UPSTREAM_RATE_LIMITED',
    ],
    [
      '429 by the day',
      429,
      wire(429, 'RESOURCE_EXHAUSTED', 'Quota.', quota('GenerateRequestsPerDayPerProjectPerModel')),
      'UPSTREAM_QUOTA_EXHAUSTED',
    ],
    [
      '429 of nothing',
      429,
      wire(429, 'RESOURCE_EXHAUSTED', 'Quota exceeded for metric x, limit: 0'),
      'UPSTREAM_QUOTA_EXHAUSTED',
    ],
    [
      '429 unpaid',
      429,
      wire(429, 'RESOURCE_EXHAUSTED', 'Your prepayment credits are depleted.'),
      'UPSTREAM_QUOTA_EXHAUSTED',
    ],
    ['499', 499, wire(499, 'CANCELLED', 'The operation was cancelled.'), 'UPSTREAM_5XX'],
    ['500', 500, wire(500, 'INTERNAL', 'An internal error has occurred.'), 'UPSTREAM_5XX'],
    ['503', 503, wire(503, 'UNAVAILABLE', 'The model is overloaded.'), 'UPSTREAM_OVERLOADED'],
    ['504', 504, wire(504, 'DEADLINE_EXCEEDED', 'Deadline expired.'), 'UPSTREAM_TIMEOUT'],
    ["Vertex's list", 429, [wire(429, 'RESOURCE_EXHAUSTED', 'Slow down.')], 'UPSTREAM_RATE_LIMITED'],
    ['a text for an error', 400, { error: 'bad request' }, 'UPSTREAM_REJECTED'],
    ['502 in HTML', 502, '<html><h1>Bad gateway</h1></html>', 'UPSTREAM_5XX'],
    ['404 in HTML', 404, '<!DOCTYPE html><title>Error 404</title>', 'UPSTREAM_MODEL_NOT_FOUND'],
    ['503 without a body', 503, '', 'UPSTREAM_OVERLOADED'],
    ['a redirect', 302, '', 'UPSTREAM_REDIRECT'],
    ['429 under 200', 200, wire(429, 'RESOURCE_EXHAUSTED', 'Slow down.'), 'UPSTREAM_RATE_LIMITED'],
    ['no code under 200', 200, { error: { message: 'Something.' } }, 'UPSTREAM_STREAM_ERROR'],
    ['200 in HTML', 200, '<html>login</html>', 'UPSTREAM_PROTOCOL'],
  ] as const) {
    it(`${name} is ${reason}`, () => assert.equal(decode(status, body).reason, reason));
  }

  it('carries the words, the code and the status', () => {
    const error = decode(400, wire(400, 'INVALID_ARGUMENT', 'Invalid value at contents[0].'));
    assert.equal(error.message, 'The provider answered 400: Invalid value at contents[0].');
    assert.deepEqual(error.details.upstream, { status: 400, code: 'INVALID_ARGUMENT' });
  });

  it('has the narrowest code there is', () => {
    const error = decode(400, wire(400, 'INVALID_ARGUMENT', 'API key not valid.', info('API_KEY_INVALID')));
    assert.equal(error.details.upstream?.code, 'API_KEY_INVALID');
    assert.equal(error.message, 'The provider answered 400.');
    assert.ok(error.cause instanceof Error);
  });

  it('finds the retry hint in the body, also within a list, and lets a header go before it', () => {
    const body = wire(429, 'RESOURCE_EXHAUSTED', 'Later.', quota('PerMinute'), retry('34.4s'));
    assert.equal(decode(429, body).details.retryAfterMs, 34_400);
    assert.equal(decode(429, [body]).details.retryAfterMs, 34_400);
    assert.equal(decode(429, body, { 'retry-after': '3' }).details.retryAfterMs, 3000);
  });

  it('keeps HTML, and keys that the provider repeats, from the caller', () => {
    assert.equal(decode(502, '<html>secret host</html>').message, 'The provider answered 502.');
    const echoed = decode(400, wire(400, 'INVALID_ARGUMENT', 'Bad key AIzaSyA1234567890abcdefghijklmnopqrstu.'));
    assert.doesNotMatch(echoed.message, /AIzaSy/);
  });
});
