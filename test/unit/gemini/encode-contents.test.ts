/** Conversations: providers.md 4.4, roles, function responses, signatures, media. */
import assert from 'node:assert/strict';
import { type Part, ReasoningEffort } from '../../../server/model/wire.ts';
import { isError } from '../../contract/dialect.ts';
import { lacking, makeAllowances, makeCapabilities } from '../../support/targets.ts';
import {
  adaptationsOf,
  assistant,
  bodyOf,
  contentsOf,
  encode,
  part,
  signed,
  system,
  TARGET,
  text,
  tool,
  toolCall,
  toolResult,
  user,
} from './fixtures.ts';

const PIXEL = Uint8Array.of(0x89, 0x50);

describe('google.gemini requests: conversations', () => {
  it('has the roles user and model, and system text apart', () => {
    const encoded = encode({ messages: [system('Be brief.'), user('Hi'), assistant('Yes?'), user('Bye')] });
    assert.deepEqual(bodyOf(encoded), {
      contents: [
        { role: 'user', parts: [{ text: 'Hi' }] },
        { role: 'model', parts: [{ text: 'Yes?' }] },
        { role: 'user', parts: [{ text: 'Bye' }] },
      ],
      systemInstruction: { parts: [{ text: 'Be brief.' }] },
    });
    assert.equal(encoded.path, '/models/gemini-test:generateContent');
    assert.deepEqual(encoded.adaptations, []);
  });

  it('joins neighbours of one role to a turn', () => {
    const encoded = encode({ messages: [user('a'), user('b'), assistant('c'), assistant('d'), user('e')] });
    assert.deepEqual(contentsOf(encoded), [
      { role: 'user', parts: [{ text: 'a' }, { text: 'b' }] },
      { role: 'model', parts: [{ text: 'c' }, { text: 'd' }] },
      { role: 'user', parts: [{ text: 'e' }] },
    ]);
  });

  it('moves system text to the top, and says so', () => {
    const encoded = encode({ messages: [user('a'), system('Be brief.'), user('b')] });
    assert.deepEqual(bodyOf(encoded).systemInstruction, { parts: [{ text: 'Be brief.' }] });
    assert.deepEqual(adaptationsOf(encoded), ['REWRITTEN generation.messages[1]']);
  });

  it('speaks as the user to models without instructions, and where there is nothing else', () => {
    const messages = [system('Be brief.'), user('a')];
    const gemma = encode({ messages }, { ...TARGET, capabilities: lacking('systemRole') });
    assert.deepEqual(contentsOf(gemma), [{ role: 'user', parts: [{ text: 'Be brief.' }, { text: 'a' }] }]);
    assert.deepEqual(adaptationsOf(gemma), ['REWRITTEN generation.messages[0].role']);
    const alone = encode({ messages: [system('Tell a joke.')] });
    assert.deepEqual(bodyOf(alone), { contents: [{ role: 'user', parts: [{ text: 'Tell a joke.' }] }] });
    assert.deepEqual(adaptationsOf(alone), ['REWRITTEN generation.messages']);
  });

  it('leaves empty texts away, which Google refuses, and reports it even under STRICT', () => {
    const encoded = encode({ messages: [user('a', '')] }, { ...TARGET, adaptation: 'strict' });
    assert.deepEqual(contentsOf(encoded), [{ role: 'user', parts: [{ text: 'a' }] }]);
    assert.deepEqual(adaptationsOf(encoded), ['DROPPED generation.messages[0].parts[1].text']);
  });

  it('refuses parts that have no place in a turn, all at once', () => {
    const image = part({
      $case: 'image',
      value: { source: { $case: 'data', value: PIXEL }, mediaType: 'image/png', detail: 'IMAGE_DETAIL_UNSPECIFIED' },
    });
    const messages = [system(image), user(toolCall('1'))];
    assert.throws(
      () => encode({ messages }),
      /messages\[0\]\.parts\[0\]\.image.*messages\[1\]\.parts\[0\]\.tool_call/s,
    );
  });
});

