/** The small tools that dialects share. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { AdaptationAction, type OpaqueState, type Part } from '../../../server/model/wire.ts';
import { Adapter } from '../../../server/providers/shared/adapter.ts';
import { decodeBase64, decodeDataUrl, encodeBase64, encodeDataUrl } from '../../../server/providers/shared/base64.ts';
import { Fragments } from '../../../server/providers/shared/fragments.ts';
import { parseCallerObject } from '../../../server/providers/shared/json.ts';
import { requireUris } from '../../../server/providers/shared/media.ts';
import {
  keepOwnItem,
  keepOwnStates,
  makeOpaqueState,
  originOf,
} from '../../../server/providers/shared/opaque-state.ts';
import { mergeProviderOptions } from '../../../server/providers/shared/provider-options.ts';
import { makeUsage, partialUsage, readCount, sumCounts } from '../../../server/providers/shared/usage.ts';
import { isError } from '../../contract/dialect.ts';
import { lacking, makeAllowances, makeTarget } from '../../support/targets.ts';

const TARGET = makeTarget('d.one');

describe('Adapter', () => {
  it('records under ADAPT', () => {
    const adapter = new Adapter({ ...TARGET, capabilities: lacking('seed') });
    assert.equal(adapter.can('seed', 'generation.seed'), false);
    assert.equal(adapter.can('topK', 'generation.top_k'), true);
    adapter.rewrite('generation.temperature', 'It was rounded.');
    const fields = adapter.settle().map(({ field, action }) => [field, action]);
    assert.deepEqual(fields, [
      ['generation.seed', AdaptationAction.DROPPED],
      ['generation.temperature', AdaptationAction.REWRITTEN],
    ]);
  });

  it('throws every violation at once under STRICT', () => {
    const adapter = new Adapter({ ...TARGET, adaptation: 'strict' });
    adapter.drop('generation.seed', 'No seed.');
    adapter.rewrite('generation.temperature', 'Rounded.');
    assert.throws(
      () => adapter.settle(),
      (thrown) => {
        isError('PARAMETER_UNSUPPORTED')(thrown);
        assert.match(String(thrown), /generation\.seed.*generation\.temperature/);
        return true;
      },
    );
  });

  it('never makes an error of what the provider demands', () => {
    const adapter = new Adapter({ ...TARGET, adaptation: 'strict' });
    adapter.report('generation.max_output_tokens', AdaptationAction.ADDED, 'Demanded.');
    assert.equal(adapter.settle().length, 1);
  });

  it('refuses in either mode what cannot be left out', () => {
    const adapter = new Adapter(TARGET);
    adapter.refuse('inputs[0].parts[0].image', 'No images.');
    assert.throws(() => adapter.settle(), isError('PARAMETER_UNSUPPORTED'));
  });
});

describe('opaque state', () => {
  it('goes back to its origin byte for byte', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (data) => {
        const state = makeOpaqueState(TARGET, 'signature', data);
        assert.deepEqual(keepOwnStates(partWith(state), 'p', new Adapter(TARGET)), [state]);
      }),
    );
  });

  for (const change of [{ dialectId: 'd.two' }, { upstreamModel: 'm2' }, { stateDomain: 's2' }]) {
    it(`is foreign to another ${Object.keys(change).join()}`, () => {
      const part = partWith(makeOpaqueState(TARGET, 'signature', 'abc'));
      const other = { ...TARGET, ...change };
      const keep = (adapter: Adapter) => keepOwnStates(part, 'generation.messages[1].parts[0]', adapter);
      assert.throws(() => keep(new Adapter({ ...other, onForeignState: 'pin' })), isError('FOREIGN_STATE'));
      assert.throws(() => keep(new Adapter({ ...other, onForeignState: 'fail' })), isError('FOREIGN_STATE'));
      const adapter = new Adapter({ ...other, onForeignState: 'strip', adaptation: 'strict' });
      assert.deepEqual(keep(adapter), []);
      assert.equal(adapter.settle()[0]?.field, 'generation.messages[1].parts[0].opaque_state[0]');
    });
  }

  it('without an origin is foreign to everybody', () => {
    const state = { origin: undefined, kind: 'signature', data: new Uint8Array() };
    assert.throws(() => keepOwnStates(partWith(state), 'p', new Adapter(TARGET)), isError('FOREIGN_STATE'));
  });

  it('as an item passes only if its type is configured', () => {
    const item = { origin: originOf(TARGET), itemType: 'search', data: new Uint8Array() };
    assert.throws(() => keepOwnItem(item, 'p', new Adapter(TARGET)), isError('OPTION_NOT_ALLOWED'));
    const allowances = makeAllowances({ opaqueItems: new Set(['search']) });
    assert.equal(keepOwnItem(item, 'p', new Adapter({ ...TARGET, allowances })), true);
  });
});

describe('mergeProviderOptions', () => {
  const merge = (json: string, ...allowed: readonly string[]) => {
    const body: Record<string, unknown> = { model: 'm' };
    const allowances = makeAllowances({ providerOptions: new Map([['d.one', new Set(allowed)]]) });
    const rules = { target: { ...TARGET, allowances }, owned: new Set(['temperature']), path: 'options' };
    mergeProviderOptions(body, { 'd.one': json, 'd.two': '{"x": 1}' }, rules);
    return body;
  };

  it('adds what is listed, for its own dialect', () => {
    assert.deepEqual(merge('{"safe_prompt": true}', 'safe_prompt', 'x'), { model: 'm', safe_prompt: true });
  });

  it('names every member that does not pass', () => {
    assert.throws(
      () => merge('{"a": 1, "temperature": 1, "n": 2, "ok": 1}', 'ok', 'temperature', 'n'),
      (thrown) => {
        isError('OPTION_NOT_ALLOWED')(thrown);
        const { violations } = (thrown as { details: { violations: { field: string }[] } }).details;
        assert.deepEqual(
          violations.map(({ field }) => field),
          ['options["d.one"].a', 'options["d.one"].temperature', 'options["d.one"].n'],
        );
        return true;
      },
    );
  });

  it('cannot be used to reach a prototype', () => {
    assert.throws(() => merge('{"__proto__": {"model": "x"}}', '__proto__'), isError('OPTION_NOT_ALLOWED'));
    assert.equal(Object.hasOwn(Object.prototype, 'model'), false);
    const nested = merge('{"ok": {"__proto__": {"polluted": true}}}', 'ok');
    assert.equal(JSON.stringify(nested), '{"model":"m","ok":{"__proto__":{"polluted":true}}}');
  });

  it('does not take an inherited name for a dialect', () => {
    const body = {};
    mergeProviderOptions(body, {}, { target: { ...TARGET, dialectId: 'toString' }, owned: new Set(), path: 'options' });
    assert.deepEqual(body, {});
  });

  it('repeats no text of the caller but short names', () => {
    assert.throws(
      () => merge('{"a secret <text>": 1}'),
      (thrown) => !String(thrown).includes('secret'),
    );
  });
});

describe('JSON of callers', () => {
  it('keeps order and digits', () => {
    const text = '{"z":12345678901234567890,"a":1.0,"e":1e400,"n":-0,"s":"12345678901234567890","b":[0.1000]}';
    assert.equal(JSON.stringify(parseCallerObject(text, 'f')), text);
  });

  it('is refused without being quoted', () => {
    for (const text of ['{"secret', '[]', '1.0', '"x"', 'null']) {
      assert.throws(
        () => parseCallerObject(text, 'generation.x'),
        (thrown) => isError('INVALID_REQUEST')(thrown) && !String(thrown).includes('secret'),
      );
    }
  });
});

describe('counts', () => {
  it('row 69: are whole numbers from 0, or unknown', () => {
    for (const value of [-1, Number.NaN, 1.5, 2 ** 53, 2 ** 31, Infinity, '5', null, undefined]) {
      assert.equal(readCount(value), undefined);
    }
    assert.equal(readCount(0), 0);
    assert.ok(Object.is(readCount(-0), 0));
    assert.equal(readCount(2 ** 31 - 1), 2 ** 31 - 1);
  });

  it('are summed as far as they are known', () => {
    assert.equal(sumCounts(1, undefined, 2), 3);
    assert.equal(sumCounts(undefined), undefined);
    assert.equal(sumCounts(2 ** 31 - 1, 1), undefined);
  });

  it('say how far they can be relied on', () => {
    assert.equal(makeUsage({}).confidence, 'USAGE_CONFIDENCE_UNKNOWN');
    assert.equal(makeUsage({ inputTokens: 0, outputTokens: 0 }).confidence, 'USAGE_CONFIDENCE_REPORTED');
    assert.equal(makeUsage({ inputTokens: 1 }).confidence, 'USAGE_CONFIDENCE_PARTIAL');
    assert.equal(partialUsage(makeUsage({ inputTokens: 1, outputTokens: 1 })).confidence, 'USAGE_CONFIDENCE_PARTIAL');
  });
});

describe('base64', () => {
  it('survives a round trip', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        assert.deepEqual(decodeBase64(encodeBase64(bytes)), bytes);
        assert.deepEqual(decodeDataUrl(encodeDataUrl('image/png', bytes)), { mediaType: 'image/png', data: bytes });
      }),
    );
  });

  it('takes both alphabets, and gives undefined for anything else', () => {
    assert.deepEqual(decodeBase64('-_8'), Uint8Array.of(0xfb, 0xff));
    assert.equal(decodeBase64('!'), undefined);
    assert.equal(decodeDataUrl('https://example.com/a,b'), undefined);
    assert.equal(decodeDataUrl('data:text/plain,hello'), undefined);
  });
});

describe('Fragments', () => {
  it('joins surrogate pairs wherever they are cut, and mends what has no other half', () => {
    const unit = fc.constantFrom('a', '🗼', '\ud83d', '\udc00', 'ō');
    fc.assert(
      fc.property(fc.array(unit, { maxLength: 12 }), fc.array(fc.nat(24)), (units, cuts) => {
        const text = units.join('');
        const bounds = [0, ...cuts.filter((cut) => cut < text.length).toSorted((a, b) => a - b), text.length];
        const fragments = new Fragments();
        const pieces = bounds.slice(1).map((end, index) => fragments.take(text.slice(bounds[index], end)));
        pieces.push(fragments.rest());
        assert.ok(pieces.every((piece) => piece.isWellFormed()));
        assert.equal(pieces.join(''), text.toWellFormed());
      }),
    );
  });
});

describe('requireUris', () => {
  it('lets URIs pass only where the configuration says so', () => {
    assert.throws(() => requireUris(TARGET, 'generation.x.uri'), isError('OPTION_NOT_ALLOWED'));
    requireUris({ ...TARGET, allowances: makeAllowances({ uris: true }) }, 'generation.x.uri');
  });
});

function partWith(...opaqueState: readonly OpaqueState[]): Part {
  return { content: { $case: 'reasoning', value: { text: '' } }, cacheBreakpoint: undefined, opaqueState };
}
