/** Errors: which reason each reply is, by https://docs.cohere.com/reference/errors. */
import assert from 'node:assert/strict';
import type { Reason } from '../../../server/model/reasons.ts';
import { cohereV2 } from '../../../server/providers/cohere/index.ts';

function decodeError(status: number, body: unknown, headers: Record<string, string> = {}, type = 'application/json') {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return cohereV2.decodeError(status, new Map(Object.entries(headers)), type, text);
}

const CASES: readonly (readonly [name: string, status: number, message: string, reason: Reason])[] = [
  ['a wrong value', 400, 'invalid request: temperature must be between 0 and 1.0 inclusive.', 'UPSTREAM_REJECTED'],
  [
    'a prompt that is too long',
    400,
    'too many tokens: total number of tokens in the prompt cannot exceed 4081 - received 4292.',
    'PROMPT_TOO_LONG',
  ],
  ['the same of all inputs', 400, 'too many tokens: size limit exceeded by 11326 tokens.', 'PROMPT_TOO_LONG'],
  [
    'a limit of tokens above the model’s, which is no long prompt',
    400,
    'too many tokens: max tokens must be less than or equal to 4096, the maximum output for this model - received 8192.',
    'UPSTREAM_REJECTED',
  ],
  ['a model that is gone', 400, "model 'command-light' was removed on September 15, 2025.", 'UPSTREAM_MODEL_NOT_FOUND'],
  ['an unknown model', 404, "model 'x' not found, make sure the correct model ID was used", 'UPSTREAM_MODEL_NOT_FOUND'],
  ['a wrong key', 401, 'invalid api token', 'UPSTREAM_CREDENTIALS'],
  ['a key without rights', 403, 'forbidden', 'UPSTREAM_CREDENTIALS'],
  ['a spent account', 402, 'Please add or update your payment method', 'UPSTREAM_QUOTA_EXHAUSTED'],
  [
    'a rate limit',
    429,
    'You are past the per minute request limit, please wait and try again later.',
    'UPSTREAM_RATE_LIMITED',
  ],
  [
    'a spent month of a trial key',
    429,
    'You are using a Trial key, which is limited to 1000 API calls / month.',
    'UPSTREAM_QUOTA_EXHAUSTED',
  ],
  ['a wrong body', 422, 'Extra inputs are not permitted', 'UPSTREAM_REJECTED'],
  ['an unsafe prompt', 498, 'invalid request: blocked', 'UPSTREAM_CONTENT_FILTERED'],
  ['a hang-up that was none', 499, 'request cancelled by user', 'UPSTREAM_5XX'],
  ['a failure', 500, 'internal server error, this has been reported to our developers.', 'UPSTREAM_5XX'],
  ['an overload', 503, 'unavailable', 'UPSTREAM_OVERLOADED'],
  ['a timeout', 504, '', 'UPSTREAM_TIMEOUT'],
  ['a redirect', 307, '', 'UPSTREAM_REDIRECT'],
  ['a status that is none', 200, '', 'UPSTREAM_PROTOCOL'],
];

describe('cohere.v2 errors', () => {
  for (const [name, status, message, reason] of CASES) {
    it(`${status} is ${reason}: ${name}`, () => {
      const error = decodeError(status, { id: 'e-1', message });
      assert.equal(error.reason, reason);
      assert.deepEqual(error.details.upstream, { status, code: '' });
      assert.equal(error.details.metadata?.upstreamRequestId, 'e-1');
    });
  }

  it('quotes the provider, but for what concerns the operator alone', () => {
    assert.equal(decodeError(422, { message: 'bad "x"' }).message, 'The provider answered 422: bad "x"');
    const hidden = decodeError(401, { message: 'invalid api token abc' });
    assert.equal(hidden.message, 'The provider answered 401.');
    assert.match(String(hidden.cause), /invalid api token/);
  });

  it('reads plain text, and neither HTML nor nothing', () => {
    assert.match(decodeError(500, 'upstream connect error', {}, 'text/plain').message, /: upstream connect error$/);
    assert.equal(decodeError(502, '<html>x</html>', {}, 'text/html').message, 'The provider answered 502.');
    assert.equal(decodeError(500, '').message, 'The provider answered 500.');
    assert.equal(decodeError(500, '[1]').message, 'The provider answered 500.');
  });

  it('reads when to try again', () => {
    assert.equal(decodeError(429, {}, { 'retry-after': '7' }).details.retryAfterMs, 7000);
    assert.equal(decodeError(503, {}, { 'x-should-retry': 'false' }).details.shouldRetry, false);
  });

  it('lets no key through', () => {
    assert.doesNotMatch(decodeError(400, { message: 'key Bearer abcdefghijklmnop is bad' }).message, /abcdefgh/);
  });
});
