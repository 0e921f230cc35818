/** Cost: exact, rounded once, and the sum of its kinds. Held against the same sums in BigInt. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { type Charge, costOf, UNKNOWN_COST } from '../../../server/model/cost.ts';
import {
  constantPrices,
  FREE_PRICES,
  makePriceTable,
  type PriceCourse,
  type Prices,
  type PriceTable,
  parseUsdNanos,
  steadyCourse,
  UNKNOWN_PRICES,
} from '../../../server/model/prices.ts';
import { UNKNOWN_USAGE } from '../../../server/model/usage.ts';
import { CostKind, PricingStatus, type Usage } from '../../../server/model/wire.ts';

const MTOK = 1_000_000_000; // A dollar for a million tokens.

function usage(changes: Partial<Usage>): Usage {
  return { ...UNKNOWN_USAGE, ...changes };
}

function priced(table: Partial<PriceTable>): Prices {
  return constantPrices('test', makePriceTable(table));
}

function costOfOne(one: Partial<Usage>, table: Partial<PriceTable>) {
  return costOf([{ usage: usage(one), prices: priced(table) }], 0);
}

function items(cost: ReturnType<typeof costOf>): Record<string, number> {
  return Object.fromEntries(cost.items.map(({ kind, usdNanos }) => [kind.replace('COST_KIND_', ''), usdNanos]));
}

describe('costOf', () => {
  it('charges every part by its own price and the rest by the plain one', () => {
    const cost = costOfOne(
      {
        inputTokens: 1000,
        cacheReadTokens: 100,
        cacheWrites: [
          { tokens: 200, ttl: { seconds: 300, nanos: 0 } },
          { tokens: 50, ttl: { seconds: 3600, nanos: 0 } },
          { tokens: 10, ttl: undefined },
        ],
        inputAudioTokens: 40,
        inputImageTokens: 30,
        outputTokens: 500,
        reasoningTokens: 200,
        outputAudioTokens: 100,
        serverToolUses: [
          { tool: 'web_search', count: 3 },
          { tool: 'calculator', count: 9 },
        ],
      },
      {
        input: 3 * MTOK,
        cacheRead: 0.3 * MTOK,
        cacheWrite: 3.75 * MTOK,
        cacheWrite1h: 6 * MTOK,
        inputAudio: 10 * MTOK,
        inputImage: 5 * MTOK,
        output: 15 * MTOK,
        outputAudio: 20 * MTOK,
        request: 2_000_000 * 1e6,
        serverTools: new Map([['web_search', 10_000_000 * 1e6]]),
      },
    );
    assert.deepEqual(items(cost), {
      INPUT: (1000 - 100 - 260 - 40 - 30) * 3000,
      CACHE_READ: 100 * 300,
      CACHE_WRITE: 210 * 3750 + 50 * 6000,
      INPUT_AUDIO: 40 * 10_000,
      INPUT_IMAGE: 30 * 5000,
      OUTPUT: 400 * 15_000,
      OUTPUT_AUDIO: 100 * 20_000,
      REQUEST: 2_000_000,
      SERVER_TOOL: 30_000_000,
    });
    assert.equal(cost.pricingStatus, PricingStatus.PRICED);
    assert.equal(cost.priceListVersion, 'test');
  });

  it('charges parts without a price of their own as what they are parts of', () => {
    const parts = { cacheReadTokens: 10, cacheWrites: [{ tokens: 5, ttl: undefined }], inputAudioTokens: 2 };
    const cost = costOfOne(
      { inputTokens: 20, outputTokens: 9, reasoningTokens: 4, ...parts },
      { input: MTOK, output: 2 * MTOK },
    );
    assert.deepEqual(items(cost), { INPUT: 20_000, OUTPUT: 18_000 });
  });

  it('charges reasoning by its own price where it has one, as output', () => {
    const table = { input: MTOK, output: 8 * MTOK, outputReasoning: 3 * MTOK };
    assert.deepEqual(items(costOfOne({ inputTokens: 0, outputTokens: 10, reasoningTokens: 4 }, table)), {
      OUTPUT: 6 * 8000 + 4 * 3000,
    });
  });

  it('rounds each kind once, half to even', () => {
    const nanos = (inputTokens: number, price: number) => costOfOne({ inputTokens }, { input: price }).usdNanos;
    assert.equal(nanos(1, 500_000), 0); // 0.5
    assert.equal(nanos(3, 500_000), 2); // 1.5
    assert.equal(nanos(5, 500_000), 2); // 2.5
    assert.equal(nanos(1, 500_001), 1);
    assert.equal(nanos(1, 499_999), 0);
    const writes = [300, 300].map((seconds) => ({ tokens: 1, ttl: { seconds, nanos: 0 } }));
    assert.equal(costOfOne({ inputTokens: 2, cacheWrites: writes }, { cacheWrite: 500_000 }).usdNanos, 1);
  });

  it('never charges parts for more than the whole, whatever the provider says', () => {
    const cost = costOfOne(
      { inputTokens: 10, cacheReadTokens: 8, inputAudioTokens: 9, outputTokens: 3, outputAudioTokens: 50 },
      { input: MTOK, cacheRead: MTOK, inputAudio: 4 * MTOK, output: MTOK, outputAudio: 2 * MTOK },
    );
    assert.deepEqual(items(cost), { CACHE_READ: 8000, INPUT_AUDIO: 8000, OUTPUT_AUDIO: 6000 });
  });

  it('takes all of a call with a long input by the prices of long inputs', () => {
    const step = (aboveInputTokens: number, dollars: number) => {
      return { aboveInputTokens, table: makePriceTable({ input: dollars * MTOK, output: dollars * MTOK }) };
    };
    const course: PriceCourse = [{ when: undefined, steps: [step(0, 1), step(200, 2), step(400, 3)] }];
    const prices: Prices = { kind: 'priced', version: '', usual: course, byTier: new Map(), byRegion: new Map() };
    const nanos = (inputTokens: number) =>
      costOf([{ usage: usage({ inputTokens, outputTokens: 1 }), prices }], 0).usdNanos;
    assert.deepEqual([0, 200, 201, 400, 401].map(nanos), [1000, 201_000, 404_000, 802_000, 1_206_000]);
  });

  it('takes the prices of the moment', () => {
    const at = (dollars: number) => [{ aboveInputTokens: 0, table: makePriceTable({ input: dollars * MTOK }) }];
    const hour = 3_600_000;
    const usual: PriceCourse = [
      { when: undefined, steps: at(1) },
      { when: { kind: 'from', wallMs: Date.UTC(2026, 8, 1) }, steps: at(2) },
      { when: { kind: 'daily', startMs: 23 * hour, endMs: hour }, steps: at(4) },
    ];
    const prices: Prices = { kind: 'priced', version: '', usual, byTier: new Map(), byRegion: new Map() };
    const nanos = (...date: [number, number, number, number]) =>
      costOf([{ usage: usage({ inputTokens: 1 }), prices }], Date.UTC(...date)).usdNanos;
    assert.equal(nanos(2026, 7, 31, 12), 1000);
    assert.equal(nanos(2026, 8, 1, 1), 2000);
    assert.equal(nanos(2026, 8, 1, 0), 4000);
    assert.equal(nanos(2026, 7, 31, 23), 4000);
  });

  it('knows nothing of a tier of service without a price, nor of usage that is not told', () => {
    const flex = steadyCourse(makePriceTable({ input: MTOK / 2 }));
    const us = steadyCourse(makePriceTable({ input: 1.1 * MTOK }));
    const prices: Prices = {
      ...constantPrices('test', makePriceTable({ input: MTOK })),
      byTier: new Map([['flex', flex]]),
      byRegion: new Map([['us', us]]),
    };
    const cost = (changes: Partial<Usage>) => costOf([{ usage: usage(changes), prices }], 0);
    assert.equal(cost({ inputTokens: 2, serviceTier: 'Flex' }).usdNanos, 1000);
    assert.equal(cost({ inputTokens: 2, serviceTier: 'default' }).usdNanos, 2000);
    assert.equal(cost({ inputTokens: 2, inferenceRegion: 'us' }).usdNanos, 2200);
    assert.equal(cost({ inputTokens: 2, serviceTier: 'priority' }), UNKNOWN_COST);
    assert.equal(cost({ serviceTier: 'default' }), UNKNOWN_COST);
    assert.equal(cost({ inputTokens: 2, outputTokens: 1 }), UNKNOWN_COST); // The output has no price.
    assert.equal(cost({ inputTokens: 2, outputTokens: 0 }).usdNanos, 2000);
  });

  it('is free where all is, and unknown as soon as something is', () => {
    const some = usage({ inputTokens: 1, outputTokens: 1 });
    const paid = { usage: some, prices: priced({ input: MTOK, output: MTOK }) };
    const free: Charge = { usage: UNKNOWN_USAGE, prices: FREE_PRICES };
    assert.equal(costOf([free, free], 0).pricingStatus, PricingStatus.FREE);
    assert.equal(costOf([free, paid], 0).usdNanos, 2000);
    assert.equal(costOf([paid, { usage: some, prices: UNKNOWN_PRICES }], 0), UNKNOWN_COST);
    assert.equal(costOf([], 0), UNKNOWN_COST);
  });

  it('says that it does not know what no number of the contract holds', () => {
    const prices = { input: 1e13, output: 1e13 };
    assert.equal(costOfOne({ inputTokens: 2 ** 31 - 1, outputTokens: 2 ** 31 - 1 }, prices), UNKNOWN_COST);
    assert.equal(costOfOne({ inputTokens: 2 ** 40 }, { input: 1_999_999 }), UNKNOWN_COST);
  });

  it('is the sum of its kinds, and what BigInt says of each', () => {
    fc.assert(
      fc.property(anyCharges, (charges) => {
        const cost = costOf(charges, 0);
        const expected = referenceOf(charges);
        assert.deepEqual(
          Object.fromEntries(cost.items.map(({ kind, usdNanos }) => [kind, BigInt(usdNanos)])),
          expected,
        );
        assert.equal(
          cost.usdNanos,
          cost.items.reduce((sum, { usdNanos }) => sum + usdNanos, 0),
        );
        assert.ok(cost.usdNanos >= 0 && Number.isSafeInteger(cost.usdNanos));
      }),
    );
  });

  it('never falls when more is consumed', () => {
    fc.assert(
      fc.property(
        fc.tuple(count, count, count),
        fc.tuple(price, price),
        ([input, output, more], [inputPrice, outputPrice]) => {
          const table = { input: inputPrice, output: outputPrice };
          const before = costOfOne({ inputTokens: input, outputTokens: output }, table).usdNanos;
          assert.ok(costOfOne({ inputTokens: input + more, outputTokens: output }, table).usdNanos >= before);
          assert.ok(costOfOne({ inputTokens: input, outputTokens: output + more }, table).usdNanos >= before);
        },
      ),
    );
  });
});

describe('parseUsdNanos', () => {
  it('reads decimal dollars exactly', () => {
    const read: Record<string, number> = {
      '0.25': 250_000_000,
      '15': 15e9,
      '0': 0,
      '0.000000001': 1,
      '0.1': 1e8,
      '7.07': 7.07e9,
    };
    for (const [text, nanos] of Object.entries(read)) assert.equal(parseUsdNanos(text), nanos, text);
  });

  it('is what BigInt makes of the digits', () => {
    fc.assert(
      fc.property(fc.nat(9_007_198), fc.nat(999_999_999), (whole, nanos) => {
        assert.equal(
          parseUsdNanos(`${whole}.${String(nanos).padStart(9, '0')}`),
          Number(BigInt(whole) * 1_000_000_000n + BigInt(nanos)),
        );
      }),
    );
  });

  it('takes nothing else', () => {
    for (const text of ['', '-1', '1e3', '.5', '5.', '0.0000000001', '1,5', '$1', ' 1', '12345678', 'NaN']) {
      assert.equal(parseUsdNanos(text), undefined, text);
    }
  });
});

const count = fc.nat(2 ** 24);
const price = fc.nat(700_000_000_000); // Of a million tokens, in nanos: 700 dollars.
const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });

const anyCharges = fc
  .array(
    fc.record({
      inputTokens: count,
      cacheReadTokens: maybe(count),
      written: maybe(count),
      inputAudioTokens: maybe(count),
      outputTokens: count,
      outputAudioTokens: maybe(count),
      prices: fc.record({
        input: price,
        output: price,
        cacheRead: maybe(price),
        cacheWrite: maybe(price),
        inputAudio: maybe(price),
        outputAudio: maybe(price),
        request: maybe(price),
      }),
    }),
    { minLength: 1, maxLength: 4 },
  )
  .map((all) =>
    all.map(({ written, prices, ...counts }): Charge => {
      const cacheWrites = written === undefined ? [] : [{ tokens: written, ttl: undefined }];
      return { usage: usage({ ...counts, cacheWrites }), prices: priced(prices) };
    }),
  );

/** The same by another way: all products as BigInt, per kind, divided and rounded at the end. */
function referenceOf(charges: readonly Charge[]): Record<string, bigint> {
  const sums = new Map<CostKind, bigint>();
  const add = (kind: CostKind, tokens: number, nanos: number) => {
    sums.set(kind, (sums.get(kind) ?? 0n) + BigInt(tokens) * BigInt(nanos));
  };
  for (const { usage: used, prices } of charges) {
    if (prices.kind !== 'priced') throw new Error('not priced');
    const table = prices.usual[0]?.steps[0]?.table ?? makePriceTable({});
    let left = used.inputTokens ?? 0;
    const parts = [
      [CostKind.CACHE_READ, used.cacheReadTokens, table.cacheRead],
      [CostKind.CACHE_WRITE, used.cacheWrites[0]?.tokens, table.cacheWrite],
      [CostKind.INPUT_AUDIO, used.inputAudioTokens, table.inputAudio],
    ] as const;
    for (const [kind, tokens = 0, nanos] of parts) {
      if (nanos === undefined) continue;
      const taken = Math.min(tokens, left);
      add(kind, taken, nanos);
      left -= taken;
    }
    add(CostKind.INPUT, left, table.input ?? 0);
    const output = used.outputTokens ?? 0;
    const audio = table.outputAudio === undefined ? 0 : Math.min(used.outputAudioTokens ?? 0, output);
    add(CostKind.OUTPUT_AUDIO, audio, table.outputAudio ?? 0);
    add(CostKind.OUTPUT, output - audio, table.output ?? 0);
    add(CostKind.REQUEST, 1, table.request ?? 0);
  }
  return Object.fromEntries(
    [...sums].map(([kind, sum]) => [kind, halfEven(sum)] as const).filter(([, nanos]) => nanos > 0n),
  );
}

function halfEven(millionths: bigint): bigint {
  const whole = millionths / 1_000_000n;
  const twice = (millionths % 1_000_000n) * 2n;
  return twice > 1_000_000n || (twice === 1_000_000n && whole % 2n === 1n) ? whole + 1n : whole;
}