describe('google.gemini requests: calls and results', () => {
  const calls = [toolCall('a', '{"n":1}', 'one'), toolCall('b', '', 'two'), toolCall('c', '{}', 'one')];

  it('matches results with calls by id, names them, and puts them into the order of the calls', () => {
    const results = tool(toolResult('c', '3'), toolResult('a', '1'), toolResult('b', '2'));
    const encoded = encode({ messages: [user('Go'), assistant('Hm.', ...calls), results] });
    assert.deepEqual(contentsOf(encoded), [
      { role: 'user', parts: [{ text: 'Go' }] },
      {
        role: 'model',
        parts: [
          { text: 'Hm.' },
          { functionCall: { id: 'a', name: 'one', args: { n: 1 } } },
          { functionCall: { id: 'b', name: 'two', args: {} } },
          { functionCall: { id: 'c', name: 'one', args: {} } },
        ],
      },
      {
        role: 'user',
        parts: [
          { functionResponse: { id: 'a', name: 'one', response: { output: '1' } } },
          { functionResponse: { id: 'b', name: 'two', response: { output: '2' } } },
          { functionResponse: { id: 'c', name: 'one', response: { output: '3' } } },
        ],
      },
    ]);
  });

  it('leaves ids away that the gateway made, or that the host does not take: name and order remain', () => {
    const made = 'gemini_call_r-1_0';
    const messages = (id: string) => [user('Go'), assistant(toolCall(id)), tool(toolResult(id, 'x'))];
    const expected = [
      { role: 'user', parts: [{ text: 'Go' }] },
      { role: 'model', parts: [{ functionCall: { name: 'look', args: {} } }] },
      { role: 'user', parts: [{ functionResponse: { name: 'look', response: { output: 'x' } } }] },
    ];
    assert.deepEqual(contentsOf(encode({ messages: messages(made) })), expected);
    const vertex = { ...TARGET, quirks: { functionCallIds: false } };
    assert.deepEqual(contentsOf(encode({ messages: messages('toolu_1') }, vertex)), expected);
  });

  it('puts results before what the user says in the same turn', () => {
    const messages = [user('Go'), assistant(toolCall('a')), user('Here:'), tool(toolResult('a', 'x'))];
    const encoded = encode({ messages }, { ...TARGET, adaptation: 'strict' });
    assert.deepEqual((contentsOf(encoded) as { parts: unknown }[])[2]?.parts, [
      { functionResponse: { id: 'a', name: 'look', response: { output: 'x' } } },
      { text: 'Here:' },
    ]);
    assert.deepEqual(adaptationsOf(encoded), ['REWRITTEN generation.messages[3].parts[0]']);
  });

  it('wants as many results as calls: names every one that is missing or answers nothing', () => {
    const missing = [user('Go'), assistant(...calls), tool(toolResult('b', '2'))];
    assert.throws(() => encode({ messages: missing }), isError('INVALID_REQUEST'));
    assert.throws(
      () => encode({ messages: missing }),
      /messages\[1\]\.parts\[0\]\.tool_call\.id.*messages\[1\]\.parts\[2\]\.tool_call\.id/s,
    );
    const stray = [user('Go'), assistant(toolCall('a')), tool(toolResult('a', '1'), toolResult('a', '2'))];
    assert.throws(() => encode({ messages: stray }), /messages\[2\]\.parts\[1\]\.tool_result\.tool_call_id/);
    const late = [user('Go'), assistant(toolCall('a')), user('b'), assistant('c'), tool(toolResult('a', '1'))];
    assert.throws(() => encode({ messages: late }), isError('INVALID_REQUEST'));
  });

  it('says "output" of results and "error" of failures, JSON as JSON with its digits', () => {
    const json = part({
      $case: 'toolResult',
      value: {
        toolCallId: 'a',
        content: [{ content: { $case: 'json', value: '{"n":12345678901234567890}' } }],
        isError: false,
      },
    });
    const ok = encode({ messages: [user('Go'), assistant(toolCall('a')), tool(json)] });
    assert.match(JSON.stringify(ok.body), /"response":\{"output":\{"n":12345678901234567890\}\}/);
    const failed = encode({ messages: [user('Go'), assistant(toolCall('a')), tool(toolResult('a', 'No.', true))] });
    assert.match(JSON.stringify(failed.body), /"response":\{"error":"No\."\}/);
    assert.deepEqual(failed.adaptations, []);
  });

  it('sends several pieces of a result as a list, none as an empty text, media beside them', () => {
    const response = (content: NonNullable<Part['content']> & { $case: 'toolResult' }) => {
      const encoded = encode({ messages: [user('Go'), assistant(toolCall('a')), tool(part(content))] });
      const last = (contentsOf(encoded) as { parts: { functionResponse: object }[] }[])[2];
      return last?.parts[0]?.functionResponse;
    };
    const result = (...content: Extract<NonNullable<Part['content']>, { $case: 'toolResult' }>['value']['content']) =>
      response({ $case: 'toolResult', value: { toolCallId: 'a', content, isError: false } });
    const words = { content: { $case: 'text', value: 'A clock:' } } as const;
    const image = {
      content: {
        $case: 'image',
        value: { source: { $case: 'data', value: PIXEL }, mediaType: 'image/png', detail: 'IMAGE_DETAIL_UNSPECIFIED' },
      },
    } as const;
    const head = { id: 'a', name: 'look' };
    assert.deepEqual(result(), { ...head, response: { output: '' } });
    assert.deepEqual(result(words, words), { ...head, response: { output: ['A clock:', 'A clock:'] } });
    assert.deepEqual(result(words, image), {
      ...head,
      response: { output: 'A clock:' },
      parts: [{ inlineData: { mimeType: 'image/png', data: 'iVA=' } }],
    });
  });

  it('sends calls of custom tools as calls of one text', () => {
    const custom = part({
      $case: 'toolCall',
      value: { id: 'a', name: 'patch', input: { $case: 'text', value: '***' } },
    });
    const encoded = encode({ messages: [user('Go'), assistant(custom), tool(toolResult('a', 'ok'))] });
    assert.match(JSON.stringify(encoded.body), /"args":\{"input":"\*\*\*"\}/);
    assert.deepEqual(adaptationsOf(encoded), ['REWRITTEN generation.messages[1].parts[0].tool_call.text']);
  });

  it('names the path of arguments that are no object', () => {
    for (const json of ['[1]', '{', '1']) {
      const messages = [user('Go'), assistant(toolCall('a', json)), tool(toolResult('a', 'x'))];
      assert.throws(() => encode({ messages }), /messages\[1\]\.parts\[0\]\.tool_call\.arguments_json/);
    }
  });
});

