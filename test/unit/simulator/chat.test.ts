import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  ask,
  type ChatMessage,
  type ChatToolCall,
  eventsOf,
  replyTo,
  scriptOf,
  textOf,
} from '../../support/simulated.ts';

const WEATHER = functionTool('get_weather', 'Current weather of a city', {
  type: 'object',
  properties: { city: { type: 'string' } },
  required: ['city'],
  additionalProperties: false,
});
const CALENDAR = functionTool('add_event', 'Adds a meeting to the calendar', undefined);

describe('simulated chat', () => {
  it('gives the same bytes for the same seed and request, and others for another', () => {
    const requests = fc.record({
      content: fc.string(),
      stream: fc.boolean(),
      reasoning_effort: fc.constantFrom('none', 'low'),
    });
    fc.assert(
      fc.property(requests, fc.nat(), ({ content, ...more }, seed) => {
        const bytes = () => textOf(scriptOf(ask(content, more), { settings: { seed } }));
        assert.equal(bytes(), bytes());
      }),
    );
    const answers = [1, 2, 3].map(
      (seed) => replyTo(ask('Why is the sea salt?'), { settings: { seed } }).choices[0].message.content,
    );
    assert.equal(new Set(answers).size, 3);
    assert.notEqual(replyTo(ask('Why is tea hot?')).id, replyTo(ask('Why is tea cold?')).id);
  });

  it('says in a stream what it says at once', () => {
    const requests = fc.record({
      content: fc.constantFrom('Hello!', 'Is it raining in Oslo and Lima?', 'Compare rivers with canals in 80 words.'),
      tools: fc.constantFrom(undefined, [WEATHER], [WEATHER, CALENDAR]),
      reasoning_effort: fc.constantFrom(undefined, 'minimal', 'high'),
      max_completion_tokens: fc.option(fc.integer({ min: 1, max: 120 }), { nil: undefined }),
      stop: fc.constantFrom(undefined, 'the', ['river', '.']),
      logprobs: fc.boolean(),
    });
    fc.assert(
      fc.property(requests, ({ content, ...more }) => {
        const body = ask(content, more);
        const reply = replyTo(body);
        const events = eventsOf(scriptOf({ ...body, stream: true, stream_options: { include_usage: true } }));
        const { message, finish_reason, logprobs } = reply.choices[0];
        const choices = events.flatMap((event) => event.choices);
        assert.deepEqual(joinDeltas(choices.map(({ delta }) => delta)), joinDeltas([message]));
        assert.deepEqual(
          choices.flatMap((choice) => choice.finish_reason ?? []),
          [finish_reason],
        );
        assert.deepEqual(
          choices.flatMap((choice) => choice.logprobs?.content ?? []),
          logprobs?.content ?? [],
        );
        assert.deepEqual(events.at(-1)?.usage, reply.usage);
      }),
    );
  });

  it('ends a stream with one [DONE], and tells usage only where it is asked for', () => {
    const script = scriptOf(ask('Hello!', { stream: true }));
    assert.equal(script.headers.get('content-type'), 'text/event-stream; charset=utf-8');
    assert.equal(textOf(script).match(/data: \[DONE\]\n\n$/g)?.length, 1);
    assert.ok(eventsOf(script).every(({ usage }) => usage === undefined));
  });

  it('answers about what it was asked', () => {
    const { content } = replyTo(ask('Please explain how lighthouses work.')).choices[0].message;
    assert.match(content ?? '', /lighthouses/);
    assert.match(replyTo(ask('Hi!')).choices[0].message.content ?? '', /^(Hello|Good|Hi)/);
    const counted = replyTo(ask('Describe harbours in 120 words.')).choices[0].message.content ?? '';
    assert.equal(counted.split(' ').length, 120);
  });

  it('comes at the configured speed', () => {
    const settings = { firstTokenMs: 100, tokensPerSecond: 50 };
    const body = ask('Tell me of the tide.', { max_completion_tokens: 5 });
    const times = [...scriptOf({ ...body, stream: true }, { settings }).chunks].map(({ atMs }) => atMs);
    assert.deepEqual(times, [100, 100, 120, 140, 160, 180, 180, 180]); // The role, five tokens, the reason, [DONE].
    assert.equal(scriptOf(body, { settings }).headersAtMs, 180);
    for (const tokensPerSecond of [0, 'max']) {
      const undelayed = scriptOf({ ...body, stream: true }, { settings: { firstTokenMs: 0, tokensPerSecond } });
      assert.ok([...undelayed.chunks].every(({ atMs }) => atMs === 0));
    }
  });

  it('keeps the limit of tokens, reasoning included', () => {
    for (const limit of [1, 7, 20]) {
      const reply = replyTo(ask('Explain bridges.', { max_tokens: limit, reasoning_effort: 'low' }));
      assert.equal(reply.usage.completion_tokens, limit);
      assert.equal(reply.choices[0].finish_reason, 'length');
    }
    const none = replyTo(ask('Explain bridges.', { max_completion_tokens: 5, reasoning_effort: 'high' }));
    assert.equal(none.choices[0].message.content, '');
    assert.equal(none.usage.completion_tokens_details.reasoning_tokens, 5);
  });

  it('stops before the first stop sequence', () => {
    const whole = replyTo(ask('Explain rivers.')).choices[0].message.content ?? '';
    const stop = [whole.slice(40, 46), whole.slice(20, 25)];
    const { message, finish_reason } = replyTo(ask('Explain rivers.', { stop })).choices[0];
    assert.equal(finish_reason, 'stop');
    assert.ok(stop.every((text) => message.content?.includes(text) === false));
  });

  it('reasons as much as it is told to', () => {
    const tokens = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh'].map((reasoning_effort) => {
      const reply = replyTo(ask('Explain tides.', { reasoning_effort }));
      const { reasoning_content: reasoning } = reply.choices[0].message;
      assert.equal(reasoning === undefined, reasoning_effort === 'none');
      return reply.usage.completion_tokens_details.reasoning_tokens;
    });
    assert.equal(tokens[0], 0);
    assert.deepEqual(
      tokens,
      tokens.toSorted((a, b) => a - b),
    );
  });

  it('gives log probabilities of the tokens that it says', () => {
    const { message, logprobs } = replyTo(ask('Explain tea.', { logprobs: true, top_logprobs: 3 })).choices[0];
    assert.equal(logprobs?.content.map(({ token }) => token).join(''), message.content);
    for (const { token, logprob, top_logprobs: top } of logprobs?.content ?? []) {
      assert.ok(logprob <= 0);
      assert.equal(top.length, 3);
      assert.equal(top[0]?.token, token);
    }
  });
});

