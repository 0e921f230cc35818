import assert from 'node:assert/strict';
import fc from 'fast-check';
import { Secret } from '../../../server/model/secret.ts';
import { redact } from '../../../server/upstream/sign/redact.ts';
import { makeProvider } from '../../support/upstream-rig.ts';

const KEY = 'k-canary-0123456789';
const HEADER = 'header-canary-0123456789';
const provider = makeProvider({
  apiKeys: [new Secret(KEY)],
  headers: new Map([
    ['x-proxy-key', HEADER],
    ['x-title', 'shop'],
  ]),
});

describe('redaction', () => {
  it('takes the key and configured secrets out of any text, and leaves the rest', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.constantFrom(KEY, HEADER, 'shop'), fc.string())), (pieces) => {
        const clean = redact(pieces.join(''), provider);
        assert.ok(!clean.includes(KEY) && !clean.includes(HEADER));
        if (pieces.includes('shop')) assert.ok(clean.includes('shop'));
      }),
    );
  });

  it('takes out a key that the end of the text cuts short', () => {
    for (let length = 6; length < KEY.length; length++) {
      assert.equal(redact(`key: ${KEY.slice(0, length)}`, provider), 'key: ***');
      assert.equal(redact(`key: ${KEY.slice(0, length)}…`, provider), 'key: ***…');
    }
    assert.equal(redact('key: k-can', provider), 'key: k-can', 'too short to be told from a word');
  });

  it('leaves texts alone where there is no key', () => {
    const keyless = makeProvider({ apiKeys: [], headers: new Map() });
    assert.equal(redact('anything', keyless), 'anything');
    assert.equal(redact('anything', makeProvider({ apiKeys: [new Secret('')], headers: new Map() })), 'anything');
  });
});
