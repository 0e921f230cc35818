/** Conversations: roles, parts, and what goes back to the provider as it came. */
import assert from 'node:assert/strict';
import type { GatewayError } from '../../../server/model/errors.ts';
import { AdaptationAction, type Part, Role } from '../../../server/model/wire.ts';
import type { Target } from '../../../server/providers/dialect.ts';
import { makeOpaquePart, makeOpaqueState } from '../../../server/providers/shared/opaque-state.ts';
import { isError } from '../../contract/dialect.ts';
import { lacking, makeAllowances } from '../../support/targets.ts';
import {
  type Content,
  decode,
  encode,
  jsonCall,
  makePart,
  messagesOf,
  quirky,
  reply,
  TARGET,
  text,
  textCall,
  turn,
  userTurn,
} from './fixtures.ts';

const PNG = Uint8Array.of(0x89, 0x50);

function assistant(parts: readonly Part[], target: Target = TARGET) {
  const encoded = encode({ messages: [userTurn(text('Hi')), { role: Role.ASSISTANT, parts }] }, target);
  return { message: messagesOf(encoded)[1], adaptations: encoded.adaptations };
}

function user(content: Content, target: Target = TARGET) {
  const encoded = encode({ messages: [userTurn(text('Hi'), content)] }, target);
  const { content: parts } = messagesOf(encoded)[0] ?? {};
  return { part: Array.isArray(parts) ? (parts[1] as unknown) : undefined, adaptations: encoded.adaptations };
}

describe('openai.chat messages: roles', () => {
  it('names instructions as the host does: system or developer', () => {
    const messages = [turn(Role.SYSTEM, text('Be brief.'))];
    assert.deepEqual(messagesOf(encode({ messages })), [{ role: 'system', content: 'Be brief.' }]);
    const [developer] = messagesOf(encode({ messages }, quirky({ systemRole: 'developer' })));
    assert.equal(developer?.role, 'developer');
  });

  it('sends instructions as the user where the model takes none, and says so', () => {
    const messages = [turn(Role.SYSTEM, text('Be brief.'))];
    const encoded = encode({ messages }, { ...TARGET, capabilities: lacking('systemRole') });
    assert.equal(messagesOf(encoded)[0]?.role, 'user');
    assert.equal(encoded.adaptations[0]?.field, 'generation.messages[0].role');
  });

  it('sends one text as a text, several as parts', () => {
    const messages = [userTurn(text('a')), userTurn(text('a'), text('b'))];
    assert.deepEqual(
      messagesOf(encode({ messages })).map(({ content }) => content),
      [
        'a',
        [
          { type: 'text', text: 'a' },
          { type: 'text', text: 'b' },
        ],
      ],
    );
  });

  it('refuses roles, parts and sources that are not set', () => {
    const empty = { content: undefined, cacheBreakpoint: undefined, opaqueState: [] };
    const image = {
      $case: 'image',
      value: { source: undefined, mediaType: '', detail: 'IMAGE_DETAIL_UNSPECIFIED' },
    } as const;
    for (const message of [
      turn(Role.UNSPECIFIED, text('a')),
      { role: Role.USER, parts: [empty] },
      { role: Role.ASSISTANT, parts: [empty] },
      { role: Role.TOOL, parts: [empty] },
      userTurn(image),
      userTurn(jsonCall('a', 'f', '{}')),
    ]) {
      assert.throws(() => encode({ messages: [message] }), isError('INVALID_REQUEST'));
    }
  });
});