describe('simulated tool calls', () => {
  it('calls the tool that fits the prompt, with arguments that fit the tool', () => {
    const calls = callsOf(ask('What is the weather in Tokyo?', { tools: [CALENDAR, WEATHER] }));
    assert.deepEqual(calls, [['get_weather', { city: 'Tokyo' }]]);
  });

  it('calls one tool for each of several names at once, if it may', () => {
    const body = ask('Compare the weather in Tokyo, Paris and Lima.', { tools: [WEATHER] });
    const cities = (more: object) => callsOf({ ...body, ...more }).map(([, input]) => input);
    assert.deepEqual(cities({}), [{ city: 'Tokyo' }, { city: 'Paris' }, { city: 'Lima' }]);
    assert.equal(cities({ parallel_tool_calls: false }).length, 1);
  });

  it('gives every call an id of its own and says why it stops', () => {
    const { message, finish_reason } = replyTo(ask('Weather in Tokyo and Paris?', { tools: [WEATHER] })).choices[0];
    assert.equal(finish_reason, 'tool_calls');
    assert.equal(message.content, null);
    assert.equal(new Set(message.tool_calls?.map(({ id }) => id)).size, 2);
  });

  it('obeys tool_choice', () => {
    const names = (tool_choice: unknown, content = 'Hello!') =>
      callsOf(ask(content, { tools: [WEATHER, CALENDAR], tool_choice })).map(([name]) => name);
    assert.deepEqual(names('auto'), []);
    assert.deepEqual(names('none', 'Weather in Rome?'), []);
    assert.deepEqual(names('required'), ['get_weather']);
    assert.deepEqual(names({ type: 'function', function: { name: 'add_event' } }, 'Weather in Rome?'), ['add_event']);
    const allowed = { mode: 'required', tools: [{ type: 'function', function: { name: 'add_event' } }] };
    assert.deepEqual(names({ type: 'allowed_tools', allowed_tools: allowed }, 'Weather in Rome?'), ['add_event']);
  });

  it('answers in text once it has the results', () => {
    const body = ask('What is the weather in Tokyo?', { tools: [WEATHER] });
    const messages = [
      ...(body.messages as unknown[]),
      {
        role: 'assistant',
        content: null,
        tool_calls: [{ id: 'a', type: 'function', function: { name: 'get_weather', arguments: '{}' } }],
      },
      { role: 'tool', tool_call_id: 'a', content: '{"temperature_c":21,"sky":"clear"}' },
    ];
    const { message, finish_reason } = replyTo({ ...body, messages }).choices[0];
    assert.equal(finish_reason, 'stop');
    assert.match(message.content ?? '', /temperature c is 21 and sky is clear/);
  });

  it('calls custom tools with text, and functions without parameters with an empty object', () => {
    const custom = { type: 'custom', custom: { name: 'run_query', description: 'Runs a query' } };
    const { message } = replyTo(ask('Run a query on invoices', { tools: [custom] })).choices[0];
    assert.equal(message.tool_calls?.[0]?.type, 'custom');
    assert.match(message.tool_calls?.[0]?.custom?.input ?? '', /invoices/);
    assert.deepEqual(callsOf(ask('Add a meeting.', { tools: [CALENDAR] })), [['add_event', {}]]);
  });
});

