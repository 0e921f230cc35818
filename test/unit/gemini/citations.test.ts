/** Sources: places in bytes become code points, in whole replies and over the pieces of a stream. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Citation, Part } from '../../../server/model/wire.ts';
import { googleGemini } from '../../../server/providers/gemini/index.ts';
import { TextIndex } from '../../../server/providers/gemini/text-index.ts';
import { decodeStream, piece, reply, TARGET } from './fixtures.ts';

const A = { web: { uri: 'https://a.example', title: 'A' } };
const B = { retrievedContext: { uri: 'gs://b', title: 'B', text: 'It is so.' } };

function support(segment: object, ...groundingChunkIndices: readonly number[]) {
  return { segment, groundingChunkIndices, confidenceScores: [0.5] };
}

describe('google.gemini citations', () => {
  it('places sources by the bytes that they support', () => {
    const text = 'Grüße, 世界 😀!';
    const groundingMetadata = {
      groundingChunks: [A, B],
      groundingSupports: [
        support({ startIndex: 9, endIndex: 15, text: '世界' }, 0, 1),
        support({ startIndex: 16, endIndex: 20 }, 1),
      ],
    };
    const cited = citationsOf(whole([{ text }], { groundingMetadata }))[0] ?? [];
    assert.deepEqual(
      cited.map(brief),
      [
        ['世界', 'https://a.example', 'A', ''],
        ['世界', 'gs://b', 'B', 'It is so.'],
        ['😀', 'gs://b', 'B', 'It is so.'],
      ].map(([piece = '', ...rest]) => [...placeOf(text, piece), ...rest]),
    );
    assert.deepEqual(JSON.parse(cited[0]?.rawJson ?? ''), {
      groundingSupport: groundingMetadata.groundingSupports[0],
      groundingChunk: A,
    });
  });

  it('trusts the supported text more than its numbers, and neither where they do not fit', () => {
    const metadata = (segment: object) => ({
      groundingMetadata: { groundingChunks: [A], groundingSupports: [support(segment, 0)] },
    });
    const place = (segment: object) => {
      const [one] = citationsOf(whole([{ text: 'one two' }], metadata(segment)))[0] ?? [];
      return [one?.startIndex, one?.endIndex];
    };
    assert.deepEqual(place({ startIndex: 100, endIndex: 103, text: 'two' }), [4, 7]);
    assert.deepEqual(place({ startIndex: 0, endIndex: 3, text: 'two' }), [4, 7]);
    assert.deepEqual(place({ endIndex: 3 }), [0, 3]);
    assert.deepEqual(place({ startIndex: 100, endIndex: 103 }), [undefined, undefined]);
    assert.deepEqual(place({ startIndex: 3, endIndex: 1 }), [undefined, undefined]);
    assert.deepEqual(place({ startIndex: 0, endIndex: 3, text: 'six' }), [undefined, undefined]);
    assert.deepEqual(place({}), [undefined, undefined]);
  });

  it('finds the text among several', () => {
    const groundingMetadata = {
      groundingChunks: [A],
      groundingSupports: [support({ startIndex: 0, endIndex: 3, text: 'two' }, 0)],
    };
    const parts = whole([{ text: 'one' }, { executableCode: {} }, { text: 'two' }], { groundingMetadata });
    assert.deepEqual(
      citationsOf(parts).map((cited) => cited.length),
      [0, 0, 1],
    );
  });

  it('collects sources over the pieces of a stream, and says nothing twice', () => {
    const first = { groundingChunks: [A], groundingSupports: [support({ endIndex: 3, text: 'one' }, 0)] };
    const second = {
      groundingChunks: [B],
      groundingSupports: [support({ startIndex: 4, endIndex: 7, text: 'two' }, 1)],
    };
    const { parts } = decodeStream([
      cited([{ text: 'one ' }], first),
      cited([{ text: 'two' }], second),
      reply([{ text: '', thoughtSignature: 's' }], { groundingMetadata: first }),
    ]);
    assert.deepEqual(citationsOf(parts)[0]?.map(brief), [
      [0, 3, 'https://a.example', 'A', ''],
      [4, 7, 'gs://b', 'B', 'It is so.'],
    ]);
  });

  it('cites a text that became whole in the same piece', () => {
    const groundingMetadata = { groundingChunks: [A], groundingSupports: [support({ endIndex: 3 }, 0)] };
    const { parts } = decodeStream([
      piece({ text: 'one' }),
      reply([{ text: '', thoughtSignature: 's' }], { groundingMetadata }),
    ]);
    assert.deepEqual(
      citationsOf(parts).map((one) => one.length),
      [1, 0],
    );
  });

  it('keeps sources whose text is no longer open, without a place', () => {
    const groundingMetadata = { groundingChunks: [A], groundingSupports: [support({ endIndex: 3, text: 'one' }, 0)] };
    const { parts } = decodeStream([
      piece({ text: 'one' }),
      piece({ functionCall: { name: 'f' } }),
      reply([], { groundingMetadata }),
    ]);
    const last = citationsOf(parts).at(-1);
    assert.deepEqual(last?.map(brief), [[undefined, undefined, 'https://a.example', 'A', '']]);
  });

  it('names sources that support nothing in particular, once the answer is whole', () => {
    const groundingMetadata = { groundingChunks: [A, B] };
    const { parts } = decodeStream([cited([{ text: 'one' }], groundingMetadata), reply([{ text: ' two' }])]);
    assert.deepEqual(
      citationsOf(parts)[0]?.map(({ uri }) => uri),
      ['https://a.example', 'gs://b'],
    );
    assert.deepEqual(citationsOf(whole([{ functionCall: { name: 'f' } }], { groundingMetadata })), [[]]);
  });

  it('reads what was recited, in the words of the Gemini API and of Vertex', () => {
    const source = { startIndex: 0, endIndex: 3, uri: 'https://c.example', license: 'mit' };
    for (const citationMetadata of [{ citationSources: [source] }, { citations: [{ ...source, title: '' }] }]) {
      const [one] = citationsOf(whole([{ text: 'one' }], { citationMetadata }))[0] ?? [];
      assert.deepEqual(one && brief(one), [0, 3, 'https://c.example', '', '']);
    }
  });

  it('counts the searches and the pages that were read', () => {
    const { usage } = googleGemini.decodeComplete(
      reply([{ text: 'A' }], {
        groundingMetadata: { webSearchQueries: ['a', 'b', 'a'] },
        urlContextMetadata: { urlMetadata: [{ retrievedUrl: 'https://x.example' }] },
      }),
      TARGET,
    );
    assert.deepEqual(usage.serverToolUses, [
      { tool: 'googleSearch', count: 2 },
      { tool: 'urlContext', count: 1 },
    ]);
  });

  it('passes over metadata that is none', () => {
    for (const value of [
      null,
      1,
      'x',
      [],
      { groundingChunks: 1, groundingSupports: [1, { groundingChunkIndices: ['x', 7, -1] }] },
    ]) {
      assert.deepEqual(citationsOf(whole([{ text: 'A' }], { groundingMetadata: value, citationMetadata: value })), [
        [],
      ]);
    }
  });
});

describe('TextIndex', () => {
  it('counts as the encoders count', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom('a', 'é', '漢', '😀')), (characters) => {
        const text = characters.join('');
        const index = new TextIndex(text);
        const starts = new Set<number>();
        for (let place = 0; place <= characters.length; place++) {
          const before = characters.slice(0, place).join('');
          const byte = Buffer.byteLength(before);
          starts.add(byte);
          assert.equal(index.unitAt(byte), before.length);
          assert.equal(index.pointAt(before.length), place);
        }
        for (let byte = 0; byte <= Buffer.byteLength(text) + 1; byte++) {
          if (!starts.has(byte)) assert.equal(index.unitAt(byte), undefined);
        }
      }),
    );
  });
});

function whole(parts: readonly object[], candidate: object): readonly Part[] {
  return googleGemini.decodeComplete(reply(parts, candidate), TARGET).message.parts;
}

function cited(parts: readonly object[], groundingMetadata: object): object {
  return reply(parts, { finishReason: undefined, groundingMetadata });
}

function citationsOf(parts: readonly Part[]): readonly (readonly Citation[])[] {
  return parts.map(({ content }) => (content?.$case === 'text' ? content.value.citations : []));
}

function brief({ startIndex, endIndex, uri, title, citedText }: Citation) {
  return [startIndex, endIndex, uri, title, citedText];
}

/** Code points of a piece of a text. */
function placeOf(text: string, wanted: string): readonly number[] {
  const before = Array.from(text.slice(0, text.indexOf(wanted))).length;
  return [before, before + Array.from(wanted).length];
}
