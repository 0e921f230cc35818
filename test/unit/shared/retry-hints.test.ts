import assert from 'node:assert/strict';
import { readRetryHints } from '../../../server/providers/shared/retry-hints.ts';

const DATE = 'Wed, 21 Oct 2026 07:28:00 GMT';

describe('readRetryHints', () => {
  const cases: readonly (readonly [name: string, headers: Record<string, string>, afterMs: number | undefined])[] = [
    ['retry-after in seconds', { 'retry-after': '7' }, 7000],
    ['retry-after in parts of seconds', { 'retry-after': '0.5' }, 500],
    [
      'retry-after as a date, against the reply’s own',
      { 'retry-after': 'Wed, 21 Oct 2026 07:28:30 GMT', date: DATE },
      30_000,
    ],
    ['retry-after as an old date form', { 'retry-after': 'Wednesday, 21-Oct-26 07:28:30 GMT', date: DATE }, 30_000],
    ['a date without the reply’s own', { 'retry-after': 'Wed, 21 Oct 2026 07:28:30 GMT' }, undefined],
    ['retry-after-ms', { 'retry-after-ms': '1500' }, 1500],
    ['x-ms-retry-after-ms', { 'x-ms-retry-after-ms': '2500' }, 2500],
    ['milliseconds before seconds', { 'retry-after-ms': '1500', 'retry-after': '2' }, 1500],
    ['row 58: a negative one', { 'retry-after': '-1' }, 100],
    ['row 58: a huge one', { 'retry-after': '1e12' }, 300_000],
    ['row 58: a word', { 'retry-after': 'soon' }, undefined],
    ['row 58: a past date', { 'retry-after': 'Wed, 21 Oct 2020 07:28:00 GMT', date: DATE }, 100],
    ['row 58: nothing', { 'retry-after': '' }, undefined],
    ['x-ratelimit-reset in seconds', { 'x-ratelimit-reset-requests': '1s' }, 1000],
    ['x-ratelimit-reset in minutes', { 'x-ratelimit-reset-tokens': '6m0s' }, 300_000],
    ['x-ratelimit-reset in minutes and parts of seconds', { 'x-ratelimit-reset-tokens': '2m59.56s' }, 179_560],
    ['x-ratelimit-reset in milliseconds', { 'x-ratelimit-reset-requests': '120ms' }, 120],
    ['x-ratelimit-reset as a moment', { 'x-ratelimit-reset': '1741305600000' }, undefined],
    ['x-ratelimit-reset as nonsense', { 'x-ratelimit-reset-requests': 'later' }, undefined],
    [
      'the reset of the quota that is used up',
      {
        'x-ratelimit-reset-requests': '1s',
        'x-ratelimit-remaining-requests': '0',
        'x-ratelimit-reset-tokens': '1m',
        'x-ratelimit-remaining-tokens': '500',
      },
      1000,
    ],
  ];
  for (const [name, headers, afterMs] of cases) {
    it(`reads ${name}`, () => {
      assert.equal(readRetryHints(429, new Map(Object.entries(headers))).retryAfterMs, afterMs);
    });
  }

  it('does not take the resets of other replies than 429 for hints', () => {
    assert.deepEqual(readRetryHints(500, new Map([['x-ratelimit-reset-requests', '60ms']])), {});
  });

  it('reads RetryInfo out of the body, also out of a list', () => {
    const error = {
      code: 429,
      details: [
        { '@type': 'type.googleapis.com/google.rpc.Help' },
        { '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '34.4s' },
      ],
    };
    assert.equal(readRetryHints(429, new Map(), { error }).retryAfterMs, 34_400);
    assert.equal(readRetryHints(429, new Map(), [{ error }]).retryAfterMs, 34_400);
  });

  it('reads x-should-retry', () => {
    assert.deepEqual(readRetryHints(400, new Map([['x-should-retry', 'true']])), { shouldRetry: true });
    assert.deepEqual(readRetryHints(500, new Map([['x-should-retry', 'false']])), { shouldRetry: false });
    assert.deepEqual(readRetryHints(500, new Map([['x-should-retry', 'perhaps']])), {});
  });
});