describe('openai.chat messages: media', () => {
  const image = (source: { $case: 'data'; value: Uint8Array } | { $case: 'uri'; value: string }): Content => ({
    $case: 'image',
    value: { source, mediaType: 'image/png', detail: 'IMAGE_DETAIL_HIGH' },
  });

  it('sends images as data URLs, with their detail', () => {
    const { part } = user(image({ $case: 'data', value: PNG }));
    assert.deepEqual(part, { type: 'image_url', image_url: { url: 'data:image/png;base64,iVA=', detail: 'high' } });
  });

  it('hands URIs on only where that is allowed', () => {
    const uri = image({ $case: 'uri', value: 'https://example.com/a.png' });
    assert.throws(() => user(uri), isError('OPTION_NOT_ALLOWED'));
    const { part } = user(uri, { ...TARGET, allowances: makeAllowances({ uris: true }) });
    assert.deepEqual(part, { type: 'image_url', image_url: { url: 'https://example.com/a.png', detail: 'high' } });
  });

  for (const [mediaType, format] of [
    ['audio/wav', 'wav'],
    ['audio/x-wav', 'wav'],
    ['audio/mpeg', 'mp3'],
    ['Audio/MP3; rate=1', 'mp3'],
  ] as const) {
    it(`sends ${mediaType} as ${format}`, () => {
      const { part } = user({
        $case: 'audio',
        value: { source: { $case: 'data', value: PNG }, mediaType, transcript: '' },
      });
      assert.deepEqual(part, { type: 'input_audio', input_audio: { data: 'iVA=', format } });
    });
  }

  it('refuses in either mode what has no form here, or what the model does not take', () => {
    const open = { ...TARGET, allowances: makeAllowances({ uris: true }) };
    const data = { $case: 'data', value: PNG } as const;
    const uri = { $case: 'uri', value: 'https://example.com/a' } as const;
    const pdf = { mediaType: 'application/pdf', filename: '', title: '', cite: false };
    const sound = (mediaType: string) => ({ source: data, mediaType, transcript: '' });
    const cases: readonly (readonly [Content, path: string, Target])[] = [
      [{ $case: 'audio', value: sound('audio/flac') }, 'audio.media_type', open],
      [{ $case: 'audio', value: { ...sound(''), source: uri } }, 'audio.uri', open],
      [{ $case: 'video', value: { source: data, mediaType: 'video/mp4' } }, 'video', open],
      [{ $case: 'document', value: { ...pdf, source: uri } }, 'document.uri', open],
      [
        { $case: 'document', value: { ...pdf, source: data } },
        'document',
        { ...open, capabilities: lacking('documentInput') },
      ],
      [{ $case: 'audio', value: sound('audio/wav') }, 'audio', { ...open, capabilities: lacking('audioInput') }],
      [image(data), 'image', { ...open, capabilities: lacking('imageInput') }],
    ];
    for (const [content, path, target] of cases) {
      for (const adaptation of ['adapt', 'strict'] as const) {
        assert.throws(
          () => user(content, { ...target, adaptation }),
          (thrown) => {
            isError('PARAMETER_UNSUPPORTED')(thrown);
            const { violations = [] } = (thrown as GatewayError).details;
            assert.deepEqual(
              violations.map(({ field }) => field),
              [`generation.messages[0].parts[1].${path}`],
            );
            return true;
          },
        );
      }
    }
  });

  it('names a document as OpenAI demands', () => {
    const document = (filename: string, title: string) =>
      ({
        $case: 'document',
        value: { source: { $case: 'data', value: PNG }, mediaType: 'application/pdf', filename, title, cite: false },
      }) as const;
    const nameOf = (content: Content) => (user(content).part as { file: { filename: string } }).file.filename;
    assert.equal(nameOf(document('', '')), 'document.pdf');
    assert.equal(nameOf(document('', 'Report')), 'Report');
    assert.equal(nameOf(document('a.pdf', 'Report')), 'a.pdf');
    assert.equal(
      user(document('a.pdf', 'Report')).adaptations[0]?.field,
      'generation.messages[0].parts[1].document.title',
    );
  });
});

