/** Errors: which reason each reply is. */
import assert from 'node:assert/strict';
import type { Reason } from '../../../server/model/reasons.ts';
import { openaiResponses } from '../../../server/providers/openai-responses/index.ts';

function decodeError(status: number, error: object, headers: Readonly<Record<string, string>> = {}) {
  const body = JSON.stringify({ error });
  return openaiResponses.decodeError(status, new Map(Object.entries(headers)), 'application/json', body);
}

const CASES: readonly (readonly [name: string, status: number, error: object, reason: Reason])[] = [
  ['a prompt that is too long', 400, { code: 'context_length_exceeded' }, 'PROMPT_TOO_LONG'],
  ['a flagged prompt', 400, { code: 'invalid_prompt', message: 'flagged' }, 'UPSTREAM_CONTENT_FILTERED'],
  ['a flagged image', 400, { code: 'image_content_policy_violation' }, 'UPSTREAM_CONTENT_FILTERED'],
  ['a wrong image', 400, { code: 'invalid_base64_image' }, 'UPSTREAM_REJECTED'],
  ['reasoning without its item', 400, { type: 'invalid_request_error', param: 'input' }, 'UPSTREAM_REJECTED'],
  ['spent credit', 429, { code: 'insufficient_quota' }, 'UPSTREAM_QUOTA_EXHAUSTED'],
  ['a rate limit', 429, { code: 'rate_limit_exceeded' }, 'UPSTREAM_RATE_LIMITED'],
  ['a wrong key', 401, { code: 'invalid_api_key' }, 'UPSTREAM_CREDENTIALS'],
  ['an unknown model', 404, { code: 'model_not_found' }, 'UPSTREAM_MODEL_NOT_FOUND'],
  ['a failure', 500, { code: 'server_error' }, 'UPSTREAM_5XX'],
  ['a store that is slow', 400, { code: 'vector_store_timeout' }, 'UPSTREAM_5XX'],
  ['an overload', 503, {}, 'UPSTREAM_OVERLOADED'],
];

describe('openai.responses errors', () => {
  for (const [name, status, error, reason] of CASES) {
    it(`takes ${name} for ${reason}`, () => {
      const found = decodeError(status, error);
      assert.equal(found.reason, reason);
      assert.equal(found.details.upstream?.status, status);
    });
  }

  it('carries message, code, parameter and the hint when to try again', () => {
    const error = decodeError(
      400,
      { message: 'bad image', code: 'invalid_prompt', param: 'input[0]' },
      { 'retry-after': '2', 'x-should-retry': 'false' },
    );
    assert.equal(error.message, 'The provider answered 400: bad image');
    assert.deepEqual(error.details.upstream, { status: 400, code: 'invalid_prompt' });
    assert.equal(error.details.retryAfterMs, 2000);
    assert.equal(error.details.shouldRetry, false);
  });
});
