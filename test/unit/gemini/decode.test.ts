/** Whole replies and streams: providers.md 4.4. */
import assert from 'node:assert/strict';
import { FinishKind, type Part } from '../../../server/model/wire.ts';
import { googleGemini } from '../../../server/providers/gemini/index.ts';
import { parseExactJson } from '../../../server/providers/shared/json.ts';
import { isError } from '../../contract/dialect.ts';
import { contents, decodeStream, piece, reply, statesOf, TARGET } from './fixtures.ts';

const decode = (value: unknown) => googleGemini.decodeComplete(value, TARGET);

describe('google.gemini replies', () => {
  it('has text, thoughts and calls, in the order of the parts, with the finish of calls', () => {
    const { message, finishReason, upstreamModel } = decode(
      reply([
        { text: 'Hm.', thought: true },
        { text: 'Look:' },
        { functionCall: { id: 'fc', name: 'a', args: { n: 1 } } },
        { functionCall: { name: 'b' } },
      ]),
    );
    assert.deepEqual(contents(message.parts), [
      { $case: 'reasoning', value: { text: 'Hm.' } },
      { $case: 'text', value: { text: 'Look:', citations: [], logprobs: [] } },
      { $case: 'toolCall', value: { id: 'fc', name: 'a', input: { $case: 'argumentsJson', value: '{"n":1}' } } },
      {
        $case: 'toolCall',
        value: { id: 'gemini_call_r-1_1', name: 'b', input: { $case: 'argumentsJson', value: '{}' } },
      },
    ]);
    assert.deepEqual(finishReason, { kind: FinishKind.TOOL_CALLS, raw: 'STOP', stopSequence: undefined });
    assert.equal(upstreamModel, 'gemini-test-001');
  });

  it('gives calls without ids the same ids each time', () => {
    const ids = () =>
      decode(reply([{ functionCall: { name: 'a' } }, { functionCall: { name: 'a' } }])).message.parts.map(idOf);
    assert.deepEqual(ids(), ['gemini_call_r-1_0', 'gemini_call_r-1_1']);
    assert.deepEqual(ids(), ids());
    const nameless = decode(reply([{ functionCall: { name: 'a' } }], {}, { responseId: undefined }));
    assert.deepEqual(nameless.message.parts.map(idOf), ['gemini_call__0']);
  });

  it('keeps the digits of numbers in arguments, in replies and streams', () => {
    const json = JSON.stringify(reply([{ functionCall: { name: 'a', args: { n: 'N' } } }])).replace(
      '"N"',
      '12345678901234567890',
    );
    const part = decode(parseExactJson(json)).message.parts[0];
    assert.match(JSON.stringify(part), /12345678901234567890/);
    const decoder = googleGemini.openStream(TARGET);
    assert.match(JSON.stringify(decoder.push({ event: '', data: json })), /12345678901234567890/);
  });

  it('keeps signatures on the parts on which they came', () => {
    const { message } = decode(
      reply([
        { text: 'T', thought: true, thoughtSignature: 's1' },
        { text: 'A' },
        { text: 'B', thoughtSignature: 's2' },
        { functionCall: { name: 'a' }, thoughtSignature: 's3' },
        { text: '', thoughtSignature: 's4' },
        { thoughtSignature: 's5' },
        { inlineData: { mimeType: 'image/png', data: 'AQI=' }, thoughtSignature: 's6' },
      ]),
    );
    assert.deepEqual(
      message.parts.map((part) => [part.content?.$case, ...statesOf(part)]),
      [
        ['reasoning', 's1'],
        ['text'],
        ['text', 's2'],
        ['toolCall', 's3'],
        ['text', 's4'],
        ['text', 's5'],
        ['image', 's6'],
      ],
    );
    const [state] = message.parts[0]?.opaqueState ?? [];
    assert.equal(state?.kind, 'thought_signature');
    assert.deepEqual(state.origin, { dialect: 'google.gemini', upstreamModel: 'gemini-test', stateDomain: 'acme' });
  });

  it('gives images, sound, video and files', () => {
    const { message } = decode(
      reply([
        { inlineData: { mimeType: 'image/png', data: 'AQI=' } },
        { inlineData: { mimeType: 'audio/L16;rate=24000', data: 'AQI=' } },
        { fileData: { mimeType: 'video/mp4', fileUri: 'https://x.example/v' } },
        { inlineData: { mimeType: 'application/pdf', data: 'AQI=' } },
      ]),
    );
    assert.deepEqual(
      message.parts.map(({ content }) => content?.$case),
      ['image', 'audio', 'video', 'document'],
    );
    assert.match(JSON.stringify(message.parts[2]), /"\$case":"uri","value":"https:\/\/x\.example\/v"/);
  });

  it('keeps what the contract has no word for, byte for byte, and passes over nothing', () => {
    const parts = [
      { executableCode: { language: 'PYTHON', code: 'print(1)' }, thoughtSignature: 'c2ln' },
      { codeExecutionResult: { outcome: 'OUTCOME_OK', output: '1' } },
      { inlineData: { mimeType: 'image/png', data: 'AQI=' }, thought: true },
      { inlineData: { mimeType: 'image/png', data: '%' } },
      { newThing: { a: [1] } },
    ];
    const { message, usage } = decode(reply(parts));
    const items = message.parts.flatMap(({ content }) => (content?.$case === 'opaque' ? content.value : []));
    assert.deepEqual(
      items.map(({ itemType }) => itemType),
      ['executableCode', 'codeExecutionResult', 'thought', 'inlineData', 'newThing'],
    );
    assert.deepEqual(
      items.map(({ data }) => JSON.parse(new TextDecoder().decode(data)) as unknown),
      parts,
    );
    assert.deepEqual(usage.serverToolUses, [{ tool: 'codeExecution', count: 1 }]);
  });

  it('takes the first candidate only', () => {
    const two = {
      candidates: [
        { index: 1, content: { parts: [{ text: 'B' }] } },
        { content: { parts: [{ text: 'A' }] }, finishReason: 'STOP' },
      ],
    };
    assert.match(JSON.stringify(decode(two).message), /"text":"A"/);
  });

  for (const [raw, kind] of [
    ['STOP', FinishKind.STOP],
    ['MAX_TOKENS', FinishKind.LENGTH],
    ['SAFETY', FinishKind.CONTENT_FILTER],
    ['RECITATION', FinishKind.CONTENT_FILTER],
    ['LANGUAGE', FinishKind.CONTENT_FILTER],
    ['BLOCKLIST', FinishKind.CONTENT_FILTER],
    ['PROHIBITED_CONTENT', FinishKind.CONTENT_FILTER],
    ['SPII', FinishKind.CONTENT_FILTER],
    ['IMAGE_SAFETY', FinishKind.CONTENT_FILTER],
    ['MALFORMED_FUNCTION_CALL', FinishKind.OTHER],
    ['UNEXPECTED_TOOL_CALL', FinishKind.OTHER],
    ['OTHER', FinishKind.OTHER],
    ['A_NEW_WORD', FinishKind.OTHER],
  ] as const) {
    it(`says ${kind} of ${raw}, with or without content`, () => {
      assert.deepEqual(decode(reply([{ text: 'A' }], { finishReason: raw })).finishReason, {
        kind,
        raw,
        stopSequence: undefined,
      });
      const silent = decode({ candidates: [{ finishReason: raw }] });
      assert.deepEqual([silent.finishReason.raw, silent.message.parts], [raw, []]);
    });
  }

  it('says what ended an answer with calls where that was no stop', () => {
    const cut = decode(reply([{ functionCall: { name: 'a' } }], { finishReason: 'MAX_TOKENS' }));
    assert.equal(cut.finishReason.kind, FinishKind.LENGTH);
  });

  it('is an error where the prompt was refused: no candidates, but a reason', () => {
    const blocked = {
      promptFeedback: { blockReason: 'PROHIBITED_CONTENT' },
      usageMetadata: { promptTokenCount: 4, totalTokenCount: 4 },
    };
    for (const value of [blocked, { ...blocked, candidates: [] }]) {
      assert.throws(() => decode(value), isError('UPSTREAM_CONTENT_FILTERED'));
      assert.throws(() => decode(value), /PROHIBITED_CONTENT/);
    }
    const decoder = googleGemini.openStream(TARGET);
    assert.throws(
      () => decoder.push({ event: '', data: JSON.stringify(blocked) }),
      isError('UPSTREAM_CONTENT_FILTERED'),
    );
    assert.equal(decoder.usage?.inputTokens, 4);
  });

  it('is an error where it is one, also within a list', () => {
    const error = { error: { code: 503, status: 'UNAVAILABLE', message: 'The model is overloaded.' } };
    for (const value of [error, [error]]) assert.throws(() => decode(value), isError('UPSTREAM_OVERLOADED'));
    for (const value of [null, [], {}, 'x', [1], { candidates: [] }, { candidates: 'x' }]) {
      assert.throws(() => decode(value), isError('UPSTREAM_PROTOCOL'));
    }
  });

  it('takes the list of pieces that a stream without alt=sse is', () => {
    const { message, finishReason } = decode([piece({ text: 'A' }), reply([{ text: 'B' }])]);
    assert.match(JSON.stringify(message), /"text":"AB"/);
    assert.equal(finishReason.raw, 'STOP');
  });

  it('has log probabilities with the text', () => {
    const chosen = (token: string, logProbability: number) => ({ token, tokenId: 1, logProbability });
    const logprobsResult = {
      chosenCandidates: [chosen('A', -0.5), { token: 'B' }],
      topCandidates: [{ candidates: [chosen('A', -0.5), chosen('C', -1.1920929e-7)] }],
    };
    const json = JSON.stringify(reply([{ text: 'Hm', thought: true }, { text: 'AB' }], { logprobsResult }));
    const [, part] = decode(parseExactJson(json)).message.parts;
    const utf8 = new Uint8Array();
    assert.deepEqual(part?.content?.$case === 'text' && part.content.value.logprobs, [
      {
        token: 'A',
        logprob: -0.5,
        utf8,
        top: [
          { token: 'A', logprob: -0.5, utf8 },
          { token: 'C', logprob: -1.1920929e-7, utf8 },
        ],
      },
      { token: 'B', logprob: -9999, utf8, top: [] },
    ]);
  });
});

