/** The laws of all dialects, on samples of our own. */
import type { Frame } from '../../../server/providers/dialect.ts';
import { googleGemini } from '../../../server/providers/gemini/index.ts';
import { OWNED_MEMBERS } from '../../../server/providers/gemini/wire.ts';
import { describeDialectLaws } from '../../contract/dialect.ts';
import { makeAllowances } from '../../support/targets.ts';
import { piece, reply } from './fixtures.ts';

const PIXEL = { inlineData: { mimeType: 'image/png', data: 'iVBORw0KGgo=' } };
const SOUND = 'audio/L16;codec=pcm;rate=24000';

const GROUNDING = {
  webSearchQueries: ['sky colour'],
  groundingChunks: [
    { web: { uri: 'https://a.example', title: 'A' } },
    { web: { uri: 'https://b.example', title: 'B' } },
  ],
  groundingSupports: [
    { segment: { startIndex: 8, endIndex: 14, text: '世界' }, groundingChunkIndices: [0, 1] },
    { segment: { endIndex: 7, text: 'Grüße' }, groundingChunkIndices: [1] },
  ],
};

const USAGE = {
  promptTokenCount: 20,
  cachedContentTokenCount: 4,
  toolUsePromptTokenCount: 3,
  candidatesTokenCount: 15,
  thoughtsTokenCount: 804,
  totalTokenCount: 842,
  promptTokensDetails: [
    { modality: 'TEXT', tokenCount: 12 },
    { modality: 'IMAGE', tokenCount: 8 },
  ],
  trafficType: 'ON_DEMAND',
};

const CALLS = [
  { text: 'Two cities.', thought: true },
  { text: 'Looking.', thoughtSignature: 'EpAECkYICxgC/+=' },
  { functionCall: { id: 'fc-1', name: 'weather', args: { city: 'Tōkyō', days: [1, 2] } }, thoughtSignature: 'AAA+/=' },
  { functionCall: { name: 'now', args: {} } },
];

const REPLIES: Readonly<Record<string, object>> = {
  text: reply([{ text: 'Grüße, 世界 😀' }], {}, { usageMetadata: USAGE }),
  grounded: reply([{ text: 'Grüße, 世界 😀' }], { groundingMetadata: GROUNDING }),
  signed: reply([{ text: 'Done' }, { text: '', thoughtSignature: 'EqsFCqgFAb4+9vvt' }], {}, { usageMetadata: USAGE }),
  calls: reply(CALLS),
  media: reply([
    { text: 'Here:' },
    { ...PIXEL, thoughtSignature: 'c2ln' },
    { inlineData: { mimeType: SOUND, data: 'AQIDBA==' } },
  ]),
  code: reply([
    { executableCode: { language: 'PYTHON', code: 'print(1)' } },
    { codeExecutionResult: { outcome: 'OUTCOME_OK', output: '1\n' } },
    { text: '1' },
  ]),
  cut: reply([{ text: 'On' }], { finishReason: 'MAX_TOKENS' }),
};

/** The same as streams: halves of texts, sound in pieces, signatures, grounding and the finish last. */
const STREAMS: Readonly<Record<string, readonly Frame[]>> = {
  text: frames(
    piece({ text: 'Grüße, 世' }),
    piece({ text: '界 \ud83d' }),
    reply([{ text: '\ude00' }], {}, { usageMetadata: USAGE }),
  ),
  grounded: frames(
    piece({ text: 'Grüße, ' }),
    piece({ text: '世界 😀' }),
    reply([{ text: '' }], { groundingMetadata: GROUNDING }),
  ),
  signed: frames(
    piece({ text: 'Do' }),
    piece({ text: 'ne' }),
    reply([{ text: '', thoughtSignature: 'EqsFCqgFAb4+9vvt' }], {}, { usageMetadata: USAGE }),
  ),
  calls: frames(
    piece({ text: 'Two ', thought: true }),
    piece({ text: 'cities.', thought: true }),
    piece({ text: 'Looking.', thoughtSignature: 'EpAECkYICxgC/+=' }),
    piece({ functionCall: { id: 'fc-1', name: 'weather', willContinue: true }, thoughtSignature: 'AAA+/=' }),
    piece({
      functionCall: {
        partialArgs: [{ jsonPath: '$.city', stringValue: 'Tō', willContinue: true }],
        willContinue: true,
      },
    }),
    piece({ functionCall: { partialArgs: [{ jsonPath: '$.city', stringValue: 'kyō' }], willContinue: true } }),
    piece({
      functionCall: {
        partialArgs: [
          { jsonPath: '$.days[0]', numberValue: 1 },
          { jsonPath: '$.days[1]', numberValue: 2 },
        ],
        willContinue: true,
      },
    }),
    piece({ functionCall: {} }),
    piece({ functionCall: { name: 'now' } }),
    reply([{ text: '' }]),
  ),
  media: frames(
    piece({ text: 'Here:' }),
    piece({ ...PIXEL, thoughtSignature: 'c2ln' }),
    piece({ inlineData: { mimeType: SOUND, data: 'AQI=' } }),
    reply([{ inlineData: { mimeType: SOUND, data: 'AwQ=' } }]),
  ),
  code: frames(
    piece({ executableCode: { language: 'PYTHON', code: 'print(1)' } }),
    piece({ codeExecutionResult: { outcome: 'OUTCOME_OK', output: '1\n' } }),
    reply([{ text: '1' }]),
  ),
  cut: frames(piece({ text: 'O' }), reply([{ text: 'n' }], { finishReason: 'MAX_TOKENS' })),
};

describeDialectLaws({
  dialect: googleGemini,
  streams: STREAMS,
  replies: REPLIES,
  twins: Object.keys(REPLIES).map((name) => [name, name] as const),
  owned: [...OWNED_MEMBERS],
  target: { allowances: makeAllowances({ opaqueItems: new Set(['executableCode', 'codeExecutionResult']) }) },
});

function frames(...replies: readonly object[]): readonly Frame[] {
  return replies.map((one) => ({ event: '', data: JSON.stringify(one) }));
}
