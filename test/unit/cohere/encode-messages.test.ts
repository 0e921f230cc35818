/** Conversations: roles, documents, tool plans, results of tools. */
import assert from 'node:assert/strict';
import { isError } from '../../contract/dialect.ts';
import { lacking, makeAllowances } from '../../support/targets.ts';
import {
  adaptationsOf,
  assistant,
  type Content,
  call,
  document,
  encode,
  functionTool,
  messagesOf,
  system,
  text,
  thought,
  tool,
  user,
} from './cohere-fixtures.ts';

function toolResult(toolCallId: string, content: readonly object[], isError = false): Content {
  return { $case: 'toolResult', value: { toolCallId, content, isError } } as Content;
}

const JSON_RESULT = { content: { $case: 'json', value: '{"sky": 1.0}' } };

describe('cohere.v2 requests: turns', () => {
  it('sends one text as a string, several as blocks', () => {
    const encoded = encode({ messages: [system('Be brief.'), user('Hello', 'there'), assistant('Hi.'), user('So?')] });
    assert.deepEqual(messagesOf(encoded), [
      { role: 'system', content: 'Be brief.' },
      {
        role: 'user',
        content: [
          { type: 'text', text: 'Hello' },
          { type: 'text', text: 'there' },
        ],
      },
      { role: 'assistant', content: 'Hi.' },
      { role: 'user', content: 'So?' },
    ]);
    assert.deepEqual(encoded.adaptations, []);
  });

  it('moves system text to the front as one message, and says so', () => {
    const encoded = encode({ messages: [system('One.'), user('Hello'), system('Two.')] });
    assert.deepEqual(messagesOf(encoded), [
      {
        role: 'system',
        content: [
          { type: 'text', text: 'One.' },
          { type: 'text', text: 'Two.' },
        ],
      },
      { role: 'user', content: 'Hello' },
    ]);
    assert.deepEqual(adaptationsOf(encoded), ['REWRITTEN generation.messages[2]']);
  });

  it('sends system text as the user where the model has no such role', () => {
    const encoded = encode({ messages: [system('One.'), user('Hello')] }, { capabilities: lacking('systemRole') });
    assert.deepEqual(messagesOf(encoded), [
      { role: 'user', content: 'One.' },
      { role: 'user', content: 'Hello' },
    ]);
  });

  it('leaves empty texts out, and messages of which nothing is left, without an error under STRICT', () => {
    const messages = [user('Hello'), assistant('', thought('')), user('', 'So?')];
    const encoded = encode({ messages }, { adaptation: 'strict' });
    assert.deepEqual(messagesOf(encoded), [
      { role: 'user', content: 'Hello' },
      { role: 'user', content: 'So?' },
    ]);
    assert.deepEqual(adaptationsOf(encoded), [
      'DROPPED generation.messages[1].parts[0].text',
      'DROPPED generation.messages[2].parts[0].text',
    ]);
  });

  it('refuses sound and video by path, in either mode', () => {
    const source = { $case: 'data', value: Uint8Array.of(1) } as const;
    const audio: Content = { $case: 'audio', value: { source, mediaType: 'audio/wav', transcript: '' } };
    const video: Content = { $case: 'video', value: { source, mediaType: 'video/mp4' } };
    for (const part of [audio, video]) {
      assert.throws(() => encode({ messages: [user('What?', part)] }), isError('PARAMETER_UNSUPPORTED'));
    }
  });

  it('hands image URIs on only where they are allowed', () => {
    const image: Content = {
      $case: 'image',
      value: { source: { $case: 'uri', value: 'https://x.example/a.png' }, mediaType: '', detail: 'IMAGE_DETAIL_HIGH' },
    };
    assert.throws(() => encode({ messages: [user(image)] }), isError('OPTION_NOT_ALLOWED'));
    const encoded = encode({ messages: [user(image)] }, { allowances: makeAllowances({ uris: true }) });
    const block = { type: 'image_url', image_url: { url: 'https://x.example/a.png', detail: 'high' } };
    assert.deepEqual(messagesOf(encoded), [{ role: 'user', content: [block] }]);
    const lacks = { allowances: makeAllowances({ uris: true }), capabilities: lacking('imageInput') };
    assert.throws(() => encode({ messages: [user(image)] }, lacks), isError('PARAMETER_UNSUPPORTED'));
  });
});

