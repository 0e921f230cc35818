/** A short run of the fuzzer, on fixtures only and with a fixed seed: the same inputs on every machine. `npm run fuzz` goes on. */
import assert from 'node:assert/strict';
import type { StreamEvent } from '../../server/model/wire.ts';
import type { StreamDecoder, Target } from '../../server/providers/dialect.ts';
import { DIALECTS } from '../../server/providers/dialects.ts';
import { finished } from '../../server/providers/shared/events.ts';
import { makeUsage } from '../../server/providers/shared/usage.ts';
import { type FuzzFigures, fuzz, MAX_CPU_MS, MAX_HEAP_GROWTH_BYTES } from './fuzz.ts';
import { drawInput } from './inputs.ts';
import { renderFigures, renderFinding } from './report.ts';
import { type DialectSamples, readSamples, type Samples } from './samples.ts';

const SEED = 5;
const INPUTS = 10_000;

describe('fuzzing', () => {
  const samples = readSamples(false);

  it('has samples for everything that a dialect decodes', () => {
    for (const { dialect, streams, replies, vectors } of samples.dialects) {
      const generates = dialect.id !== 'voyage.embeddings';
      assert.equal(streams.length > 0, generates, `streams of ${dialect.id}`);
      assert.equal(replies.length > 0, generates, `replies of ${dialect.id}`);
      assert.equal(vectors.length > 0, dialect.embed !== undefined, `vectors of ${dialect.id}`);
    }
    assert.equal(samples.dialects.length, DIALECTS.size);
  });

  it('finds nothing wrong with any decoder', function () {
    this.timeout(30_000);
    const figures = fuzz(samples, { seed: SEED, count: INPUTS, seconds: 20 });
    const told = figures.findings.map((finding) =>
      renderFinding(finding, `--seed ${SEED} --only ${finding.number} --fixtures`),
    );
    assert.deepEqual(told, []);
    assert.ok(figures.inputs > 0 && figures.slowestMs <= MAX_CPU_MS);
    assert.ok(figures.heapGrowthBytes < MAX_HEAP_GROWTH_BYTES, `${figures.heapGrowthBytes} bytes stay`);
    // Inputs that are all refused at the door would test nothing behind it.
    const okShare = (figures.byOutcome.get('OK') ?? 0) / figures.inputs;
    assert.ok(okShare > 0.1 && okShare < 0.9, `${okShare} of the inputs are read`);
    assert.match(renderFigures(figures, { seed: SEED, digest: samples.digest }), /, 0 findings$/m);
  });

  it('draws the same input by the same number', () => {
    for (const number of [0, 1, 77]) {
      const [{ of: _one, ...one }, { of: _two, ...two }] = [
        drawInput(samples, 9, number),
        drawInput(samples, 9, number),
      ];
      assert.deepEqual(one, two);
    }
    const texts = Array.from({ length: 50 }, (_, number) =>
      JSON.stringify({ ...drawInput(samples, 9, number), of: 0 }),
    );
    assert.ok(new Set(texts).size > 45);
  });

  describe('finds what is planted:', () => {
    it('a stream that ends well without a finish', () => {
      const figures = plant(samples, (decoder) => ({ end: () => endAnyway(decoder) }));
      assert.match(figures.findings[0]?.fault ?? '', /without the provider's finish/);
    });

    it('an error that is no GatewayError', () => {
      const figures = plant(samples, () => ({ push: () => assert.fail('planted') }));
      assert.match(figures.findings[0]?.fault ?? '', /not a GatewayError: AssertionError.*planted/);
    });

    it('half a surrogate pair', () => {
      const value = { partIndex: 0, text: '\ud83d', citations: [], logprobs: [] };
      const half: StreamEvent = { event: { $case: 'textDelta', value } };
      const figures = plant(samples, (decoder) => ({ push: (frame) => [...decoder.push(frame), half] }));
      assert.match(figures.findings[0]?.fault ?? '', /a text is not well-formed/);
    });

    it('an event that takes too long', function () {
      this.timeout(20_000);
      const figures = plant(samples, () => ({ push: spinOnce() }), 3);
      assert.match(figures.findings[0]?.fault ?? '', /it took \d+ ms of CPU/);
    });
  });
});

/** Runs the fuzzer on streams of one dialect, some of whose decoder's functions are others. */
function plant(samples: Samples, change: (decoder: StreamDecoder) => Partial<StreamDecoder>, count = 400): FuzzFigures {
  const chat = samples.dialects.find(({ dialect }) => dialect.id === 'openai.chat') ?? assert.fail('no openai.chat');
  const openStream = (target: Target) => overlaid(chat.dialect.openStream(target), change);
  const planted: DialectSamples = { ...chat, dialect: { ...chat.dialect, openStream } };
  return fuzz({ ...samples, dialects: [planted] }, { seed: 1, first: 1, count, seconds: 15 });
}

function overlaid(decoder: StreamDecoder, change: (decoder: StreamDecoder) => Partial<StreamDecoder>): StreamDecoder {
  const { push, end } = change(decoder);
  return {
    push: push ?? ((frame) => decoder.push(frame)),
    end: end ?? (() => decoder.end()),
    get done() {
      return decoder.done;
    },
    get finishing() {
      return decoder.finishing;
    },
    upstreamModel: '',
    usage: undefined,
  };
}

function endAnyway(decoder: StreamDecoder): ReturnType<StreamDecoder['end']> {
  try {
    return decoder.end();
  } catch {
    return [finished({ kind: 'FINISH_KIND_STOP', raw: 'stop', stopSequence: undefined }, makeUsage({}))]; // The planted fault.
  }
}

const SPIN_MS = 70;

function spinOnce(): StreamDecoder['push'] {
  let spins = 1;
  return () => {
    const before = process.threadCpuUsage();
    while (spins > 0 && process.threadCpuUsage(before).user < SPIN_MS * 1000);
    spins = 0;
    return [];
  };
}
