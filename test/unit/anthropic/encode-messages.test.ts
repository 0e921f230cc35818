import assert from 'node:assert/strict';
import type { GatewayError } from '../../../server/model/errors.ts';
import { OpaqueState, type Part, TextPart } from '../../../server/model/wire.ts';
import { makeAllowances } from '../../support/targets.ts';
import {
  adaptationsOf,
  assistant,
  encode,
  fieldsOf,
  makePart,
  messagesOf,
  system,
  type TargetWishes,
  text,
  tool,
  toolCall,
  toolResult,
  user,
} from './anthropic-fixtures.ts';

const UTF8 = new TextEncoder();

function reasoning(value: string, kind: string, data: string, upstreamModel = 'claude-test'): Part {
  const origin = { dialect: 'anthropic.messages', upstreamModel, stateDomain: 'claude' };
  const opaqueState = kind === '' ? [] : [OpaqueState.fromPartial({ origin, kind, data: UTF8.encode(data) })];
  return makePart({ $case: 'reasoning', value: { text: value } }, { opaqueState });
}

function opaque(itemType: string, json: string, upstreamModel = 'claude-test'): Part {
  const origin = { dialect: 'anthropic.messages', upstreamModel, stateDomain: 'claude' };
  return makePart({ $case: 'opaque', value: { origin, itemType, data: UTF8.encode(json) } });
}

const items: TargetWishes = {
  allowances: makeAllowances({ opaqueItems: new Set(['server_tool_use', 'a_new_item']) }),
};

