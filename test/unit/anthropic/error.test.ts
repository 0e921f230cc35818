import assert from 'node:assert/strict';
import { anthropicMessages } from '../../../server/providers/anthropic/index.ts';

function decode(status: number, body: unknown, headers: Readonly<Record<string, string>> = {}) {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return anthropicMessages.decodeError(status, new Map(Object.entries(headers)), 'application/json', text);
}

function wire(type: string, message: string, rest: object = {}) {
  return { type: 'error', error: { type, message, ...rest }, request_id: 'req_011' };
}

describe('anthropic errors', () => {
  for (const [name, status, body, reason] of [
    ['400', 400, wire('invalid_request_error', 'messages: at least one message is required'), 'UPSTREAM_REJECTED'],
    [
      '400 prompt is too long',
      400,
      wire('invalid_request_error', 'prompt is too long: 205000 tokens > 200000 maximum'),
      'PROMPT_TOO_LONG',
    ],
    [
      '400 input and max_tokens',
      400,
      wire('invalid_request_error', 'input length and `max_tokens` exceed context limit: 188240 + 21333 > 200000'),
      'PROMPT_TOO_LONG',
    ],
    [
      '400 credit balance',
      400,
      wire('invalid_request_error', 'Your credit balance is too low to access the Anthropic API.'),
      'UPSTREAM_QUOTA_EXHAUSTED',
    ],
    [
      '400 usage limits',
      400,
      wire(
        'invalid_request_error',
        'You have reached your specified API usage limits. You will regain access on 2026-12-01.',
      ),
      'UPSTREAM_QUOTA_EXHAUSTED',
    ],
    [
      '400 content filter',
      400,
      wire('invalid_request_error', 'Output blocked by content filtering policy'),
      'UPSTREAM_CONTENT_FILTERED',
    ],
    ['401', 401, wire('authentication_error', 'invalid x-api-key'), 'UPSTREAM_CREDENTIALS'],
    ['402', 402, wire('billing_error', 'Payment is due.'), 'UPSTREAM_QUOTA_EXHAUSTED'],
    ['403', 403, wire('permission_error', 'Not yours.'), 'UPSTREAM_CREDENTIALS'],
    ['403 as invalid request', 403, wire('invalid_request_error', 'Not yours.'), 'UPSTREAM_CREDENTIALS'],
    ['404', 404, wire('not_found_error', 'model: claude-none'), 'UPSTREAM_MODEL_NOT_FOUND'],
    ['413', 413, wire('request_too_large', 'Request exceeds the maximum size'), 'UPSTREAM_REJECTED'],
    [
      '429',
      429,
      wire('rate_limit_error', 'Number of request tokens has exceeded your per-minute rate limit'),
      'UPSTREAM_RATE_LIMITED',
    ],
    [
      '429 spend limit by code',
      429,
      wire('rate_limit_error', 'Later.', { details: { error_code: 'enforced_spend_limit_reached' } }),
      'UPSTREAM_QUOTA_EXHAUSTED',
    ],
    ['500', 500, wire('api_error', 'Internal server error'), 'UPSTREAM_5XX'],
    ['503', 503, wire('api_error', 'Away'), 'UPSTREAM_OVERLOADED'],
    ['504', 504, wire('timeout_error', 'Late'), 'UPSTREAM_TIMEOUT'],
    ['529', 529, wire('overloaded_error', 'Overloaded'), 'UPSTREAM_OVERLOADED'],
    ['529 of a proxy', 529, '<html>busy</html>', 'UPSTREAM_OVERLOADED'],
    ['502 in HTML', 502, '<html><h1>Bad gateway</h1></html>', 'UPSTREAM_5XX'],
    ['a redirect', 307, '', 'UPSTREAM_REDIRECT'],
    ['overloaded under 200', 200, wire('overloaded_error', 'Overloaded'), 'UPSTREAM_OVERLOADED'],
    ['200 in HTML', 200, '<html>login</html>', 'UPSTREAM_PROTOCOL'],
  ] as const) {
    it(`${name} is ${reason}`, () => {
      assert.equal(decode(status, body).reason, reason);
    });
  }

  it('carries the words, the code, the status and the request id', () => {
    const error = decode(400, wire('invalid_request_error', 'top_k: too large'));
    assert.equal(error.message, 'The provider answered 400: top_k: too large');
    assert.deepEqual(error.details.upstream, { status: 400, code: 'invalid_request_error' });
    assert.deepEqual(error.details.metadata, { upstreamRequestId: 'req_011' });
  });

  it('keeps HTML and what concerns the operator alone from the caller', () => {
    assert.equal(decode(502, '<html>secret host</html>').message, 'The provider answered 502.');
    const refused = decode(401, wire('authentication_error', 'invalid x-api-key'));
    assert.equal(refused.message, 'The provider answered 401 (authentication_error).');
    assert.ok(refused.cause instanceof Error);
  });

  it('does not repeat a key that the provider echoes', () => {
    const error = decode(400, wire('invalid_request_error', 'bad header x-api-key: sk-ant-api03-abcdefghijklmnop'));
    assert.doesNotMatch(error.message, /abcdefghijklmnop/);
  });

  it('reads retry hints', () => {
    const body = wire('rate_limit_error', 'Later.');
    assert.equal(decode(429, body, { 'retry-after': '7' }).details.retryAfterMs, 7000);
    assert.equal(decode(529, body, { 'x-should-retry': 'false' }).details.shouldRetry, false);
  });

  it('falls back to the reset of the limit that is used up, against the date of the reply', () => {
    const headers = {
      date: 'Tue, 24 Nov 2026 06:00:00 GMT',
      'anthropic-ratelimit-requests-remaining': '40',
      'anthropic-ratelimit-requests-reset': '2026-11-24T06:30:00Z',
      'anthropic-ratelimit-input-tokens-remaining': '0',
      'anthropic-ratelimit-input-tokens-reset': '2026-11-24T06:00:12Z',
    };
    assert.equal(decode(429, wire('rate_limit_error', 'Later.'), headers).details.retryAfterMs, 12_000);
    assert.equal(decode(529, wire('overloaded_error', 'Later.'), headers).details.retryAfterMs, undefined);
  });
});
