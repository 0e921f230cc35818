/** Requests to Converse: what Bedrock demands beside what the goldens show. */
import assert from 'node:assert/strict';
import { GatewayError } from '../../../server/model/errors.ts';
import { OutputModality, ReasoningEffort, ToolChoiceMode } from '../../../server/model/wire.ts';
import { bedrockConverse } from '../../../server/providers/bedrock/index.ts';
import { pathOf } from '../../../server/providers/bedrock/model-id.ts';
import { isError } from '../../contract/dialect.ts';
import { lacking, makeAllowances, makeCapabilities } from '../../support/targets.ts';
import {
  adaptationsOf,
  assistant,
  bodyOf,
  encode,
  makeGeneration,
  makePart,
  makeTarget,
  pdf,
  results,
  system,
  text,
  tool,
  toolCall,
  toolResult,
  user,
} from './bedrock-fixtures.ts';

describe('bedrock: paths', () => {
  const paths: readonly (readonly [model: string, path: string])[] = [
    ['amazon.nova-lite-v1:0', '/model/amazon.nova-lite-v1%3A0/converse'],
    ['eu.anthropic.claude-x', '/model/eu.anthropic.claude-x/converse'],
    [
      'arn:aws:bedrock:us-east-1:1:inference-profile/us.meta.llama',
      '/model/arn%3Aaws%3Abedrock%3Aus-east-1%3A1%3Ainference-profile%2Fus.meta.llama/converse',
    ],
    ["a/../b?c#d!'()*", '/model/a%2F..%2Fb%3Fc%23d%21%27%28%29%2A/converse'],
    ['half \ud800', '/model/half%20%EF%BF%BD/converse'],
  ];
  for (const [model, path] of paths) {
    it(`escapes ${JSON.stringify(model)}`, () => assert.equal(pathOf(model, 'converse'), path));
  }

  it('streams by another operation, with the same body', () => {
    const generation = makeGeneration({ stopSequences: ['###'] });
    const whole = bedrockConverse.encodeComplete(generation, makeTarget(), false);
    const stream = bedrockConverse.encodeComplete(generation, makeTarget(), true);
    assert.equal(stream.path, '/model/anthropic.claude-test-v1%3A0/converse-stream');
    assert.deepEqual(whole.body.additionalModelResponseFieldPaths, ['/stop_sequence']);
    assert.deepEqual(stream.body, { ...whole.body, additionalModelResponseFieldPaths: ['/delta/stop_sequence'] });
  });
});