describe('anthropic conversation', () => {
  it('has the system texts at the top, as blocks', () => {
    const encoded = encode({ messages: [system('Be brief.', 'Be kind.'), system('In French.'), user('Hi')] });
    assert.deepEqual(encoded.body.system, [
      { type: 'text', text: 'Be brief.' },
      { type: 'text', text: 'Be kind.' },
      { type: 'text', text: 'In French.' },
    ]);
    assert.deepEqual(messagesOf(encoded), [{ role: 'user', content: [{ type: 'text', text: 'Hi' }] }]);
    assert.deepEqual(encoded.adaptations, []);
  });

  it('moves a system text from amid the conversation to the top, and says so', () => {
    const encoded = encode({ messages: [user('Hi'), system('Be brief.'), user('Well?')] });
    assert.deepEqual(encoded.body.system, [{ type: 'text', text: 'Be brief.' }]);
    assert.deepEqual(adaptationsOf(encoded), ['REWRITTEN generation.messages[1]']);
  });

  it('merges messages of one role that follow each other', () => {
    const encoded = encode({ messages: [user('a'), user('b'), assistant('c'), assistant('d'), user('e')] });
    assert.deepEqual(messagesOf(encoded), [
      {
        role: 'user',
        content: [
          { type: 'text', text: 'a' },
          { type: 'text', text: 'b' },
        ],
      },
      {
        role: 'assistant',
        content: [
          { type: 'text', text: 'c' },
          { type: 'text', text: 'd' },
        ],
      },
      { role: 'user', content: [{ type: 'text', text: 'e' }] },
    ]);
  });

  it('begins with the user: adds a turn and says so, or refuses under STRICT', () => {
    const messages = [assistant('Welcome!'), user('Hi')];
    const encoded = encode({ messages });
    assert.deepEqual(
      (messagesOf(encoded) as { role: string }[]).map(({ role }) => role),
      ['user', 'assistant', 'user'],
    );
    assert.deepEqual(adaptationsOf(encoded), ['ADDED generation.messages']);
    assert.throws(() => encode({ messages }, { adaptation: 'strict' }), { reason: 'PARAMETER_UNSUPPORTED' });
  });

  it('begins with the user also where there are system texts only', () => {
    const encoded = encode({ messages: [system('Tell a joke.')] });
    assert.deepEqual(adaptationsOf(encoded), ['ADDED generation.messages']);
  });

  it('drops empty texts and says so, and the turns that have nothing else', () => {
    const encoded = encode({ messages: [user('a', ''), assistant(' \n'), user('b')] });
    assert.deepEqual(messagesOf(encoded), [
      {
        role: 'user',
        content: [
          { type: 'text', text: 'a' },
          { type: 'text', text: 'b' },
        ],
      },
    ]);
    assert.deepEqual(adaptationsOf(encoded), [
      'DROPPED generation.messages[0].parts[1].text',
      'DROPPED generation.messages[1].parts[0].text',
    ]);
  });

  it('cuts white space off the end of a final assistant text only', () => {
    const encoded = encode({ messages: [user('a'), assistant('b \n'), user('c '), assistant('The answer: ')] });
    const turns = messagesOf(encoded) as { content: { text: string }[] }[];
    assert.deepEqual(
      turns.map(({ content }) => content[0]?.text),
      ['a', 'b \n', 'c ', 'The answer:'],
    );
    assert.deepEqual(adaptationsOf(encoded), ['REWRITTEN generation.messages[3].parts[0].text']);
    const strict = () => encode({ messages: [user('a'), assistant('b ')] }, { adaptation: 'strict' });
    assert.throws(strict, { reason: 'PARAMETER_UNSUPPORTED' });
  });

  it('sends a refusal back as text', () => {
    const refusal = makePart({ $case: 'refusal', value: { text: 'I cannot.' } });
    const encoded = encode({ messages: [user('a'), assistant(refusal), user('b')] }, { adaptation: 'strict' });
    assert.deepEqual((messagesOf(encoded) as unknown[])[1], {
      role: 'assistant',
      content: [{ type: 'text', text: 'I cannot.' }],
    });
    assert.deepEqual(adaptationsOf(encoded), ['REWRITTEN generation.messages[1].parts[0].refusal']);
  });

  it('refuses parts where Anthropic takes none, sound and video everywhere, all at once and in every mode', () => {
    const audio = makePart({ $case: 'audio', value: { source: undefined, mediaType: 'audio/wav', transcript: '' } });
    const video = makePart({ $case: 'video', value: { source: undefined, mediaType: 'video/mp4' } });
    assert.throws(
      () => encode({ messages: [user('a', audio), user(video), user(toolCall('t'))] }),
      (error: GatewayError) => {
        assert.equal(error.reason, 'PARAMETER_UNSUPPORTED');
        assert.deepEqual(fieldsOf(error), [
          'generation.messages[0].parts[1].audio',
          'generation.messages[1].parts[0].video',
          'generation.messages[2].parts[0].tool_call',
        ]);
        return true;
      },
    );
  });

  it('sends citations back without what requests refuse, and drops those of others', () => {
    const own = {
      type: 'char_location',
      cited_text: 'x',
      document_index: 0,
      document_title: null,
      start_char_index: 0,
      end_char_index: 1,
    };
    const citations = [JSON.stringify({ ...own, file_id: null }), '{"type":"url_citation","url":"u"}', 'not JSON'];
    const value = TextPart.fromPartial({ text: 'x', citations: citations.map((rawJson) => ({ rawJson })) });
    const encoded = encode({ messages: [user('a'), assistant(makePart({ $case: 'text', value })), user('b')] });
    assert.deepEqual((messagesOf(encoded) as { content: unknown[] }[])[1]?.content, [
      { type: 'text', text: 'x', citations: [own] },
    ]);
    assert.deepEqual(adaptationsOf(encoded), [
      'DROPPED generation.messages[1].parts[0].text.citations[1]',
      'DROPPED generation.messages[1].parts[0].text.citations[2]',
    ]);
  });
});

