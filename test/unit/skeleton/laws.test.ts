/** The laws of every dialect, tried on Skeleton. */
import { skeletonDialect } from '../../../.ci/skeleton/index.ts';
import { OWNED_MEMBERS } from '../../../.ci/skeleton/wire.ts';
import type { Frame } from '../../../server/providers/dialect.ts';
import { describeDialectLaws } from '../../contract/dialect.ts';

const USAGE = { input_tokens: 5, output_tokens: 2 };

const EVENTS = [{ model: 'model-1', text: 'Tōk' }, { text: 'yō 🗼' }, { finish: 'stop', usage: USAGE }];

describeDialectLaws({
  dialect: skeletonDialect,
  streams: { text: [...EVENTS.map((event): Frame => ({ event: '', data: JSON.stringify(event) })), done()] },
  replies: { text: { model: 'model-1', text: 'Tōkyō 🗼', finish: 'stop', usage: USAGE } },
  twins: [['text', 'text']],
  owned: [...OWNED_MEMBERS],
});

function done(): Frame {
  return { event: '', data: '[DONE]' };
}