describe('cohere.v2 requests: earlier answers', () => {
  it('sends the last thought before calls as their tool plan, and all other thoughts as thinking', () => {
    const turn = assistant(thought('Hm.'), thought('I will look.'), call('c1', '{"a":1}'));
    assert.deepEqual(messagesOf(encode({ messages: [user('Hello'), turn] })), [
      { role: 'user', content: 'Hello' },
      {
        role: 'assistant',
        content: [{ type: 'thinking', thinking: 'Hm.' }],
        tool_plan: 'I will look.',
        tool_calls: [{ id: 'c1', type: 'function', function: { name: 'look', arguments: '{"a":1}' } }],
      },
    ]);
  });

  it('sends thoughts without calls as thinking', () => {
    const encoded = encode({ messages: [user('Hello'), assistant(thought('Hm.'), 'Yes.')] });
    assert.deepEqual(messagesOf(encoded), [
      { role: 'user', content: 'Hello' },
      {
        role: 'assistant',
        content: [
          { type: 'thinking', thinking: 'Hm.' },
          { type: 'text', text: 'Yes.' },
        ],
      },
    ]);
  });

  it('sends arguments as they were written, and {} for none', () => {
    const turn = assistant(call('c1', '{"n": 12345678901234567890.0}'), call('c2', ''));
    const [, sent] = messagesOf(encode({ messages: [user('Hello'), turn] })) as readonly {
      tool_calls: readonly object[];
    }[];
    assert.deepEqual(
      sent?.tool_calls.map((one) => (one as { function: { arguments: string } }).function.arguments),
      ['{"n": 12345678901234567890.0}', '{}'],
    );
  });

  it('sends refusals as text, and says so without an error under STRICT', () => {
    const refusal: Content = { $case: 'refusal', value: { text: 'I cannot.' } };
    const encoded = encode({ messages: [user('Hello'), assistant(refusal)] }, { adaptation: 'strict' });
    assert.deepEqual(adaptationsOf(encoded), ['REWRITTEN generation.messages[1].parts[0].refusal']);
  });

  it('sends its own citations back, each once, and drops those of others', () => {
    const raw = '{"start":0,"end":2,"text":"Hi","sources":[{"type":"document","id":"a"},{"type":"document","id":"b"}]}';
    const citation = { startIndex: 0, endIndex: 2, uri: '', title: '', citedText: '', location: undefined } as const;
    const cited = { ...citation, documentIndex: undefined, rawJson: raw };
    const foreign = { ...cited, rawJson: '{"type":"url_citation","url":"https://x.example"}' };
    const encoded = encode({ messages: [user('Hello'), assistant(text('Hi', [cited, cited, foreign]))] });
    assert.deepEqual(messagesOf(encoded), [
      { role: 'user', content: 'Hello' },
      { role: 'assistant', content: 'Hi', citations: [JSON.parse(raw)] },
    ]);
    assert.deepEqual(adaptationsOf(encoded), ['DROPPED generation.messages[1].parts[0].text.citations[2]']);
  });
});

describe('cohere.v2 requests: results of tools', () => {
  it('sends one message a result, JSON as it was written', () => {
    const results = tool(toolResult('c1', [JSON_RESULT]), toolResult('c2', []));
    const encoded = encode({ messages: [user('Hello'), assistant(call('c1', '{}'), call('c2', '{}')), results] });
    assert.deepEqual((messagesOf(encoded) as readonly unknown[]).slice(2), [
      { role: 'tool', tool_call_id: 'c1', content: '{"sky": 1.0}' },
      { role: 'tool', tool_call_id: 'c2', content: '' },
    ]);
  });

  it('says in text that a tool failed', () => {
    const encoded = encode({
      messages: [user('Hello'), assistant(call('c1', '{}')), tool(toolResult('c1', [JSON_RESULT], true))],
    });
    assert.deepEqual((messagesOf(encoded) as readonly unknown[])[2], {
      role: 'tool',
      tool_call_id: 'c1',
      content: [
        { type: 'text', text: 'The tool failed.' },
        { type: 'text', text: '{"sky": 1.0}' },
      ],
    });
    assert.deepEqual(adaptationsOf(encoded), ['REWRITTEN generation.messages[2].parts[0].tool_result.is_error']);
  });

  it('sends documents of results in their place, numbered with all others of the request', () => {
    const { $case: _, value } = document('Rain.', { title: 'Weather' }) as { $case: 'document'; value: object };
    const result = toolResult('c1', [{ content: { $case: 'document', value } }]);
    const messages = [user('Hello', document('One.')), assistant(call('c1', '{}')), tool(result)];
    const encoded = encode({ messages });
    assert.deepEqual(encoded.body.documents, [{ id: 'document:0', data: { text: 'One.' } }]);
    assert.deepEqual((messagesOf(encoded) as readonly unknown[])[2], {
      role: 'tool',
      tool_call_id: 'c1',
      content: [{ type: 'document', document: { id: 'document:1', data: { title: 'Weather', text: 'Rain.' } } }],
    });
  });
});