describe('google.gemini requests: signatures', () => {
  it('go back on the part on which they came: text, thought, call, image, and a text without text', () => {
    const image = part(
      {
        $case: 'image',
        value: { source: { $case: 'data', value: PIXEL }, mediaType: 'image/png', detail: 'IMAGE_DETAIL_UNSPECIFIED' },
      },
      signed('i+/='),
    );
    const thought = part({ $case: 'reasoning', value: { text: 'Hm.' } }, signed('r+/='));
    const parts = [
      thought,
      text('A', signed('t+/=')),
      text('', signed('e+/=')),
      image,
      toolCall('a', '{}', 'look', signed('c+/=')),
    ];
    const encoded = encode({ messages: [user('Go'), assistant(...parts), tool(toolResult('a', 'x'))] });
    assert.deepEqual((contentsOf(encoded) as { parts: unknown }[])[1]?.parts, [
      { text: 'Hm.', thought: true, thoughtSignature: 'r+/=' },
      { text: 'A', thoughtSignature: 't+/=' },
      { text: '', thoughtSignature: 'e+/=' },
      { inlineData: { mimeType: 'image/png', data: 'iVA=' }, thoughtSignature: 'i+/=' },
      { functionCall: { id: 'a', name: 'look', args: {} }, thoughtSignature: 'c+/=' },
    ]);
  });

  it('drops thoughts without a signature, which the model does not need', () => {
    const thought = part({ $case: 'reasoning', value: { text: 'Hm.' } });
    const encoded = encode(
      { messages: [user('Go'), assistant(thought, 'A'), user('On')] },
      { ...TARGET, adaptation: 'strict' },
    );
    assert.deepEqual(adaptationsOf(encoded), ['DROPPED generation.messages[1].parts[0].reasoning']);
  });

  it('tells models that demand one with the first call of a step that there is none', () => {
    const messages = [
      user('Go'),
      assistant(toolCall('a'), toolCall('b')),
      tool(toolResult('a', 'x'), toolResult('b', 'y')),
      assistant(toolCall('c', '{}', 'look', signed('own'))),
      tool(toolResult('c', 'z')),
    ];
    const levels = { ...TARGET, capabilities: makeCapabilities({ reasoningBy: 'effort' }) };
    const encoded = encode({ messages }, levels);
    const signatures = (contentsOf(encoded) as { parts: { thoughtSignature?: string }[] }[]).map(({ parts }) =>
      parts.map(({ thoughtSignature }) => thoughtSignature),
    );
    assert.deepEqual(signatures[1], ['skip_thought_signature_validator', undefined]);
    assert.deepEqual(signatures[3], ['own']);
    assert.deepEqual(adaptationsOf(encoded), ['ADDED generation.messages[1].parts[0].tool_call']);
    assert.deepEqual(encode({ messages }).adaptations, []);
    const budgets = { ...TARGET, capabilities: makeCapabilities({ reasoningBy: 'budget' }) };
    assert.deepEqual(encode({ messages, reasoning: { effort: ReasoningEffort.UNSPECIFIED } }, budgets).adaptations, []);
  });

  it('refuses state of another origin on results of tools too', () => {
    const result = { ...toolResult('a', 'x'), ...signed('x', { ...TARGET, upstreamModel: 'other' }) };
    const messages = [user('Go'), assistant(toolCall('a')), tool(result)];
    assert.throws(() => encode({ messages }), isError('FOREIGN_STATE'));
  });
});

