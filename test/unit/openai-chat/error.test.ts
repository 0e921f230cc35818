/** Errors: which reason each reply is. */
import assert from 'node:assert/strict';
import type { Reason } from '../../../server/model/reasons.ts';
import { openaiChat } from '../../../server/providers/openai-chat/index.ts';

function decodeError(status: number, body: unknown, headers: Record<string, string> = {}, type = 'application/json') {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return openaiChat.decodeError(status, new Map(Object.entries(headers)), type, text);
}

const CASES: readonly (readonly [name: string, status: number, error: unknown, reason: Reason])[] = [
  [
    'a prompt that is too long',
    400,
    { code: 'context_length_exceeded', type: 'invalid_request_error' },
    'PROMPT_TOO_LONG',
  ],
  [
    'the same in words (vLLM)',
    400,
    { message: "This model's maximum context length is 8192 tokens." },
    'PROMPT_TOO_LONG',
  ],
  [
    'the same of llama.cpp',
    400,
    { type: 'exceed_context_size_error', message: 'the request exceeds…' },
    'PROMPT_TOO_LONG',
  ],
  ['a filtered prompt', 400, { code: 'content_filter' }, 'UPSTREAM_CONTENT_FILTERED'],
  [
    'Azure’s filter',
    400,
    { code: 'bad', innererror: { code: 'ResponsibleAIPolicyViolation' } },
    'UPSTREAM_CONTENT_FILTERED',
  ],
  ['OpenRouter’s moderation', 403, { code: 403, metadata: { reasons: ['violence'] } }, 'UPSTREAM_CONTENT_FILTERED'],
  ['spent credit', 429, { code: 'insufficient_quota', type: 'insufficient_quota' }, 'UPSTREAM_QUOTA_EXHAUSTED'],
  ['spent credit by status', 402, { message: 'Insufficient Balance' }, 'UPSTREAM_QUOTA_EXHAUSTED'],
  ['spent credit in words', 400, { message: 'Your credit balance is too low.' }, 'UPSTREAM_QUOTA_EXHAUSTED'],
  ['a rate limit', 429, { code: 'rate_limit_exceeded', type: 'tokens' }, 'UPSTREAM_RATE_LIMITED'],
  ['a rate limit without a word', 429, {}, 'UPSTREAM_RATE_LIMITED'],
  ['an overload under 429', 429, { type: 'engine_overloaded_error' }, 'UPSTREAM_OVERLOADED'],
  ['a wrong key', 401, { code: 'invalid_api_key' }, 'UPSTREAM_CREDENTIALS'],
  ['a key without rights', 403, { message: 'Forbidden' }, 'UPSTREAM_CREDENTIALS'],
  ['an unknown model', 404, { code: 'model_not_found' }, 'UPSTREAM_MODEL_NOT_FOUND'],
  ['a model without access', 403, { code: 'model_not_found' }, 'UPSTREAM_MODEL_NOT_FOUND'],
  ['an unknown deployment', 404, { code: 'DeploymentNotFound' }, 'UPSTREAM_MODEL_NOT_FOUND'],
  ['an unknown model under 400', 400, { message: 'x/y is not a valid model ID' }, 'UPSTREAM_MODEL_NOT_FOUND'],
  ['a timeout', 408, {}, 'UPSTREAM_5XX'],
  ['a failure', 500, { type: 'server_error' }, 'UPSTREAM_5XX'],
  ['a bad gateway', 502, {}, 'UPSTREAM_5XX'],
  ['an overload', 503, { message: 'overloaded' }, 'UPSTREAM_OVERLOADED'],
  ['an overload of Anthropic’s kind', 529, {}, 'UPSTREAM_OVERLOADED'],
  ['a bad request', 400, { message: 'bad', type: 'invalid_request_error', param: 'messages' }, 'UPSTREAM_REJECTED'],
  ['too large a body', 413, {}, 'UPSTREAM_REJECTED'],
  ['a redirect', 307, {}, 'UPSTREAM_REDIRECT'],
];

