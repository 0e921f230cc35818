import assert from 'node:assert/strict';
import fc from 'fast-check';
import { scriptOf, textOf } from '../../support/simulated.ts';

interface Reply {
  readonly data: readonly { readonly index: number; readonly embedding: readonly number[] | string }[];
  readonly usage: { readonly prompt_tokens: number; readonly total_tokens: number };
}

describe('simulated embeddings', () => {
  const neighbours: readonly (readonly [text: string, near: string, far: string])[] = [
    ['The cat sat on the mat.', 'A cat is sitting on a mat.', 'Quarterly revenue rose by nine percent.'],
    ['How do I reset my password?', 'password reset instructions', 'opening hours of the museum'],
    ['ships in the harbour', 'a ship enters the harbours', 'recipes with tomatoes'],
    ['東京の天気', '東京の天気は晴れ', '大阪の歴史博物館'],
    ['Straße nach München', 'die straßen in münchen', 'la recette du gâteau'],
  ];
  for (const [text, near, far] of neighbours) {
    it(`puts "${near}" nearer to "${text}" than "${far}"`, () => {
      const [a, b, c] = embed([text, near, far]);
      assert.ok(cosine(a, b) > cosine(a, c) + 0.2, `${cosine(a, b)} against ${cosine(a, c)}`);
    });
  }

  it('gives vectors of length 1 in the order of the inputs, whatever they are', () => {
    const inputs = fc.array(fc.string({ minLength: 1, unit: 'binary' }), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(inputs, fc.integer({ min: 1, max: 64 }), (input, dimensions) => {
        const together = embed(input, { dimensions });
        assert.deepEqual(
          together,
          input.flatMap((text) => embed([text], { dimensions })),
        );
        for (const vector of together) {
          assert.equal(vector.length, dimensions);
          assert.ok(Math.abs(Math.hypot(...vector) - 1) < 1e-5);
        }
      }),
      { numRuns: 20 },
    );
  });

  it('has 256 dimensions, or as many as are asked for up to 3072', () => {
    assert.equal(embed(['x'])[0]?.length, 256);
    assert.equal(embed(['x'], { dimensions: 3072 })[0]?.length, 3072);
    assert.equal(askFor({ input: 'x', dimensions: 3073 }).status, 400);
  });

  it('takes one text, and gives its floats as base64 where that is asked for', () => {
    const [plain] = embed(['tide'], { dimensions: 8 });
    const reply = replyOf({ input: 'tide', dimensions: 8, encoding_format: 'base64' });
    const bytes = Uint8Array.fromBase64(String(reply.data[0]?.embedding));
    const view = new DataView(bytes.buffer);
    assert.deepEqual(
      plain?.map((_, index) => view.getFloat32(index * 4, true)),
      plain,
    );
  });

  it('keeps models and seeds in spaces of their own', () => {
    const [a] = embed(['tide']);
    assert.ok(cosine(a, embed(['tide'], { model: 'other' })[0]) < 0.5);
    assert.ok(cosine(a, embed(['tide'], {}, { seed: 2 })[0]) < 0.5);
    assert.deepEqual(a, embed(['tide'])[0]);
  });

  it('counts the tokens', () => {
    assert.deepEqual(replyOf({ input: ['four', 'eight by'] }).usage, { prompt_tokens: 3, total_tokens: 3 });
  });

  for (const input of [undefined, [], '', ['a', ''], [1], Array.from({ length: 2049 }, () => 'a')]) {
    it(`refuses ${JSON.stringify(input)?.slice(0, 20) ?? 'no input'}`, () =>
      assert.equal(askFor({ input }).status, 400));
  }
});

function askFor(body: object, settings = {}): ReturnType<typeof scriptOf> {
  return scriptOf({ model: 'embedder', ...body }, { path: '/v1/embeddings', settings });
}

function replyOf(body: object, settings = {}): Reply {
  return JSON.parse(textOf(askFor(body, settings))) as Reply;
}

function embed(input: readonly string[], more: object = {}, settings = {}): readonly (readonly number[])[] {
  return replyOf({ input, ...more }, settings).data.map(({ embedding }) => embedding as readonly number[]);
}

function cosine(a: readonly number[] = [], b: readonly number[] = []): number {
  return a.reduce((sum, value, index) => sum + value * (b[index] ?? 0), 0); // Both have length 1.
}
