/** The conversation as items: messages, media, calls and their results, and what goes back as it came. */
import assert from 'node:assert/strict';
import { ImageDetail, Role } from '../../../server/model/wire.ts';
import type { Encoded } from '../../../server/providers/dialect.ts';
import { isError } from '../../contract/dialect.ts';
import { lacking, makeAllowances } from '../../support/targets.ts';
import * as fixtures from './fixtures.ts';
import {
  type Content,
  call,
  encode,
  inputOf,
  makePart,
  reasoning,
  replay,
  result,
  TARGET,
  text,
  textCall,
  turn,
  userTurn,
} from './fixtures.ts';

const ENCRYPTED = 'gAAAAB+/==';
const DATA = { $case: 'data', value: Uint8Array.of(1, 2) } as const;
const URI = { $case: 'uri', value: 'https://example.com/a' } as const;
const OPEN = { ...TARGET, allowances: makeAllowances({ uris: true }) };

describe('openai.responses messages', () => {
  it('have instructions in their place, of the role developer, not at the top', () => {
    const messages = [turn(Role.SYSTEM, text('Be brief.')), userTurn(text('Hi')), turn(Role.SYSTEM, text('Be kind.'))];
    const encoded = encode({ messages });
    assert.equal('instructions' in encoded.body, false);
    assert.deepEqual(inputOf(encoded), [
      { type: 'message', role: 'developer', content: 'Be brief.' },
      { type: 'message', role: 'user', content: 'Hi' },
      { type: 'message', role: 'developer', content: 'Be kind.' },
    ]);
    const roleOf = (target: typeof TARGET) => inputOf(encode({ messages }, target))[0]?.role;
    assert.equal(roleOf({ ...TARGET, quirks: { systemRole: 'system' } }), 'system');
    assert.equal(roleOf({ ...TARGET, capabilities: lacking('systemRole') }), 'user');
  });

  it('hold images by bytes or URI, with a detail', () => {
    const image = (source: typeof DATA | typeof URI, detail: ImageDetail): Content => ({
      $case: 'image',
      value: { source, mediaType: 'image/png', detail },
    });
    const messages = [userTurn(image(DATA, ImageDetail.HIGH), image(URI, ImageDetail.UNSPECIFIED))];
    assert.deepEqual(inputOf(encode({ messages }, OPEN))[0]?.content, [
      { type: 'input_image', image_url: 'data:image/png;base64,AQI=', detail: 'high' },
      { type: 'input_image', image_url: 'https://example.com/a', detail: 'auto' },
    ]);
    assert.throws(() => encode({ messages }), isError('OPTION_NOT_ALLOWED'));
    assert.throws(
      () => encode({ messages }, { ...OPEN, capabilities: lacking('imageInput') }),
      isError('PARAMETER_UNSUPPORTED'),
    );
  });

  const document = (value: Partial<Extract<Content, { $case: 'document' }>['value']>): Content => ({
    $case: 'document',
    value: { source: DATA, mediaType: 'application/pdf', filename: '', title: '', cite: false, ...value },
  });
  const secondOf = (encoded: Encoded) => (inputOf(encoded)[0]?.content as object[] | undefined)?.[1];
  const fileOf = (content: Content, target = OPEN) => encode({ messages: [userTurn(text('?'), content)] }, target);

  it('hold files of any type, whose name tells it', () => {
    for (const [value, filename, fileData] of [
      [{}, 'document.pdf', 'data:application/pdf;base64,AQI='],
      [{ title: 'Report' }, 'Report.pdf', 'data:application/pdf;base64,AQI='],
      [{ title: 'Report.PDF' }, 'Report.PDF', 'data:application/pdf;base64,AQI='],
      [{ mediaType: 'text/plain; charset=utf-8' }, 'document.txt', 'data:text/plain; charset=utf-8;base64,AQI='],
      [{ mediaType: 'x/y', filename: 'a.bin' }, 'a.bin', 'data:x/y;base64,AQI='],
    ] as const) {
      const file = { type: 'input_file', filename, file_data: fileData };
      assert.deepEqual(secondOf(fileOf(document(value))), file);
    }
  });

  it('hold files by URI, without a name', () => {
    const encoded = fileOf(document({ source: URI, title: 'Report', cite: true }));
    assert.deepEqual(secondOf(encoded), { type: 'input_file', file_url: URI.value });
    const path = 'generation.messages[0].parts[1].document';
    assert.deepEqual(
      encoded.adaptations.map(({ field }) => field),
      [`${path}.cite`, `${path}.title`],
    );
  });

  it('hold a text as text where the model takes no files, and refuse all else', () => {
    const target = { ...OPEN, capabilities: lacking('documentInput') };
    const source = { $case: 'data', value: new TextEncoder().encode('Once.') } as const;
    const encoded = fileOf(document({ source, mediaType: 'text/plain', title: 'Tale' }), target);
    assert.deepEqual(secondOf(encoded), { type: 'input_text', text: 'Tale\n\nOnce.' });
    assert.throws(() => fileOf(document({}), target), isError('PARAMETER_UNSUPPORTED'));
    assert.throws(() => fileOf(document({ source: URI }), target), isError('PARAMETER_UNSUPPORTED'));
  });

  it('hold no sound and no video, which is refused in either mode', () => {
    for (const $case of ['audio', 'video'] as const) {
      const media = { $case, value: { source: DATA, mediaType: `${$case}/x`, transcript: '' } } as Content;
      assert.throws(() => encode({ messages: [userTurn(media)] }), isError('PARAMETER_UNSUPPORTED'));
    }
  });
});

