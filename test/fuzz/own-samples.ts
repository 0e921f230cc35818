/** Samples where the fixtures have none: Google's wire, and vectors of all makers. */

const USAGE = { promptTokenCount: 20, cachedContentTokenCount: 4, candidatesTokenCount: 15, thoughtsTokenCount: 8 };
const CALL = { functionCall: { id: 'fc-1', name: 'weather', args: { city: 'Tōkyō', days: [1, 2.5] } } };
const GROUNDING = {
  webSearchQueries: ['sky colour'],
  groundingChunks: [{ web: { uri: 'https://a.example', title: 'A' } }],
  groundingSupports: [{ segment: { startIndex: 0, endIndex: 6, text: 'Grüße' }, groundingChunkIndices: [0] }],
};

/** Streams: the JSON of their events. */
export const OWN_STREAMS: readonly (readonly unknown[])[] = [
  [
    candidate([{ text: 'Two cities.', thought: true }]),
    candidate([{ text: 'Grüße, ' }]),
    candidate([{ text: '世界 😀', thoughtSignature: 'EpAECkYICxgC/+=' }], { groundingMetadata: GROUNDING }),
    { ...candidate([{ text: '' }], { finishReason: 'STOP' }), usageMetadata: USAGE, modelVersion: 'gemini-test' },
  ],
  [
    candidate([{ functionCall: { name: 'weather', willContinue: true, id: 'fc-1' } }]),
    candidate([
      {
        functionCall: {
          partialArgs: [{ jsonPath: '$.city', stringValue: 'Tō', willContinue: true }],
          willContinue: true,
        },
      },
    ]),
    candidate([{ functionCall: { partialArgs: [{ jsonPath: '$.city', stringValue: 'kyō' }], willContinue: true } }]),
    candidate([{ functionCall: { partialArgs: [{ jsonPath: '$.days[0]', numberValue: 1 }], willContinue: true } }]),
    candidate([{ functionCall: {} }]),
    { ...candidate([], { finishReason: 'STOP' }), usageMetadata: USAGE },
  ],
  [candidate([CALL, { ...CALL, thoughtSignature: 'AAA+/=' }]), candidate([], { finishReason: 'MAX_TOKENS' })],
  [{ promptFeedback: { blockReason: 'SAFETY' }, usageMetadata: { promptTokenCount: 3 } }],
];

/** Whole replies, and vectors. */
export const OWN_REPLIES: readonly unknown[] = [
  {
    ...candidate([{ text: 'Grüße' }, CALL], { finishReason: 'STOP', groundingMetadata: GROUNDING }),
    usageMetadata: USAGE,
  },
  candidate(
    [
      { inlineData: { mimeType: 'image/png', data: 'iVBORw0KGgo=' } },
      { executableCode: { language: 'PYTHON', code: '1' } },
    ],
    {
      finishReason: 'STOP',
    },
  ),
  { promptFeedback: { blockReason: 'SAFETY' } },
  { embeddings: [{ values: [0.5, -1] }, { values: [1, 0.25] }], usageMetadata: { promptTokenCount: 4 } },
  { embedding: [0.5, -0.25], embeddingsByType: { float: [0.5, -0.25] }, inputTextTokenCount: 3 },
  { embeddings: [{ embeddingType: 'TEXT', embedding: [0.5, -0.25] }] },
  {
    embeddings: {
      float: [
        [0.5, -0.25],
        [1, 2],
      ],
    },
    response_type: 'embeddings_by_type',
    texts: ['a', 'b'],
  },
];

function candidate(parts: readonly unknown[], more: object = {}): object {
  return { candidates: [{ index: 0, content: { role: 'model', parts }, ...more }] };
}
