/** Vectors of replies. */
import assert from 'node:assert/strict';
import { EmbedEncoding } from '../../../server/model/wire.ts';
import { readVector } from '../../../server/providers/shared/vectors.ts';
import { isError } from '../../contract/dialect.ts';

describe('readVector', () => {
  const largest = 3.4028234663852886e38; // The largest finite number of 32 bits.

  it('takes what 32 bits can hold', () => {
    const vector = [0, -1, 1e-300, largest, -largest];
    assert.deepEqual(readVector(vector, EmbedEncoding.FLOATS), vector);
  });

  it('refuses numbers that cannot be sent as floats', () => {
    for (const number of [1e308, -3.5e38, Number.POSITIVE_INFINITY, Number.NaN, '1', null]) {
      for (const encoding of [EmbedEncoding.UNSPECIFIED, EmbedEncoding.FLOATS, EmbedEncoding.FLOAT32_LE]) {
        assert.throws(() => readVector([0, number], encoding), isError('UPSTREAM_PROTOCOL'));
      }
    }
  });
});