describe('anthropic tool calls and results', () => {
  it('puts the results of parallel calls into one user turn, before its text', () => {
    const encoded = encode({
      messages: [
        user('go'),
        assistant('Looking.', toolCall('a', '{"x":1}'), toolCall('b', '{"y":2}')),
        tool(toolResult('a', 'A')),
        user('hurry'),
        tool(toolResult('b', 'B', true)),
      ],
    });
    assert.deepEqual((messagesOf(encoded) as unknown[]).slice(1), [
      {
        role: 'assistant',
        content: [
          { type: 'text', text: 'Looking.' },
          { type: 'tool_use', id: 'a', name: 'look', input: { x: 1 } },
          { type: 'tool_use', id: 'b', name: 'look', input: { y: 2 } },
        ],
      },
      {
        role: 'user',
        content: [
          { type: 'tool_result', tool_use_id: 'a', content: [{ type: 'text', text: 'A' }] },
          { type: 'tool_result', tool_use_id: 'b', content: [{ type: 'text', text: 'B' }], is_error: true },
          { type: 'text', text: 'hurry' },
        ],
      },
    ]);
    assert.deepEqual(adaptationsOf(encoded), ['REWRITTEN generation.messages[4].parts[0]']);
  });

  it('says nothing where the results come first already', () => {
    const messages = [user('go'), assistant(toolCall('a')), tool(toolResult('a', 'A')), user('and?')];
    assert.deepEqual(encode({ messages }).adaptations, []);
  });

  it('refuses results without a call, and calls without a result, every one by its path', () => {
    const messages = [
      user('go'),
      assistant(toolCall('a'), toolCall('b')),
      tool(toolResult('a', 'A'), toolResult('a', 'again'), toolResult('c', 'C')),
      assistant('hm'),
      tool(toolResult('b', 'B')),
      assistant(toolCall('d')),
    ];
    assert.throws(
      () => encode({ messages }),
      (error: GatewayError) => {
        assert.equal(error.reason, 'INVALID_REQUEST');
        assert.deepEqual(fieldsOf(error), [
          'generation.messages[2].parts[1].tool_result.tool_call_id',
          'generation.messages[2].parts[2].tool_result.tool_call_id',
          'generation.messages[1].parts[1].tool_call.id',
          'generation.messages[4].parts[0].tool_result.tool_call_id',
          'generation.messages[5].parts[0].tool_call.id',
        ]);
        return true;
      },
    );
  });

  it('keeps the order and the digits of arguments', () => {
    const json = '{"z":12345678901234567890,"a":1.50}';
    const encoded = encode({ messages: [user('go'), assistant(toolCall('a', json)), tool(toolResult('a', ''))] });
    assert.ok(JSON.stringify(encoded.body).includes(`"input":${json}`));
  });

  it('takes empty arguments as none, and refuses what is no object, by its path', () => {
    const call = (json: string) =>
      encode({ messages: [user('go'), assistant(toolCall('a', json)), tool(toolResult('a', 'A'))] });
    assert.ok(JSON.stringify(call('').body).includes('"input":{}'));
    for (const json of ['{"cut":', '[1]', '"text"']) {
      assert.throws(
        () => call(json),
        (error: GatewayError) => {
          assert.equal(error.reason, 'INVALID_REQUEST');
          return fieldsOf(error)[0] === 'generation.messages[1].parts[0].tool_call.arguments_json';
        },
      );
    }
  });

  it('wraps the free text of a custom tool call', () => {
    const call = makePart({
      $case: 'toolCall',
      value: { id: 'a', name: 'sql', input: { $case: 'text', value: 'SELECT 1' } },
    });
    const encoded = encode({ messages: [user('go'), assistant(call), tool(toolResult('a', 'A'))] });
    assert.ok(JSON.stringify(encoded.body).includes('"input":{"input":"SELECT 1"}'));
    assert.deepEqual(adaptationsOf(encoded), ['REWRITTEN generation.messages[1].parts[0].tool_call.text']);
  });

  it('makes ids of other providers fit, call and result alike', () => {
    const id = 'functions.look:0';
    const encoded = encode({ messages: [user('go'), assistant(toolCall(id)), tool(toolResult(id, 'A'))] });
    const turns = messagesOf(encoded) as { content: Record<string, string>[] }[];
    assert.match(turns[1]?.content[0]?.id ?? '', /^[\w-]+$/);
    assert.equal(turns[1]?.content[0]?.id, turns[2]?.content[0]?.tool_use_id);
    assert.equal(encoded.adaptations.length, 2);
  });

  it('sends JSON results as they were written, and a result without content as none', () => {
    const json = { content: { $case: 'json', value: '{"b": 1,  "a": 2}' } } as const;
    const result = makePart({ $case: 'toolResult', value: { toolCallId: 'a', content: [json], isError: false } });
    const empty = makePart({ $case: 'toolResult', value: { toolCallId: 'b', content: [], isError: false } });
    const encoded = encode({ messages: [user('go'), assistant(toolCall('a'), toolCall('b')), tool(result, empty)] });
    assert.deepEqual((messagesOf(encoded) as { content: unknown[] }[])[2]?.content, [
      { type: 'tool_result', tool_use_id: 'a', content: [{ type: 'text', text: '{"b": 1,  "a": 2}' }] },
      { type: 'tool_result', tool_use_id: 'b' },
    ]);
  });

  it('sends back who called, and the toolset of a call with its result too', () => {
    const origin = { dialect: 'anthropic.messages', upstreamModel: 'claude-test', stateDomain: 'claude' };
    const caller = { type: 'code_execution_20260120', tool_id: 's' };
    const opaqueState = [
      { origin, kind: 'caller', data: UTF8.encode(JSON.stringify(caller)) },
      { origin, kind: 'toolset_name', data: UTF8.encode('browser') },
    ];
    const messages = [user('go'), assistant({ ...toolCall('a'), opaqueState }), tool(toolResult('a', 'A'))];
    const turns = messagesOf(encode({ messages })) as { content: Record<string, unknown>[] }[];
    assert.deepEqual(turns[1]?.content[0]?.caller, caller);
    assert.equal(turns[1]?.content[0]?.toolset_name, 'browser');
    assert.equal(turns[2]?.content[0]?.toolset_name, 'browser');
  });
});