describe('bedrock: the conversation', () => {
  it('begins with the user, has system text at its top, and joins turns of one role', () => {
    const encoded = encode({ messages: [assistant('Hi.'), system('Be brief.'), user('A'), user('B')] });
    assert.deepEqual(bodyOf(encoded).system, [{ text: 'Be brief.' }]);
    assert.deepEqual(bodyOf(encoded).messages, [
      { role: 'user', content: [{ text: '(The conversation begins.)' }] },
      { role: 'assistant', content: [{ text: 'Hi.' }] },
      { role: 'user', content: [{ text: 'A' }, { text: 'B' }] },
    ]);
    assert.deepEqual(adaptationsOf(encoded), ['REWRITTEN generation.messages[1]', 'ADDED generation.messages']);
  });

  it('leaves out text that is empty or only white space, and turns with it', () => {
    const encoded = encode({ messages: [user('A', ' \n'), assistant(''), user('B')] });
    assert.deepEqual(bodyOf(encoded).messages, [{ role: 'user', content: [{ text: 'A' }, { text: 'B' }] }]);
  });

  it('has results before everything else of their turn', () => {
    const messages = [user('A'), assistant(toolCall('t1')), user('Wait.'), results(toolResult('t1'))];
    const encoded = encode({ messages, tools: [tool('look')] });
    assert.deepEqual((bodyOf(encoded).messages as { content: object[] }[])[2]?.content, [
      { toolResult: { toolUseId: 't1', content: [{ json: {} }] } },
      { text: 'Wait.' },
    ]);
  });

  it('refuses results without calls and calls without results, all by their paths', () => {
    const messages = [
      user('A'),
      assistant(toolCall('t1'), toolCall('t2')),
      results(toolResult('t1'), toolResult('t9')),
    ];
    assert.throws(
      () => encode({ messages }),
      (error) => {
        assert.ok(error instanceof GatewayError && error.reason === 'INVALID_REQUEST');
        assert.deepEqual(
          error.details.violations?.map(({ field }) => field),
          ['generation.messages[2].parts[1].tool_result.tool_call_id', 'generation.messages[1].parts[1].tool_call.id'],
        );
        return true;
      },
    );
  });

  it('cuts white space off the end of the last assistant turn for Claude alone', () => {
    const messages = [user('A'), assistant('Sure:  ')];
    const last = (encoded: ReturnType<typeof encode>) => (bodyOf(encoded).messages as { content: object[] }[])[1];
    assert.deepEqual(last(encode({ messages }))?.content, [{ text: 'Sure:' }]);
    const nova = encode({ messages }, { upstreamModel: 'amazon.nova-lite-v1:0' });
    assert.deepEqual(last(nova)?.content, [{ text: 'Sure:  ' }]);
  });

  it('rewrites ids of calls that Bedrock refuses, the same in call and result', () => {
    const long = 'x'.repeat(65);
    const messages = [
      user('A'),
      assistant(toolCall('a.b|c'), toolCall(long)),
      results(toolResult('a.b|c'), toolResult(long)),
    ];
    const json = JSON.stringify(encode({ messages, tools: [tool('look')] }, { adaptation: 'strict' }).body);
    assert.equal(json.match(/"toolUseId":"kanmon_call_1"/g)?.length, 2);
    assert.equal(json.match(/"toolUseId":"kanmon_call_2"/g)?.length, 2);
  });
});

describe('bedrock: results of tools', () => {
  const resultOf = (json: string, target = {}, isError = false) => {
    const messages = [user('A'), assistant(toolCall('t1')), results(toolResult('t1', json, isError))];
    const { messages: turns } = bodyOf(encode({ messages, tools: [tool('look')] }, target));
    return (turns as { content: { toolResult: object }[] }[])[2]?.content[0]?.toolResult;
  };

  it('are objects as JSON, with every digit, and anything else as text', () => {
    const exact = encode({
      messages: [user('A'), assistant(toolCall('t1')), results(toolResult('t1', '{"n":12345678901234567890}'))],
      tools: [tool('look')],
    });
    assert.match(JSON.stringify(exact.body), /"json":\{"n":12345678901234567890\}/);
    assert.deepEqual(resultOf('[1]'), { toolUseId: 't1', content: [{ text: '[1]' }] });
    assert.deepEqual(resultOf('1.0'), { toolUseId: 't1', content: [{ text: '1.0' }] });
  });

  it('tell of errors where the model can be told', () => {
    assert.deepEqual(resultOf('"no"', {}, true), { toolUseId: 't1', content: [{ text: '"no"' }], status: 'error' });
    const mistral = resultOf('"no"', { upstreamModel: 'mistral.mistral-large' }, true);
    assert.deepEqual(mistral, { toolUseId: 't1', content: [{ text: '"no"' }] });
  });

  it('are never empty', () => assert.deepEqual(resultOf(''), { toolUseId: 't1', content: [{ text: '(no output)' }] }));
});