describe('cohere.v2 requests: documents', () => {
  it('sends documents of text beside the conversation, without an error under STRICT', () => {
    const parts = [document('Once.', { title: 'Tale', filename: 'tale.txt' }), document('Twice.', { cite: false })];
    const encoded = encode({ messages: [user('Summarise.', ...parts)] }, { adaptation: 'strict' });
    assert.deepEqual(messagesOf(encoded), [{ role: 'user', content: 'Summarise.' }]);
    assert.deepEqual(encoded.body.documents, [
      { id: 'document:0', data: { title: 'Tale', filename: 'tale.txt', text: 'Once.' } },
      { id: 'document:1', data: { text: 'Twice.' } },
    ]);
    assert.deepEqual(adaptationsOf(encoded), [
      'REWRITTEN generation.messages[0].parts[1].document',
      'REWRITTEN generation.messages[0].parts[2].document',
      'REWRITTEN generation.messages[0].parts[2].document.cite',
    ]);
  });

  it('sends them as text where the answer has a form, which Cohere does not take beside documents', () => {
    const responseFormat = { format: { $case: 'jsonObject', value: {} } } as const;
    const encoded = encode({ messages: [user('Summarise.', document('Once.', { title: 'Tale' }))], responseFormat });
    assert.equal('documents' in encoded.body, false);
    assert.deepEqual(messagesOf(encoded), [
      {
        role: 'user',
        content: [
          { type: 'text', text: 'Summarise.' },
          { type: 'text', text: 'Tale\n\nOnce.' },
        ],
      },
    ]);
    assert.deepEqual(adaptationsOf(encoded), [
      'REWRITTEN generation.messages[0].parts[1].document',
      'DROPPED generation.messages[0].parts[1].document.cite',
    ]);
  });

  it('sends them beside the conversation where tools take the form away', () => {
    const responseFormat = { format: { $case: 'jsonObject', value: {} } } as const;
    const encoded = encode({ messages: [user(document('Once.'))], responseFormat, tools: [functionTool('look')] });
    assert.deepEqual(encoded.body.documents, [{ id: 'document:0', data: { text: 'Once.' } }]);
    assert.equal('response_format' in encoded.body, false);
  });

  it('refuses other documents by path, in either mode', () => {
    const pdf = document('%PDF-1.7');
    assert.ok(pdf.$case === 'document');
    const part: Content = { $case: 'document', value: { ...pdf.value, mediaType: 'application/pdf' } };
    assert.throws(() => encode({ messages: [user('Summarise.', part)] }), isError('PARAMETER_UNSUPPORTED'));
    const uri: Content = {
      $case: 'document',
      value: { ...pdf.value, source: { $case: 'uri', value: 'https://x.example' } },
    };
    assert.throws(() => encode({ messages: [user(uri)] }), isError('OPTION_NOT_ALLOWED'));
    const allowances = makeAllowances({ uris: true });
    assert.throws(() => encode({ messages: [user(uri)] }, { allowances }), isError('PARAMETER_UNSUPPORTED'));
    const capabilities = lacking('documentInput');
    assert.throws(() => encode({ messages: [user(pdf)] }, { capabilities }), isError('PARAMETER_UNSUPPORTED'));
  });
});