describe('anthropic reasoning and opaque items in requests', () => {
  const replay = (part: Part, wishes: TargetWishes = {}) =>
    encode({ messages: [user('a'), assistant(part, 'b'), user('c')] }, wishes);
  const firstOf = (encoded: ReturnType<typeof encode>) =>
    (messagesOf(encoded) as { content: unknown[] }[])[1]?.content[0];

  it('sends thinking back with its signature, word for word, also without a word', () => {
    assert.deepEqual(firstOf(replay(reasoning('hm ', 'signature', 'Er+/='))), {
      type: 'thinking',
      thinking: 'hm ',
      signature: 'Er+/=',
    });
    assert.deepEqual(firstOf(replay(reasoning('', 'signature', 'S'))), {
      type: 'thinking',
      thinking: '',
      signature: 'S',
    });
  });

  it('sends redacted thinking back', () => {
    assert.deepEqual(firstOf(replay(reasoning('', 'redacted_thinking', 'enc'))), {
      type: 'redacted_thinking',
      data: 'enc',
    });
  });

  it('drops reasoning without a signature and says so', () => {
    const encoded = replay(reasoning('hm', '', ''), { adaptation: 'strict' });
    assert.deepEqual(firstOf(encoded), { type: 'text', text: 'b' });
    assert.deepEqual(adaptationsOf(encoded), ['DROPPED generation.messages[1].parts[0].reasoning']);
  });

  it('treats a signature of another model as foreign: signatures are bound to their model', () => {
    const foreign = reasoning('hm', 'signature', 'S', 'claude-other');
    assert.throws(() => replay(foreign), { reason: 'FOREIGN_STATE' });
    assert.throws(() => replay(foreign, { onForeignState: 'pin' }), { reason: 'FOREIGN_STATE' });
    const stripped = replay(foreign, { onForeignState: 'strip' });
    assert.deepEqual(firstOf(stripped), { type: 'text', text: 'b' });
    assert.deepEqual(adaptationsOf(stripped), [
      'DROPPED generation.messages[1].parts[0].opaque_state[0]',
      'DROPPED generation.messages[1].parts[0].reasoning',
    ]);
  });

  it('sends an opaque item back as it was, without a cache_control of its own', () => {
    const json = '{"type":"server_tool_use","id":"s","name":"web_search","input":{"n":12345678901234567890}}';
    assert.ok(JSON.stringify(replay(opaque('server_tool_use', json), items).body).includes(json));
    const marked = json.replace('{', '{"cache_control":{"type":"ephemeral"},');
    assert.ok(!JSON.stringify(replay(opaque('server_tool_use', marked), items).body).includes('cache_control'));
  });

  it('refuses opaque items that the configuration or the dialect does not take back', () => {
    const other = opaque('web_search_tool_result', '{"type":"web_search_tool_result"}');
    assert.throws(() => replay(other, items), { reason: 'OPTION_NOT_ALLOWED' });
    assert.throws(() => replay(opaque('a_new_item', '{"type":"a_new_item"}'), items), { reason: 'OPTION_NOT_ALLOWED' });
  });

  it('refuses an item that is not what it says it is', () => {
    const disguised = opaque('server_tool_use', '{"type":"image","source":{"type":"url","url":"http://10.0.0.1"}}');
    assert.throws(() => replay(disguised, items), { reason: 'INVALID_REQUEST' });
  });

  it('drops a breakpoint with the part that carried it', () => {
    const part = text('', { cacheBreakpoint: { ttl: undefined } });
    assert.deepEqual(adaptationsOf(encode({ messages: [user('a', part)] })), [
      'DROPPED generation.messages[0].parts[1].text',
      'DROPPED generation.messages[0].parts[1].cache_breakpoint',
    ]);
  });
});