describe('bedrock: tools', () => {
  const history = [user('A'), assistant(toolCall('t1', '{}', 'old')), results(toolResult('t1'))];

  it('of earlier calls are offered where the caller offers none: toolConfig is required beside them', () => {
    const encoded = encode({ messages: history }, { adaptation: 'strict' });
    const { toolConfig } = bodyOf(encoded) as { toolConfig: { tools: { toolSpec: { name: string } }[] } };
    assert.deepEqual(
      toolConfig.tools.map(({ toolSpec }) => toolSpec.name),
      ['old'],
    );
    assert.deepEqual(adaptationsOf(encoded), ['ADDED generation.tools']);
  });

  it('are left out for a choice of none, but not beside earlier calls', () => {
    const toolChoice = { choice: { $case: 'mode', value: ToolChoiceMode.NONE } as const };
    const none = encode({ tools: [tool('look')], toolChoice });
    assert.equal(none.body.toolConfig, undefined);
    assert.deepEqual(adaptationsOf(none), ['REWRITTEN generation.tool_choice']);
    const kept = encode({ tools: [tool('old')], toolChoice, messages: history });
    assert.deepEqual(Object.keys(kept.body.toolConfig as object), ['tools']);
    assert.deepEqual(adaptationsOf(kept), ['DROPPED generation.tool_choice']);
  });

  it('that Amazon runs pass by their name', () => {
    const value = { dialect: 'bedrock.converse', definitionJson: '{"systemTool":{"name":"nova_grounding"}}' };
    const tools = [{ kind: { $case: 'provider', value } } as const];
    const allowances = makeAllowances({ providerTools: new Set(['nova_grounding']) });
    assert.deepEqual(bodyOf(encode({ tools }, { allowances })).toolConfig, {
      tools: [{ systemTool: { name: 'nova_grounding' } }],
    });
    assert.throws(() => encode({ tools }), isError('OPTION_NOT_ALLOWED'));
  });
});

describe('bedrock: media', () => {
  it('has documents under names of few characters, each only once, and with a text beside them', () => {
    const parts = [pdf('Q3 Report: "final".pdf'), pdf('Q3 Report: "final".pdf'), pdf(''), pdf('a \t\n b')];
    const encoded = encode({ messages: [user(...parts)] });
    const [turn] = bodyOf(encoded).messages as { content: { document?: { name: string }; text?: string }[] }[];
    assert.deepEqual(
      turn?.content.map(({ document, text: said }) => document?.name ?? said),
      ['Q3 Report- -final-pdf', 'Q3 Report- -final-pdf (2)', 'document', 'a b', '(See the documents.)'],
    );
    for (const { document } of turn?.content ?? [])
      assert.match(document?.name ?? '', /^(?:[A-Za-z0-9()[\]-]| (?! ))*$/);
    assert.throws(
      () => encode({ messages: [user(pdf('a'))] }, { adaptation: 'strict' }),
      isError('PARAMETER_UNSUPPORTED'),
    );
  });

  it('takes bytes, and of URIs only those of S3, where they are allowed at all', () => {
    const image = (uri: string) =>
      user(
        makePart({
          $case: 'image',
          value: { source: { $case: 'uri', value: uri }, mediaType: 'image/png', detail: 'IMAGE_DETAIL_UNSPECIFIED' },
        }),
      );
    const allowances = makeAllowances({ uris: true });
    const [turn] = bodyOf(encode({ messages: [image('s3://bucket/a.png')] }, { allowances })).messages as [
      { content: object[] },
    ];
    assert.deepEqual(turn.content, [
      { image: { format: 'png', source: { s3Location: { uri: 's3://bucket/a.png' } } } },
    ]);
    assert.throws(() => encode({ messages: [image('s3://bucket/a.png')] }), isError('OPTION_NOT_ALLOWED'));
    const web = () => encode({ messages: [image('https://x.example/a.png')] }, { allowances });
    assert.throws(web, isError('PARAMETER_UNSUPPORTED'));
    const data = encode({ messages: [image('data:image/gif;base64,R0lG')] });
    assert.match(JSON.stringify(data.body), /\{"image":\{"format":"gif","source":\{"bytes":"R0lG"\}\}\}/);
  });

  it('refuses formats that Bedrock does not know, and what the model lacks, by their paths', () => {
    const source = { $case: 'data', value: Uint8Array.of(1) } as const;
    const video = (mediaType: string) => user(makePart({ $case: 'video', value: { source, mediaType } }));
    const fields = (run: () => unknown) => {
      assert.throws(run, isError('PARAMETER_UNSUPPORTED'));
      try {
        return run();
      } catch (error) {
        return error instanceof GatewayError && error.details.violations?.map(({ field }) => field);
      }
    };
    assert.deepEqual(
      fields(() => encode({ messages: [video('video/avi')] })),
      ['generation.messages[0].parts[0].video.media_type'],
    );
    assert.deepEqual(
      fields(() => encode({ messages: [video('video/mp4')] }, { capabilities: lacking('videoInput') })),
      ['generation.messages[0].parts[0].video'],
    );
  });
});