describe('simulated structured output', () => {
  it('satisfies the schema, and is cut where the tokens end', () => {
    const schema = {
      type: 'object',
      properties: { total: { type: 'number' } },
      required: ['total'],
      additionalProperties: false,
    };
    const body = ask('Sum it up.', { response_format: { type: 'json_schema', json_schema: { name: 'sum', schema } } });
    const value: unknown = JSON.parse(replyTo(body).choices[0].message.content ?? '');
    assert.deepEqual(Object.keys(value as object), ['total']);
    const cut = replyTo({ ...body, max_tokens: 2 }).choices[0];
    assert.equal(cut.finish_reason, 'length');
    assert.throws(() => JSON.parse(cut.message.content ?? '') as unknown, SyntaxError);
  });

  it('is an object where any will do', () => {
    const { message } = replyTo(ask('Reply in JSON.', { response_format: { type: 'json_object' } })).choices[0];
    assert.equal(typeof JSON.parse(message.content ?? ''), 'object');
  });
});

describe('simulated refusals', () => {
  const cases: Readonly<Record<string, readonly [body: unknown, status: number, param: string | null, path?: string]>> =
    {
      'a body that is no object': [undefined, 400, null],
      'a request without a model': [{ messages: [{ role: 'user', content: 'x' }] }, 400, 'model'],
      'a request without messages': [{ model: 'm', messages: [] }, 400, 'messages'],
      'an unknown role': [{ model: 'm', messages: [{ role: 'king', content: 'x' }] }, 400, 'messages[0].role'],
      'a limit of no tokens': [ask('x', { max_tokens: 0 }), 400, 'max_tokens'],
      'a choice of a tool that is not offered': [
        ask('x', { tool_choice: { type: 'function', function: { name: 'f' } } }),
        400,
        'tool_choice',
      ],
      'a demand without tools': [ask('x', { tool_choice: 'required' }), 400, 'tool_choice'],
      'a format without a schema': [ask('x', { response_format: { type: 'json_schema' } }), 400, 'response_format'],
      'a schema without a value': [
        ask('x', { response_format: { type: 'json_schema', json_schema: { schema: false } } }),
        400,
        null,
      ],
      'an unknown path': [ask('x'), 404, null, '/v1/audio/speech'],
    };
  for (const [name, [body, status, param, path]] of Object.entries(cases)) {
    it(`refuses ${name} in OpenAI's form`, () => {
      const script = scriptOf(body, path === undefined ? {} : { path });
      assert.equal(script.status, status);
      const { error } = JSON.parse(textOf(script)) as { error: Record<string, unknown> };
      assert.equal(error.type, 'invalid_request_error');
      assert.equal(error.param, param);
      assert.notEqual(error.message, '');
    });
  }

  it('never throws, whatever the body is', () => {
    fc.assert(
      fc.property(
        fc.record({
          model: fc.json(),
          messages: fc.array(fc.record({ role: fc.constant('user'), content: fc.anything() })),
        }),
        fc.object(),
        (body, more) => {
          textOf(scriptOf(JSON.parse(JSON.stringify({ ...more, ...body }))));
        },
      ),
    );
  });
});

function functionTool(name: string, description: string, parameters: unknown): unknown {
  return { type: 'function', function: { name, description, parameters } };
}

function callsOf(body: unknown): readonly (readonly [name: string | undefined, input: unknown])[] {
  const calls = replyTo(body).choices[0].message.tool_calls ?? [];
  return calls.map((call) => [call.function?.name, JSON.parse(call.function?.arguments ?? '')]);
}

/** What the deltas of a stream, or one whole message, say. */
function joinDeltas(deltas: readonly Partial<ChatMessage>[]): unknown {
  const pieces = deltas.flatMap((delta) => delta.tool_calls ?? []).map((call, place) => ({ index: place, ...call }));
  const calls = pieces
    .filter(({ id }) => id !== undefined)
    .map(({ index, id, function: named }) => {
      const input = pieces.filter((piece) => piece.index === index).map(inputOf);
      return { id, name: named?.name, input: input.join('') };
    });
  const join = (name: 'content' | 'reasoning_content') => deltas.map((delta) => delta[name] ?? '').join('');
  return { content: join('content'), reasoning: join('reasoning_content'), calls };
}

function inputOf(call: ChatToolCall): string {
  return call.function?.arguments ?? call.custom?.input ?? '';
}