describe('openai.responses calls and results', () => {
  it('are items each, paired by call_id, results of the type of their call', () => {
    const messages = [
      userTurn(text('Hi')),
      turn(Role.ASSISTANT, call('call_1', 'now', ''), textCall('call_2', 'note', 'rain')),
      turn(Role.TOOL, result('call_1', '12:00'), result('call_2', 'done')),
    ];
    const [, ...items] = inputOf(encode({ messages }));
    assert.deepEqual(items, [
      { type: 'function_call', call_id: 'call_1', name: 'now', arguments: '{}' },
      { type: 'custom_tool_call', call_id: 'call_2', name: 'note', input: 'rain' },
      { type: 'function_call_output', call_id: 'call_1', output: '12:00' },
      { type: 'custom_tool_call_output', call_id: 'call_2', output: 'done' },
    ]);
    const lesser = { ...TARGET, capabilities: lacking('customTools') };
    const [, , made, , output] = inputOf(encode({ messages }, lesser));
    assert.deepEqual(made, { type: 'function_call', call_id: 'call_2', name: 'note', arguments: '{"input":"rain"}' });
    assert.equal(output?.type, 'function_call_output');
  });

  it('have an empty result, several pieces, media, and a mark of failure as text', () => {
    const outputOf = (content: readonly object[], isError = false) => {
      const value = { toolCallId: 'c', content: content.map((piece) => ({ content: piece })), isError };
      const messages = [
        userTurn(text('Hi')),
        turn(Role.ASSISTANT, call('c', 'now', '{}')),
        turn(Role.TOOL, { $case: 'toolResult', value } as Content),
      ];
      return inputOf(encode({ messages })).at(-1)?.output;
    };
    const json = { $case: 'json', value: '[1.0]' };
    const image = { $case: 'image', value: { source: DATA, mediaType: 'image/png', detail: ImageDetail.LOW } };
    const pdf = {
      $case: 'document',
      value: { source: DATA, mediaType: 'application/pdf', filename: 'a.pdf', title: '', cite: false },
    };
    assert.equal(outputOf([]), '');
    assert.equal(outputOf([json]), '[1.0]');
    assert.equal(outputOf([], true), 'The tool failed.');
    assert.deepEqual(outputOf([json, image, pdf]), [
      { type: 'input_text', text: '[1.0]' },
      { type: 'input_image', image_url: 'data:image/png;base64,AQI=', detail: 'low' },
      { type: 'input_file', filename: 'a.pdf', file_data: 'data:application/pdf;base64,AQI=' },
    ]);
  });

  it('have ids of at most 64 characters, the same for a call and its result, different for different ones', () => {
    const [one, other] = [`${'x'.repeat(80)}1`, `${'x'.repeat(80)}2`];
    const messages = [
      userTurn(text('Hi')),
      turn(Role.ASSISTANT, call(one, 'now', '{}'), call(other, 'now', '{}')),
      turn(Role.TOOL, result(one, 'a'), result(other, 'b')),
    ];
    const { adaptations } = encode({ messages }, { ...TARGET, adaptation: 'strict' });
    assert.equal(adaptations.length, 4);
    const ids = inputOf(encode({ messages })).flatMap(({ call_id }) => (typeof call_id === 'string' ? [call_id] : []));
    assert.deepEqual([ids[0], ids[1]], [ids[2], ids[3]]);
    assert.notEqual(ids[0], ids[1]);
    assert.ok(ids.every(({ length }) => length === 64));
  });
});