describe('bedrock: the cache', () => {
  const breakpoint = (seconds?: number) => ({
    cacheBreakpoint: { ttl: seconds === undefined ? undefined : { seconds, nanos: 0 } },
  });

  it('has points after tools, system and parts, at most four: the first and the last three', () => {
    const parts = ['a', 'b', 'c', 'd'].map((value) => text(value, breakpoint()));
    const encoded = encode({
      tools: [tool('look', breakpoint())],
      messages: [system(text('s', breakpoint())), user(...parts)],
    });
    const point = { cachePoint: { type: 'default' } };
    assert.deepEqual((bodyOf(encoded).toolConfig as { tools: object[] }).tools[1], point);
    assert.deepEqual(bodyOf(encoded).system, [{ text: 's' }]);
    const [turn] = bodyOf(encoded).messages as [{ content: object[] }];
    assert.deepEqual(turn.content, [{ text: 'a' }, { text: 'b' }, point, { text: 'c' }, point, { text: 'd' }, point]);
    assert.deepEqual(adaptationsOf(encoded), [
      'DROPPED generation.messages[0].parts[0].cache_breakpoint',
      'DROPPED generation.messages[1].parts[0].cache_breakpoint',
    ]);
  });

  it('has no longer lifetime after a shorter one, and rounds what is not on offer', () => {
    const parts = [text('a', breakpoint(3600)), text('b', breakpoint(60)), text('c', breakpoint(3600))];
    const [turn] = bodyOf(encode({ messages: [user(...parts)] })).messages as [{ content: { cachePoint?: object }[] }];
    assert.deepEqual(
      turn.content.flatMap(({ cachePoint }) => cachePoint ?? []),
      [{ type: 'default', ttl: '1h' }, { type: 'default', ttl: '5m' }, { type: 'default' }],
    );
  });
});