describe('google.gemini streams', () => {
  it('joins texts; thoughts end where something else begins, text with the piece in which it became whole', () => {
    const { kinds } = decodeStream([
      piece({ text: 'a', thought: true }),
      piece({ text: 'b', thought: true }),
      piece({ text: 'c' }),
      piece({ functionCall: { name: 'f' } }),
      reply([{ text: '' }]),
    ]);
    assert.deepEqual(kinds, [
      'reasoningStart',
      'reasoningDelta',
      'reasoningDelta',
      'reasoningEnd',
      'textStart',
      'textDelta',
      'toolCallStart',
      'toolCallDelta',
      'toolCallEnd',
      'textEnd',
      'finished',
    ]);
  });

  it('has whole calls', () => {
    const { parts, fold } = decodeStream([
      piece({ functionCall: { name: 'a', args: { x: [1, { y: 'z' }] } } }, { functionCall: { name: 'b' } }),
      reply([]),
    ]);
    assert.deepEqual(parts.map(inputOf), ['{"x":[1,{"y":"z"}]}', '{}']);
    assert.equal(fold.finished()?.finishReason?.kind, FinishKind.TOOL_CALLS);
  });

  it('gives arguments as they come, closed by an empty call', () => {
    const call = (functionCall: object) => piece({ functionCall });
    const replies = [
      call({ name: 'a', willContinue: true }),
      call({ partialArgs: [{ jsonPath: '$.id', stringValue: 'A', willContinue: true }], willContinue: true }),
      call({ willContinue: true }),
      call({ partialArgs: [{ jsonPath: '$.id', stringValue: '' }], willContinue: true }),
      call({}),
      reply([{ text: '' }]),
    ];
    const decoder = googleGemini.openStream(TARGET);
    const given = replies.map((one) =>
      decoder
        .push({ event: '', data: JSON.stringify(one) })
        .map(({ event }) => (event?.$case === 'toolCallDelta' ? event.value.fragment : event?.$case)),
    );
    assert.deepEqual(given, [['toolCallStart'], ['{"id":"A'], [], ['"'], ['}', 'toolCallEnd'], []]);
  });

  for (const [name, end] of [
    ['the finish', [reply([{ text: '' }])]],
    ['the next call', [piece({ functionCall: { name: 'b' } }), reply([])]],
    ['text', [piece({ text: 'Done.' }), reply([])]],
    ['two empty calls', [piece({ functionCall: {} }, { functionCall: {} }), reply([])]],
    ['an empty call with the finish', [reply([{ functionCall: {} }])]],
  ] as const) {
    it(`closes a call whose closing piece is ${name}`, () => {
      const list = { jsonPath: '$.l[0].n', stringValue: 'A', willContinue: true };
      const { parts } = decodeStream([
        piece({ functionCall: { name: 'a', willContinue: true } }),
        piece({ functionCall: { partialArgs: [list], willContinue: true } }),
        ...end,
      ]);
      assert.equal(inputOf(parts[0]), '{"l":[{"n":"A"}]}');
    });
  }

  it('leaves arguments cut that the limit of tokens has cut', () => {
    const { parts, fold } = decodeStream([
      piece({
        functionCall: {
          name: 'a',
          willContinue: true,
          partialArgs: [{ jsonPath: '$.x', stringValue: 'A', willContinue: true }],
        },
      }),
      reply([{ text: '' }], { finishReason: 'MAX_TOKENS' }),
    ]);
    assert.equal(inputOf(parts[0]), '{"x":"A');
    assert.equal(fold.finished()?.finishReason?.kind, FinishKind.LENGTH);
  });

  it('refuses arguments that belong to no call', () => {
    for (const functionCall of [{ args: {} }, { partialArgs: [{ jsonPath: '$.a', stringValue: 'x' }] }]) {
      assert.throws(() => decodeStream([piece({ functionCall })]), isError('UPSTREAM_PROTOCOL'));
    }
  });

  it('takes a signature from any piece of a call', () => {
    const { parts } = decodeStream([
      piece({ functionCall: { name: 'a', willContinue: true } }),
      piece({ functionCall: {}, thoughtSignature: 's' }),
      reply([]),
    ]);
    assert.deepEqual(parts.map(statesOf), [['s']]);
  });

  it('joins raw sound, and nothing else', () => {
    const sound = (mimeType: string, data: string) => piece({ inlineData: { mimeType, data } });
    const pcm = 'audio/L16;rate=24000';
    const { parts } = decodeStream([
      sound(pcm, 'AQI='),
      sound(pcm, 'AwQ='),
      sound('audio/wav', 'AQI='),
      sound('audio/wav', 'AQI='),
      reply([]),
    ]);
    const sizes = parts.map(
      ({ content }) =>
        content?.$case === 'audio' && content.value.source?.$case === 'data' && content.value.source.value.length,
    );
    assert.deepEqual(sizes, [4, 2, 2]);
  });

  it('has usage without counts as unknown, and the last counts as those of the whole', () => {
    const decoder = googleGemini.openStream(TARGET);
    decoder.push({ event: '', data: JSON.stringify(piece({ text: 'A' })) });
    assert.equal(decoder.usage, undefined);
    const counts = (candidatesTokenCount: number) => ({ usageMetadata: { promptTokenCount: 9, candidatesTokenCount } });
    const { fold } = decodeStream([
      { ...piece({ text: 'A' }), ...counts(1) },
      { ...piece({ text: 'B' }), ...counts(2) },
      reply([], {}, { usageMetadata: { trafficType: 'PROVISIONED_THROUGHPUT' } }),
    ]);
    const usage = fold.finished()?.usage;
    assert.deepEqual([usage?.inputTokens, usage?.outputTokens, usage?.serviceTier], [9, 2, 'PROVISIONED_THROUGHPUT']);
    const none = decodeStream([
      reply([{ text: 'A' }], {}, { usageMetadata: { trafficType: 'ON_DEMAND' } }),
    ]).fold.finished()?.usage;
    assert.deepEqual(
      [none?.inputTokens, none?.confidence, none?.serviceTier],
      [undefined, 'USAGE_CONFIDENCE_UNKNOWN', 'ON_DEMAND'],
    );
  });

  it('takes counts that come after the finish', () => {
    const { fold } = decodeStream([
      reply([{ text: 'A' }], {}, { usageMetadata: undefined }),
      { usageMetadata: { promptTokenCount: 1, candidatesTokenCount: 2 } },
    ]);
    assert.equal(fold.finished()?.usage?.outputTokens, 2);
  });

  it('throws the error that a piece is, also within a list', () => {
    const error = { error: { code: 429, status: 'RESOURCE_EXHAUSTED', message: 'Slow down.' } };
    for (const value of [error, [error]]) {
      const decoder = googleGemini.openStream(TARGET);
      decoder.push({ event: '', data: JSON.stringify(piece({ text: 'A' })) });
      assert.throws(() => decoder.push({ event: '', data: JSON.stringify(value) }), isError('UPSTREAM_RATE_LIMITED'));
    }
  });

  it('refuses what is not JSON, without repeating it, and passes over what is nothing', () => {
    const decoder = googleGemini.openStream(TARGET);
    assert.throws(
      () => decoder.push({ event: '', data: '{"candidates": secret' }),
      (thrown) => !String(thrown).includes('secret'),
    );
    for (const data of ['', '[DONE]', '[]', '1', 'null', '{}', '{"candidates":[]}']) {
      assert.deepEqual(decoder.push({ event: '', data }), []);
    }
    assert.throws(() => decoder.end(), isError('UPSTREAM_TRUNCATED'));
  });
});

function idOf({ content }: Part): string | undefined {
  return content?.$case === 'toolCall' ? content.value.id : undefined;
}

function inputOf(part: Part | undefined): string | undefined {
  return part?.content?.$case === 'toolCall' ? part.content.value.input?.value : undefined;
}