describe('openai.responses earlier turns', () => {
  it('return reasoning unmodified, paired with its call', () => {
    const parts = [
      makePart(reasoning('**Plan**'), { id: 'rs_1', type: 'summary_text' }),
      makePart(reasoning('**Act**'), { id: 'rs_1', type: 'summary_text', encrypted_content: ENCRYPTED }),
      makePart(call('call_1', 'now', '{}'), { id: 'fc_1' }),
    ];
    assert.deepEqual(replay(parts), [
      {
        type: 'reasoning',
        id: 'rs_1',
        summary: [
          { type: 'summary_text', text: '**Plan**' },
          { type: 'summary_text', text: '**Act**' },
        ],
        encrypted_content: ENCRYPTED,
      },
      { type: 'function_call', id: 'fc_1', call_id: 'call_1', name: 'now', arguments: '{}' },
    ]);
  });

  it('return reasoning that is all encrypted, in its own words, or without an id', () => {
    const answer = makePart(text('Yes.'));
    const itemOf = (...parts: Parameters<typeof replay>[0]) => replay([...parts, answer])[0];
    const hidden = makePart(reasoning(''), { id: 'rs_1', encrypted_content: ENCRYPTED });
    const item = { type: 'reasoning', id: 'rs_1', summary: [] };
    assert.deepEqual(itemOf(hidden), { ...item, encrypted_content: ENCRYPTED });
    const own = makePart(reasoning('Hm.'), { id: 'rs_1', type: 'reasoning_text' });
    assert.deepEqual(itemOf(own), { ...item, content: [{ type: 'reasoning_text', text: 'Hm.' }] });
    const summary = [
      { type: 'summary_text', text: 'a' },
      { type: 'summary_text', text: 'b' },
    ];
    const unnamed = itemOf(
      makePart(reasoning('a'), { type: 'summary_text' }),
      makePart(reasoning('b'), { type: 'summary_text', encrypted_content: ENCRYPTED }),
    );
    assert.deepEqual(unnamed, { type: 'reasoning', summary, encrypted_content: ENCRYPTED });
  });

  it('keep two reasoning items apart that follow each other', () => {
    const one = makePart(reasoning('a'), { id: 'rs_1', type: 'summary_text', encrypted_content: 'A==' });
    const two = makePart(reasoning('b'), { id: 'rs_2', type: 'summary_text', encrypted_content: 'B==' });
    assert.deepEqual(
      replay([one, two, makePart(text('Yes.'))]).map(({ id }) => id),
      ['rs_1', 'rs_2', undefined],
    );
  });

  it('leave out reasoning that nothing follows, as the provider refuses it, and say so', () => {
    const parts = [makePart(reasoning('a'), { id: 'rs_1', type: 'summary_text', encrypted_content: 'A==' })];
    assert.deepEqual(replay(parts), []);
    const messages = [userTurn(text('Hi')), { role: Role.ASSISTANT, parts }, userTurn(text('Go on.'))];
    const { adaptations } = encode({ messages }, { ...TARGET, adaptation: 'strict' });
    assert.deepEqual(
      adaptations.map(({ field }) => field),
      ['generation.messages[1].parts[0].reasoning'],
    );
  });

  it('leave out reasoning without its state, and the ids that were bound to it', () => {
    for (const lost of [makePart(reasoning('a')), makePart(reasoning('a'), { id: 'rs_1', type: 'summary_text' })]) {
      const items = replay([
        lost,
        makePart(text('Yes.'), { id: 'msg_1', phase: 'final_answer' }),
        makePart(call('c', 'now', '{}'), { id: 'fc_1' }),
      ]);
      assert.deepEqual(items, [
        {
          type: 'message',
          role: 'assistant',
          phase: 'final_answer',
          content: 'Yes.',
        },
        { type: 'function_call', call_id: 'c', name: 'now', arguments: '{}' },
      ]);
    }
  });

  it('return messages with id, phase and status, their parts together and their citations as they came', () => {
    const annotation = { type: 'url_citation', url: 'https://example.com/', title: 'A', start_index: 0, end_index: 3 };
    const cited = fixtures.decode(
      fixtures.reply([
        fixtures.message('Yes.', {
          content: [
            { type: 'output_text', text: 'Yes.', annotations: [annotation] },
            { type: 'refusal', refusal: 'But no.' },
          ],
          phase: 'final_answer',
          status: 'incomplete',
        }),
      ]),
    );
    assert.deepEqual(replay(cited.message.parts), [
      {
        type: 'message',
        role: 'assistant',
        id: 'msg_1',
        status: 'incomplete',
        phase: 'final_answer',
        content: [
          { type: 'output_text', text: 'Yes.', annotations: [annotation] },
          { type: 'refusal', refusal: 'But no.' },
        ],
      },
    ]);
  });

  it('are a plain text without an id, or a list where they are more than that', () => {
    const [one, ...none] = replay([makePart(text('Yes.'))]);
    assert.deepEqual(one, { type: 'message', role: 'assistant', content: 'Yes.' });
    assert.equal(none.length, 0);
    const content = [
      { type: 'output_text', text: 'Yes.', annotations: [] },
      { type: 'output_text', text: 'No.', annotations: [] },
    ];
    const two = replay([makePart(text('Yes.')), makePart(text('No.'))]);
    assert.deepEqual(two, [{ type: 'message', role: 'assistant', content }]);
  });

  it('drop citations of texts that are not their own, and say so', () => {
    const citation = {
      uri: 'u',
      title: '',
      citedText: '',
      startIndex: undefined,
      endIndex: undefined,
      documentIndex: undefined,
      location: undefined,
      rawJson: '{}',
    };
    const part = makePart({ $case: 'text', value: { text: 'Yes.', citations: [citation], logprobs: [] } });
    const { adaptations } = encode({ messages: [userTurn(text('Hi')), { role: Role.ASSISTANT, parts: [part] }] });
    assert.deepEqual(
      adaptations.map(({ field }) => field),
      ['generation.messages[1].parts[0].text.citations'],
    );
  });

  it('return calls with namespace, caller and status', () => {
    const state = {
      id: 'fc_1',
      namespace: 'crm',
      caller: '{"type":"program","caller_id":"p_1"}',
      status: 'incomplete',
    };
    const [item] = replay([makePart(call('c', 'now', '{"a'), state)]);
    const caller = { type: 'program', caller_id: 'p_1' };
    const expected = { type: 'function_call', id: 'fc_1', namespace: 'crm', caller, status: 'incomplete' };
    assert.deepEqual(item, { ...expected, call_id: 'c', name: 'now', arguments: '{"a' });
  });

  it('send what was spoken as what was said, and no other media', () => {
    const spoken = makePart({ $case: 'audio', value: { source: DATA, mediaType: 'audio/wav', transcript: 'Hello' } });
    const image = makePart({
      $case: 'image',
      value: { source: DATA, mediaType: 'image/png', detail: ImageDetail.UNSPECIFIED },
    });
    assert.deepEqual(replay([spoken, image]), [{ type: 'message', role: 'assistant', content: 'Hello' }]);
  });
});