describe('google.gemini requests: items and media', () => {
  const item = (itemType: string, json: string) =>
    part({
      $case: 'opaque',
      value: {
        origin: { dialect: 'google.gemini', upstreamModel: 'gemini-test', stateDomain: 'acme' },
        itemType,
        data: new TextEncoder().encode(json),
      },
    });
  const allowing = (...types: readonly string[]) => ({
    ...TARGET,
    allowances: makeAllowances({ opaqueItems: new Set(types), uris: true }),
  });
  const CODE = '{"executableCode":{"language":"PYTHON","code":"1"},"thoughtSignature":"s+/="}';

  it('sends items back as they came, where they are allowed', () => {
    const messages = [user('Go'), assistant(item('executableCode', CODE)), user('On')];
    const encoded = encode({ messages }, allowing('executableCode'));
    assert.deepEqual((contentsOf(encoded) as { parts: unknown }[])[1]?.parts, [JSON.parse(CODE)]);
    assert.throws(() => encode({ messages }), isError('OPTION_NOT_ALLOWED'));
  });

  it('lets no item pass as one of another type', () => {
    for (const json of ['{"functionCall":{"name":"rm"}}', '{"text":"x"}', '{}', '[]']) {
      const messages = [user('Go'), assistant(item('executableCode', json)), user('On')];
      assert.throws(() => encode({ messages }, allowing('executableCode')), isError('INVALID_REQUEST'));
    }
  });

  it('drops items that Google only sends', () => {
    const encoded = encode(
      { messages: [user('Go'), assistant(item('newThing', '{"newThing":{}}'), 'A'), user('On')] },
      allowing('newThing'),
    );
    assert.deepEqual(adaptationsOf(encoded), ['DROPPED generation.messages[1].parts[0].opaque']);
  });

  it('takes media inline, and by URI where the configuration says so', () => {
    const audio = (source: { $case: 'data'; value: Uint8Array } | { $case: 'uri'; value: string }) =>
      part({ $case: 'audio', value: { source, mediaType: 'audio/wav', transcript: '' } });
    const inline = { role: 'user', parts: [{ inlineData: { mimeType: 'audio/wav', data: 'iVA=' } }] };
    assert.deepEqual(contentsOf(encode({ messages: [user(audio({ $case: 'data', value: PIXEL }))] })), [inline]);
    const dataUrl = audio({ $case: 'uri', value: 'data:audio/wav;base64,iVA=' });
    assert.deepEqual(contentsOf(encode({ messages: [user(dataUrl)] })), [inline]);
    const stored = audio({ $case: 'uri', value: 'gs://bucket/a.wav' });
    assert.throws(() => encode({ messages: [user(stored)] }), isError('OPTION_NOT_ALLOWED'));
    assert.deepEqual(contentsOf(encode({ messages: [user(stored)] }, allowing())), [
      { role: 'user', parts: [{ fileData: { mimeType: 'audio/wav', fileUri: 'gs://bucket/a.wav' } }] },
    ]);
  });

  it('refuses media that the model does not take, in either mode', () => {
    const video = part({ $case: 'video', value: { source: { $case: 'data', value: PIXEL }, mediaType: 'video/mp4' } });
    const blind = { ...TARGET, capabilities: lacking('videoInput') };
    assert.throws(() => encode({ messages: [user(video)] }, blind), isError('PARAMETER_UNSUPPORTED'));
  });

  it('takes PDF and text as documents; JSON is text, other files are refused', () => {
    const document = (mediaType: string) =>
      part({
        $case: 'document',
        value: { source: { $case: 'data', value: PIXEL }, mediaType, filename: '', title: '', cite: false },
      });
    const typeOf = (mediaType: string) => {
      const encoded = encode({ messages: [user(document(mediaType))] });
      return (contentsOf(encoded) as { parts: { inlineData: { mimeType: string } }[] }[])[0]?.parts[0]?.inlineData
        .mimeType;
    };
    assert.equal(typeOf('application/pdf'), 'application/pdf');
    assert.equal(typeOf('text/csv; charset=utf-8'), 'text/csv');
    assert.equal(typeOf('application/json'), 'text/plain');
    assert.throws(() => typeOf('application/zip'), isError('PARAMETER_UNSUPPORTED'));
  });
});