describe("openai.chat messages: the model's own turns", () => {
  it('replays text, refusals, function calls and custom calls', () => {
    const { message } = assistant(
      [text('a'), jsonCall('x', 'f', ''), textCall('y', 'g', '+1')].map((c) => makePart(c)),
    );
    assert.deepEqual(message, {
      role: 'assistant',
      content: 'a',
      tool_calls: [
        { id: 'x', type: 'function', function: { name: 'f', arguments: '{}' } },
        { id: 'y', type: 'custom', custom: { name: 'g', input: '+1' } },
      ],
    });
    const refusal = assistant([makePart({ $case: 'refusal', value: { text: 'No.' } })]);
    assert.deepEqual(refusal.message?.content, [{ type: 'refusal', refusal: 'No.' }]);
  });

  it('replays custom calls as calls with one text where the model has none', () => {
    const target = { ...TARGET, capabilities: lacking('customTools') };
    const { message, adaptations } = assistant([makePart(textCall('y', 'g', '+1'))], target);
    assert.deepEqual(message?.tool_calls, [
      { id: 'y', type: 'function', function: { name: 'g', arguments: '{"input":"+1"}' } },
    ]);
    assert.equal(adaptations[0]?.field, 'generation.messages[1].parts[0].tool_call.text');
  });

  it('has content of null beside calls alone, of "" for a turn in which nothing was said', () => {
    assert.equal(assistant([makePart(jsonCall('x', 'f', '{}'))]).message?.content, null);
    assert.equal(assistant([]).message?.content, '');
  });

  it('replays reasoning where the host has a field for it, and reports it elsewhere, never as an error', () => {
    const parts = [makePart({ $case: 'reasoning', value: { text: 'Hm.' } }), makePart(text('Yes.'))];
    for (const field of ['reasoning_content', 'reasoning'] as const) {
      const { message, adaptations } = assistant(parts, quirky({ reasoningReplayField: field }));
      assert.equal(message?.[field], 'Hm.');
      assert.deepEqual(adaptations, []);
    }
    const { message, adaptations } = assistant(parts, { ...TARGET, adaptation: 'strict' });
    assert.deepEqual(message, { role: 'assistant', content: 'Yes.' });
    assert.equal(adaptations[0]?.action, AdaptationAction.DROPPED);
  });

  it('replays signatures and encrypted reasoning byte for byte, on reasoning as on calls', () => {
    const details = [
      { type: 'reasoning.text', text: 'Hm.', signature: 'a+/=', index: 0 },
      { type: 'reasoning.encrypted', data: 'gAAA', index: 1 },
    ];
    const calls = [
      {
        id: 'x',
        type: 'function',
        function: { name: 'f', arguments: '{}' },
        extra_content: { google: { thought_signature: 'c2ln' } },
      },
    ];
    const { message } = decode(
      reply({ content: 'Yes.', reasoning: 'Hm.', reasoning_details: details, tool_calls: calls }),
    );
    const replayed = assistant(message.parts).message;
    assert.deepEqual(replayed?.reasoning_details, details);
    assert.deepEqual(replayed.tool_calls, calls);
  });

  it('refuses state that is not what the provider made', () => {
    for (const data of ['{', '{}', '1.0']) {
      const state = makeOpaqueState(TARGET, 'reasoning_details', data);
      const parts = [makePart({ $case: 'reasoning', value: { text: '' } }, [state])];
      assert.throws(() => assistant(parts), isError('INVALID_REQUEST'));
    }
  });

  it('replays a spoken answer by its id, else as its transcript', () => {
    const { message } = decode(reply({ content: null, audio: { id: 'audio_1', data: 'AAAA', transcript: 'Hi' } }));
    assert.deepEqual(assistant(message.parts).message, { role: 'assistant', content: null, audio: { id: 'audio_1' } });
    const foreign = message.parts.map((part) => ({ ...part, opaqueState: [] }));
    assert.deepEqual(assistant(foreign).message, { role: 'assistant', content: 'Hi' });
  });

  it('replays opaque items that are replayable, allowed, its own, and what they say they are', () => {
    const item = { type: 'tool_reference', tool: 'web_search', title: 'T' };
    const part = makeOpaquePart(TARGET, 'tool_reference', JSON.stringify(item));
    assert.throws(() => assistant([part]), isError('OPTION_NOT_ALLOWED'));
    const target = { ...TARGET, allowances: makeAllowances({ opaqueItems: new Set(['tool_reference', 'image_url']) }) };
    assert.deepEqual(assistant([part], target).message?.content, [item]);
    const disguised = makeOpaquePart(TARGET, 'tool_reference', '{"type":"image_url","image_url":{"url":"https://x"}}');
    assert.throws(() => assistant([disguised], target), isError('INVALID_REQUEST'));
    const other = assistant([makeOpaquePart(TARGET, 'image_url', '{"type":"image_url"}')], target);
    assert.equal(other.message?.content, '');
    assert.equal(other.adaptations[0]?.action, AdaptationAction.DROPPED);
    assert.throws(() => assistant([part], { ...target, upstreamModel: 'other' }), isError('FOREIGN_STATE'));
  });

  it('reports citations, which chat completions do not take back', () => {
    const { message } = decode(
      reply({ content: 'So.', annotations: [{ type: 'url_citation', url_citation: { url: 'https://a' } }] }),
    );
    const { adaptations } = assistant(message.parts, { ...TARGET, adaptation: 'strict' });
    assert.equal(adaptations[0]?.field, 'generation.messages[1].parts[0].text.citations');
  });
});

describe('openai.chat messages: results of tools', () => {
  const result = (id: string, values: readonly string[], isError = false): Content => ({
    $case: 'toolResult',
    value: { toolCallId: id, content: values.map((value) => ({ content: { $case: 'text', value } })), isError },
  });

  it('become a message each, in their order', () => {
    const messages = [turn(Role.TOOL, result('a', ['1']), result('b', []), result('c', ['1', '2']))];
    assert.deepEqual(messagesOf(encode({ messages })), [
      { role: 'tool', tool_call_id: 'a', content: '1' },
      { role: 'tool', tool_call_id: 'b', content: '' },
      {
        role: 'tool',
        tool_call_id: 'c',
        content: [
          { type: 'text', text: '1' },
          { type: 'text', text: '2' },
        ],
      },
    ]);
  });

  it('say in words that a tool failed', () => {
    const encoded = encode({ messages: [turn(Role.TOOL, result('a', [], true))] });
    assert.equal(messagesOf(encoded)[0]?.content, 'The tool failed.');
    assert.equal(encoded.adaptations[0]?.field, 'generation.messages[0].parts[0].tool_result.is_error');
  });

  it('get ids of nine letters or digits where the host demands them (Mistral), as their calls do', () => {
    const messages = [
      turn(Role.ASSISTANT, jsonCall('call_1', 'f', '{}'), jsonCall('gSIMJiOkT', 'f', '{}')),
      turn(Role.TOOL, result('call_1', ['1']), result('gSIMJiOkT', ['2'])),
    ];
    const target = { ...quirky({ toolCallIds: 'alphanumeric9' }), adaptation: 'strict' } as const;
    const [first, ...results] = messagesOf(encode({ messages }, target));
    const ids = ((first?.tool_calls ?? []) as { id: string }[]).map(({ id }) => id);
    assert.match(ids[0] ?? '', /^[A-Za-z0-9]{9}$/);
    assert.equal(ids[1], 'gSIMJiOkT');
    assert.deepEqual(
      results.map(({ tool_call_id }) => tool_call_id),
      ids,
    );
    assert.deepEqual(messagesOf(encode({ messages }, target))[0], first);
    assert.equal(messagesOf(encode({ messages }))[1]?.tool_call_id, 'call_1');
  });
});
