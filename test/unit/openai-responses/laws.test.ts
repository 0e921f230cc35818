/** The laws of every dialect, tried on the fixtures of responses: each stream that has a reply of its name means the same. */
import type { Frame } from '../../../server/providers/dialect.ts';
import { openaiResponses } from '../../../server/providers/openai-responses/index.ts';
import { OWNED_MEMBERS, REPLAYABLE_ITEMS } from '../../../server/providers/openai-responses/wire.ts';
import { describeDialectLaws } from '../../contract/dialect.ts';
import { readFixtures } from '../../support/recordings.ts';
import { makeAllowances } from '../../support/targets.ts';
import { RESPONSES } from '../../support/wire/languages.ts';
import { payloadsOf } from '../../support/wire/read-sse.ts';

const FIXTURES = readFixtures().map((recording) => ({
  recording,
  name: recording.name.replace('openai-responses/', ''),
  kind: RESPONSES.kindOf(recording),
}));

const STREAMS = Object.fromEntries(
  FIXTURES.filter(({ kind }) => kind === 'stream').map(({ name, recording }) => [
    name,
    payloadsOf(recording).map((data): Frame => ({ event: '', data })),
  ]),
);

const REPLIES = Object.fromEntries(
  FIXTURES.filter(({ kind }) => kind === 'reply').map(({ name, recording }) => [
    name,
    openaiResponses.parseReply?.(recording.text),
  ]),
);

// The calls of this one begin in another order than that of the output.
const TWINS = Object.keys(REPLIES).filter((name) => name !== 'parallel-calls');

describeDialectLaws({
  dialect: openaiResponses,
  streams: STREAMS,
  replies: REPLIES,
  twins: TWINS.map((name) => [name, name] as const),
  owned: [...OWNED_MEMBERS],
  target: { allowances: makeAllowances({ opaqueItems: new Set([...REPLAYABLE_ITEMS, 'unheard_of_call']) }) },
});
