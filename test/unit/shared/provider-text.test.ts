import assert from 'node:assert/strict';
import fc from 'fast-check';
import { cleanProviderCode, cleanProviderText } from '../../../server/providers/shared/provider-text.ts';

describe('cleanProviderText', () => {
  const secrets: readonly (readonly [name: string, secret: string, text?: string])[] = [
    ['an OpenAI key', 'sk-proj-abcDEF123456'],
    ['a starred OpenAI key', 'sk-abcd*********************wxyz'],
    ['an Anthropic key', 'sk-ant-api03-AbCdEf_123-xyz'],
    ['a Google key', 'AIzaSyA1234567890abcdefghij'],
    ['a Groq key', 'gsk_0123456789abcdef'],
    ['an xAI key', 'xai-0123456789abcdef'],
    ['an AWS key', 'AKIAIOSFODNN7EXAMPLE'],
    ['hexadecimal', '0af7651916cd43dd8448eb211c80319c'],
    ['base64', 'q83vEjRWeJq83vEjRWeJq83vEjRWeA=='],
    ['a JSON Web Token', 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln'],
    ['a bearer token', 'short.token', 'Authorization: Bearer short.token was refused'],
    ['basic credentials', 'dXNlcjpwYXNz==', 'got Basic dXNlcjpwYXNz=='],
    ['a named key that looks like a word', 'hunterhunter', '{"api_key": "hunterhunter"}'],
    ['a password', 'correct-horse', 'password=correct-horse&x=1'],
  ];
  for (const [name, secret, text = `You sent ${secret}, which is wrong.`] of secrets) {
    it(`takes ${name} out`, () => {
      const clean = cleanProviderText(text);
      assert.ok(!clean.includes(secret), clean);
      assert.match(clean, /\[redacted\]/);
    });
  }

  it('leaves ordinary words alone', () => {
    const text =
      "This model's maximum context length is 128000 tokens; see https://example.com/docs/a-page (gpt-5.6-mini).";
    assert.equal(cleanProviderText(text), text);
    assert.equal(cleanProviderText('Missing bearer token'), 'Missing bearer token');
  });

  it('takes out a key that the cut would halve', () => {
    const clean = cleanProviderText(`${'word '.repeat(3275)} sk-proj-abcDEF123456`);
    assert.ok(!clean.includes('sk-'));
  });

  it('gives well-formed text without control characters, at most 512 code points', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.string({ unit: 'binary', minLength: 500, maxLength: 3000 }),
    );
    fc.assert(
      fc.property(text, (dirty) => {
        const clean = cleanProviderText(dirty);
        assert.ok(clean.isWellFormed());
        assert.ok(!/[\p{Cc}\p{Zl}\p{Zp}]/u.test(clean));
        assert.ok([...clean].length <= 512);
      }),
    );
  });

  it('cuts at a code point', () => {
    const clean = cleanProviderText('🗼 '.repeat(400));
    assert.equal([...clean].length, 512);
    assert.ok(clean.endsWith('…'));
  });

  it('takes time in proportion to the text', () => {
    const start = performance.now();
    for (const text of ['eyJaaaaaaa-', 'bearer ', 'api_key: ', 'sk-', 'a', ' '])
      cleanProviderText(text.repeat(100_000));
    assert.ok(performance.now() - start < 1000);
  });
});

describe('cleanProviderCode', () => {
  it('takes one word and nothing else', () => {
    assert.equal(cleanProviderCode('rate_limit_exceeded'), 'rate_limit_exceeded');
    assert.equal(cleanProviderCode(429), '429');
    for (const code of [null, {}, '', 'two words', 'x'.repeat(65), 'sk-proj-abcDEF123456', 'a\nb']) {
      assert.equal(cleanProviderCode(code), '');
    }
  });
});