describe('openai.chat errors', () => {
  for (const [name, status, error, reason] of CASES) {
    it(`takes ${name} for ${reason}`, () => {
      const found = decodeError(status, { error });
      assert.equal(found.reason, reason);
      assert.equal(found.details.upstream?.status, status);
    });
  }

  it('carries message, code and parameter', () => {
    const error = decodeError(400, {
      error: {
        message: "Unsupported parameter: 'max_tokens'",
        type: 'invalid_request_error',
        param: 'max_tokens',
        code: 'unsupported_parameter',
      },
    });
    assert.equal(error.message, "The provider answered 400: Unsupported parameter: 'max_tokens'");
    assert.deepEqual(error.details.upstream, { status: 400, code: 'unsupported_parameter' });
    assert.deepEqual(error.details.metadata, { upstreamParam: 'max_tokens' });
  });

  const bodies: readonly (readonly [name: string, body: unknown, message: string])[] = [
    ['an error that is a text (Ollama)', { error: 'bad options' }, 'bad options'],
    ['a bare object (Mistral)', { object: 'error', message: 'bad options', type: 'x' }, 'bad options'],
    [
      'a list of details (Mistral, FastAPI)',
      {
        detail: [
          { loc: ['body', 'n'], msg: 'not permitted' },
          { loc: ['body', 'k'], msg: 'missing' },
        ],
      },
      'body.n: not permitted; body.k: missing',
    ],
    ['a detail that is a text', { detail: 'bad options' }, 'bad options'],
    ['an error in a list', [{ error: { message: 'bad options' } }], 'bad options'],
    ['plain text', 'bad options', 'bad options'],
  ];
  for (const [name, body, message] of bodies) {
    it(`reads ${name}`, () => {
      const error = decodeError(422, body);
      assert.equal(error.reason, 'UPSTREAM_REJECTED');
      assert.equal(error.message, `The provider answered 422: ${message}`);
    });
  }

  it('repeats no HTML and takes emptiness', () => {
    for (const [body, type] of [
      ['<html><h1>502 Bad Gateway</h1></html>', 'text/html'],
      ['<!doctype html>', 'application/json'],
      ['', ''],
    ] as const) {
      const error = decodeError(502, body, {}, type);
      assert.equal(error.reason, 'UPSTREAM_5XX');
      assert.equal(error.message, 'The provider answered 502.');
    }
  });

  it('row 62: repeats no key that a body echoes', () => {
    const key = 'sk-proj-0123456789abcdef';
    const error = decodeError(400, {
      error: { message: `You sent Authorization: Bearer ${key}`, code: key, param: key },
    });
    assert.ok(!JSON.stringify({ ...error, message: error.message }).includes('0123456789abcdef'));
  });

  it('tells callers nothing of what the provider says about the gateway’s key and credit', () => {
    for (const [status, message] of [
      [401, 'Incorrect API key provided for org-secret.'],
      [402, 'Project alpha has no credit.'],
    ] as const) {
      const error = decodeError(status, { error: { message } });
      assert.equal(error.message, `The provider answered ${status}.`);
      assert.ok(error.cause instanceof Error && error.cause.message === message);
    }
  });

  it('carries when and whether to try again', () => {
    const limited = decodeError(429, { error: {} }, { 'retry-after-ms': '1200', 'x-should-retry': 'false' });
    assert.equal(limited.details.retryAfterMs, 1200);
    assert.equal(limited.details.shouldRetry, false);
  });

  it('takes an error under 200 by the number that it gives', () => {
    assert.equal(decodeError(200, { error: { code: 429, message: 'slow' } }).reason, 'UPSTREAM_RATE_LIMITED');
    assert.equal(decodeError(200, { error: { code: '503' } }).reason, 'UPSTREAM_OVERLOADED');
    assert.equal(decodeError(200, '<html>').reason, 'UPSTREAM_PROTOCOL');
  });
});