describe('openai.responses opaque items', () => {
  const origin = { dialect: 'openai.responses', upstreamModel: 'model-1', stateDomain: 'acme' };
  const item = (itemType: string, json: string) =>
    makePart({ $case: 'opaque', value: { origin, itemType, data: new TextEncoder().encode(json) } });
  const allowing = (...types: string[]) => ({ ...TARGET, allowances: makeAllowances({ opaqueItems: new Set(types) }) });

  it('go back byte for byte, an approval among them', () => {
    const [request, response] = [
      '{"type":"mcp_approval_request","id":"mcpr_1","name":"pay","arguments":"{}","server_label":"s"}',
      '{"type":"mcp_approval_response","approval_request_id":"mcpr_1","approve":true,"n":1.0}',
    ];
    const parts = [item('mcp_approval_request', request), item('mcp_approval_response', response)];
    const items = replay(parts, allowing('mcp_approval_request', 'mcp_approval_response'));
    assert.deepEqual(
      items.map((json) => JSON.stringify(json)),
      [request, response],
    );
  });

  it('are refused where the configuration does not list them, or where they are not what they say', () => {
    const part = item('web_search_call', '{"type":"web_search_call"}');
    assert.throws(() => replay([part]), isError('OPTION_NOT_ALLOWED'));
    const disguised = item('web_search_call', '{"type":"item_reference","id":"of_another"}');
    assert.throws(() => replay([disguised], allowing('web_search_call')), isError('INVALID_REQUEST'));
  });

  it('are left out where the provider does not take their type back, or the gateway does not hand it over', () => {
    for (const type of ['unheard_of_call', 'item_reference', 'additional_tools', 'tool_search_output']) {
      assert.deepEqual(replay([item(type, JSON.stringify({ type }))], allowing(type)), []);
    }
  });
});