describe('bedrock: parameters', () => {
  it('keeps within what the model writes, and tells the deployment’s limit', () => {
    const capabilities = makeCapabilities({ maxOutputTokens: 100 });
    assert.deepEqual(encode({ maxOutputTokens: 500 }, { capabilities }).body.inferenceConfig, { maxTokens: 100 });
    const target = { defaultMaxOutputTokens: 50, upstreamModel: 'amazon.nova-lite-v1:0' };
    assert.deepEqual(encode({}, target).body.inferenceConfig, { maxTokens: 50 });
    assert.equal(encode({}).body.inferenceConfig, undefined);
  });

  const topK: readonly (readonly [model: string, fields: object | undefined])[] = [
    ['anthropic.claude-x', { top_k: 40 }],
    ['us.amazon.nova-x', { inferenceConfig: { topK: 40 } }],
    ['cohere.command-x', { k: 40 }],
    ['mistral.large', { top_k: 40 }],
    ['meta.llama-x', undefined],
  ];
  for (const [upstreamModel, fields] of topK) {
    it(`puts top_k of ${upstreamModel} where the model has it`, () => {
      assert.deepEqual(encode({ topK: 40 }, { upstreamModel }).body.additionalModelRequestFields, fields);
    });
  }

  const efforts: readonly (readonly [model: string, effort: ReasoningEffort, fields: object | undefined])[] = [
    ['amazon.nova-2-x', ReasoningEffort.MAX, { reasoningConfig: { type: 'enabled', maxReasoningEffort: 'high' } }],
    ['amazon.nova-2-x', ReasoningEffort.NONE, { reasoningConfig: { type: 'disabled' } }],
    ['openai.gpt-oss-120b-1:0', ReasoningEffort.LOW, { reasoning_effort: 'low' }],
    ['openai.gpt-oss-120b-1:0', ReasoningEffort.NONE, undefined],
    ['deepseek.r1-v1:0', ReasoningEffort.HIGH, undefined],
    ['anthropic.claude-x', ReasoningEffort.NONE, { thinking: { type: 'disabled' } }],
  ];
  for (const [upstreamModel, effort, fields] of efforts) {
    it(`tells ${upstreamModel} an effort of ${effort} in its own words, or says that it cannot`, () => {
      const encoded = encode({ reasoning: { effort } }, { upstreamModel });
      assert.deepEqual(encoded.body.additionalModelRequestFields, fields);
      if (fields === undefined) assert.equal(adaptationsOf(encoded).length, 1);
    });
  }

  it('makes room for a budget of Claude’s thinking, and keeps its rules of sampling', () => {
    const capabilities = makeCapabilities({ reasoningBy: 'budget', maxOutputTokens: 64_000 });
    const encoded = encode({ temperature: 0.5, reasoning: { maxTokens: 64_000 } }, { capabilities });
    assert.deepEqual(encoded.body.additionalModelRequestFields, {
      thinking: { type: 'enabled', budget_tokens: 63_999 },
    });
    assert.deepEqual(encoded.body.inferenceConfig, { maxTokens: 64_000 });
  });

  it('lets a model’s own fields through where they are listed, under what the contract has words for', () => {
    const allowances = makeAllowances({
      providerOptions: new Map([['bedrock.converse', new Set(['additionalModelRequestFields', 'guardrailConfig'])]]),
    });
    const withFields = (json: string) =>
      encode({ topK: 40, providerOptionsJson: { 'bedrock.converse': json } }, { allowances }).body;
    const guardrailConfig = { guardrailIdentifier: 'g', guardrailVersion: '1' };
    const body = withFields(
      JSON.stringify({ additionalModelRequestFields: { anthropic_beta: ['x'] }, guardrailConfig }),
    );
    assert.deepEqual(body.additionalModelRequestFields, { anthropic_beta: ['x'], top_k: 40 });
    assert.deepEqual(body.guardrailConfig, guardrailConfig);
    for (const member of ['model', 'Stream', 'top_k', 'messages', '__proto__', 'N'])
      assert.throws(
        () => withFields(`{"additionalModelRequestFields":{"${member}":1}}`),
        isError('OPTION_NOT_ALLOWED'),
      );
    assert.throws(() => withFields('{"additionalModelRequestFields":[]}'), isError('OPTION_NOT_ALLOWED'));
  });

  it('refuses to be asked for anything but text', () => {
    const speak = () => encode({ outputModalities: [OutputModality.AUDIO] });
    assert.throws(speak, isError('PARAMETER_UNSUPPORTED'));
  });
});

describe('bedrock: counting tokens', () => {
  it('asks for what makes up the prompt, and nothing else', () => {
    const generation = makeGeneration({ messages: [system('S'), user('A')], tools: [tool('look')], temperature: 0.5 });
    const encoded = bedrockConverse.countTokens?.encode(generation, makeTarget());
    assert.ok(encoded);
    assert.equal(encoded.path, '/model/anthropic.claude-test-v1%3A0/count-tokens');
    const { converse } = encoded.body.input as { converse: object };
    assert.deepEqual(Object.keys(converse), ['system', 'messages', 'toolConfig']);
    assert.equal(bedrockConverse.countTokens?.decode({ inputTokens: 42 }), 42);
    assert.throws(() => bedrockConverse.countTokens?.decode({}), isError('UPSTREAM_PROTOCOL'));
  });
});
