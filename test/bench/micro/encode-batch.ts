/**
 * Batches of text deltas encoded, one delta and sixteen, by the kept writer and by a new one each.
 * Run: node --conditions=kanmon-source test/bench/micro/encode-batch.ts
 */
import { StreamResponse } from '../../../server/model/wire.ts';
import { textDelta } from '../../../server/providers/shared/events.ts';
import { encodeBatch } from '../../../server/transport/grpc/batching.ts';
import { compare } from './compare.ts';

const MAX_BYTES = 4 * 1024 * 1024;
const one = [textDelta(0, ' token')];
const sixteen = Array.from({ length: 16 }, (_, i) => textDelta(0, ` token${i}`));

compare('batch of 1', {
  'encodeBatch, 1 delta': () => encodeBatch(7, one, MAX_BYTES),
  'a new writer, 1 delta': () => StreamResponse.encode({ sequence: 7, events: one }).finish(),
});
compare('batch of 16', {
  'encodeBatch, 16 deltas': () => encodeBatch(7, sixteen, MAX_BYTES),
  'a new writer, 16 deltas': () => StreamResponse.encode({ sequence: 7, events: sixteen }).finish(),
});
