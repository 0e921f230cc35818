/** Requests: the lines of providers.md 4.1 and 4.8 that concern parameters. Plain cases are goldens (test/golden). */
import assert from 'node:assert/strict';
import type { Feature } from '../../../server/model/target.ts';
import {
  AdaptationAction,
  OutputModality,
  ReasoningEffort,
  ReasoningMode,
  ToolChoiceMode,
  Verbosity,
} from '../../../server/model/wire.ts';
import { isError } from '../../contract/dialect.ts';
import { lacking, makeAllowances, makeCapabilities } from '../../support/targets.ts';
import { type Draft, encode, quirky, TARGET } from './fixtures.ts';

const TOOL = {
  kind: { $case: 'function', value: { name: 'f', parametersJson: '{"type":"object"}', strict: true } },
} as const;
const CUSTOM = { kind: { $case: 'custom', value: { name: 'g' } } } as const;
const SCHEMA = {
  format: { $case: 'jsonSchema', value: { name: 'answer', schemaJson: '{"type":"object"}', strict: true } },
} as const;

describe('openai.chat requests: parameters', () => {
  it('sends nothing that was not asked for: never n, store, or an empty list of tools', () => {
    assert.deepEqual(Object.keys(encode({}).body), ['model', 'messages']);
    assert.deepEqual(Object.keys(encode({}, TARGET, true).body), ['model', 'messages', 'stream', 'stream_options']);
    const parallel = encode({
      parallelToolCalls: true,
      toolChoice: { choice: { $case: 'mode', value: ToolChoiceMode.AUTO } },
    });
    assert.deepEqual(Object.keys(parallel.body), ['model', 'messages']);
  });

  it('keeps 0 apart from absence', () => {
    const { body } = encode({ temperature: 0, topP: 0, frequencyPenalty: 0, presencePenalty: 0, seed: 0 });
    assert.deepEqual(
      [body.temperature, body.top_p, body.frequency_penalty, body.presence_penalty, body.seed],
      [0, 0, 0, 0, 0],
    );
  });

  it('names the limit as the host does: max_completion_tokens or max_tokens', () => {
    assert.equal(encode({ maxOutputTokens: 5 }).body.max_completion_tokens, 5);
    const { body } = encode({ maxOutputTokens: 5 }, quirky({ maxTokensField: 'max_tokens' }));
    assert.equal(body.max_tokens, 5);
    assert.equal('max_completion_tokens' in body, false);
  });

  it('lowers a limit to what the model can give', () => {
    const target = { ...TARGET, capabilities: makeCapabilities({ maxOutputTokens: 100 }) };
    const { body, adaptations } = encode({ maxOutputTokens: 500 }, target);
    assert.equal(body.max_completion_tokens, 100);
    assert.equal(adaptations[0]?.action, AdaptationAction.REWRITTEN);
  });

  it('asks for usage in streams unless the host rejects it', () => {
    assert.deepEqual(encode({}, TARGET, true).body.stream_options, { include_usage: true });
    assert.equal('stream_options' in encode({}, quirky({ streamUsage: false }), true).body, false);
    assert.equal('stream_options' in encode({}).body, false);
  });

  it('names the seed, the required tool choice and the end user as the host does', () => {
    const target = {
      ...quirky({ seedField: 'random_seed', toolChoiceRequired: 'any', endUserField: 'user' }),
      endUserHash: 'hash',
    };
    const toolChoice = { choice: { $case: 'mode', value: ToolChoiceMode.REQUIRED } } as const;
    const { body } = encode({ seed: 7, tools: [TOOL], toolChoice }, target);
    assert.deepEqual([body.random_seed, body.seed, body.tool_choice, body.user], [7, undefined, 'any', 'hash']);
    assert.equal(body.safety_identifier, undefined);
  });

  it('knows every effort', () => {
    const efforts = Object.values(ReasoningEffort).map(
      (effort) => encode({ reasoning: { effort } }).body.reasoning_effort,
    );
    assert.deepEqual(efforts, [undefined, 'none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max', undefined]);
  });

  it('asks for the least where the model cannot do without, and for nothing where it never thinks', () => {
    const none = { reasoning: { effort: ReasoningEffort.NONE } };
    const { body, adaptations } = encode(none, { ...TARGET, capabilities: lacking('reasoningEffortNone') });
    assert.equal(body.reasoning_effort, 'minimal');
    assert.equal(adaptations[0]?.field, 'generation.reasoning.effort');
    const plain = encode(none, { ...TARGET, capabilities: lacking('reasoning'), adaptation: 'strict' });
    assert.equal(plain.body.reasoning_effort, undefined);
  });

  it('drops a budget of reasoning', () => {
    const { adaptations } = encode({ reasoning: { mode: ReasoningMode.BUDGET, maxTokens: 100 } });
    assert.deepEqual(
      adaptations.map(({ field }) => field),
      ['generation.reasoning.max_tokens', 'generation.reasoning.mode'],
    );
  });

  it('asks for the chosen token alone, or for the likeliest ones too', () => {
    const { body } = encode({ logprobs: { top: 0 } });
    assert.deepEqual([body.logprobs, body.top_logprobs], [true, undefined]);
    assert.equal(encode({ logprobs: { top: 20 } }).body.top_logprobs, 20);
  });

  it('asks for sound in the format that streams have', () => {
    const outputModalities = [OutputModality.AUDIO];
    assert.deepEqual(encode({ outputModalities }).body.audio, { voice: 'alloy', format: 'wav' });
    assert.deepEqual(encode({ outputModalities }, TARGET, true).body.audio, { voice: 'alloy', format: 'pcm16' });
    assert.deepEqual(encode({ outputModalities: [OutputModality.IMAGE] }).body.modalities, ['text', 'image']);
    assert.equal(encode({ outputModalities: [OutputModality.TEXT] }).body.modalities, undefined);
  });

  it('lets a voice be given as a provider option', () => {
    const allowances = makeAllowances({ providerOptions: new Map([['openai.chat', new Set(['audio'])]]) });
    const providerOptionsJson = { 'openai.chat': '{"audio":{"voice":"sage","format":"mp3"}}' };
    const { body } = encode(
      { outputModalities: [OutputModality.AUDIO], providerOptionsJson },
      { ...TARGET, allowances },
    );
    assert.deepEqual(body.audio, { voice: 'sage', format: 'mp3' });
  });

  it('sends hashes only where the host has a field', () => {
    const hashes = { endUserHash: 'user-hash', sessionKeyHash: 'session-hash' };
    const { body } = encode({}, { ...TARGET, ...hashes });
    assert.deepEqual([body.safety_identifier, body.prompt_cache_key], ['user-hash', 'session-hash']);
    const without = encode(
      {},
      { ...TARGET, ...hashes, capabilities: lacking('endUser', 'sessionKey'), adaptation: 'strict' },
    );
    assert.deepEqual(Object.keys(without.body), ['model', 'messages']);
  });
});

describe('openai.chat requests: what a model lacks', () => {
  const cases: readonly (readonly [Feature, Draft, string, member: string])[] = [
    ['temperature', { temperature: 1 }, 'generation.temperature', 'temperature'],
    ['topP', { topP: 1 }, 'generation.top_p', 'top_p'],
    ['topK', { topK: 1 }, 'generation.top_k', 'top_k'],
    ['frequencyPenalty', { frequencyPenalty: 1 }, 'generation.frequency_penalty', 'frequency_penalty'],
    ['presencePenalty', { presencePenalty: 1 }, 'generation.presence_penalty', 'presence_penalty'],
    ['seed', { seed: 1 }, 'generation.seed', 'seed'],
    ['stopSequences', { stopSequences: ['x'] }, 'generation.stop_sequences', 'stop'],
    ['logprobs', { logprobs: {} }, 'generation.logprobs', 'logprobs'],
    ['tools', { tools: [TOOL] }, 'generation.tools', 'tools'],
    [
      'toolChoice',
      { tools: [TOOL], toolChoice: { choice: { $case: 'name', value: 'f' } } },
      'generation.tool_choice',
      'tool_choice',
    ],
    [
      'parallelToolCalls',
      { tools: [TOOL], parallelToolCalls: true },
      'generation.parallel_tool_calls',
      'parallel_tool_calls',
    ],
    [
      'jsonObject',
      { responseFormat: { format: { $case: 'jsonObject', value: {} } } },
      'generation.response_format.json_object',
      'response_format',
    ],
    ['reasoning', { reasoning: { effort: ReasoningEffort.LOW } }, 'generation.reasoning.effort', 'reasoning_effort'],
    ['verbosity', { verbosity: Verbosity.LOW }, 'generation.verbosity', 'verbosity'],
    ['serviceTier', { serviceTier: 'flex' }, 'generation.service_tier', 'service_tier'],
    [
      'audioOutput',
      { outputModalities: [OutputModality.TEXT, OutputModality.AUDIO] },
      'generation.output_modalities',
      'audio',
    ],
    [
      'imageOutput',
      { outputModalities: [OutputModality.TEXT, OutputModality.IMAGE] },
      'generation.output_modalities',
      'modalities',
    ],
  ];
  for (const [feature, draft, field, member] of cases) {
    it(`drops ${feature} and reports it, or refuses it under STRICT`, () => {
      const target = { ...TARGET, capabilities: lacking(feature) };
      assert.ok(member in encode(draft).body);
      const { body, adaptations } = encode(draft, target);
      assert.equal(member in body, false);
      assert.deepEqual(
        adaptations.map((adaptation) => [adaptation.field, adaptation.action]),
        [[field, AdaptationAction.DROPPED]],
      );
      assert.throws(() => encode(draft, { ...target, adaptation: 'strict' }), isError('PARAMETER_UNSUPPORTED'));
    });
  }

  it('drops strict alone from a tool', () => {
    const { body, adaptations } = encode({ tools: [TOOL] }, { ...TARGET, capabilities: lacking('strictTools') });
    assert.deepEqual(body.tools, [{ type: 'function', function: { name: 'f', parameters: { type: 'object' } } }]);
    assert.equal(adaptations[0]?.field, 'generation.tools[0].function.strict');
  });

  it('asks for any JSON object where the model takes no schema, else for nothing', () => {
    const object = encode({ responseFormat: SCHEMA }, { ...TARGET, capabilities: lacking('jsonSchema') });
    assert.deepEqual(object.body.response_format, { type: 'json_object' });
    assert.equal(object.adaptations[0]?.action, AdaptationAction.REWRITTEN);
    const none = encode({ responseFormat: SCHEMA }, { ...TARGET, capabilities: lacking('jsonSchema', 'jsonObject') });
    assert.equal('response_format' in none.body, false);
    assert.equal(none.adaptations[0]?.action, AdaptationAction.DROPPED);
  });

  it('sends a custom tool as a function of one text where the model has none, and chooses it as one', () => {
    const toolChoice = { choice: { $case: 'name', value: 'g' } } as const;
    const target = { ...TARGET, capabilities: lacking('customTools') };
    const { body, adaptations } = encode({ tools: [CUSTOM], toolChoice }, target);
    const parameters = {
      type: 'object',
      properties: { input: { type: 'string' } },
      required: ['input'],
      additionalProperties: false,
    };
    assert.deepEqual(body.tools, [{ type: 'function', function: { name: 'g', parameters } }]);
    assert.deepEqual(body.tool_choice, { type: 'function', function: { name: 'g' } });
    assert.deepEqual(
      adaptations.map(({ field, action }) => [field, action]),
      [['generation.tools[0].custom', AdaptationAction.REWRITTEN]],
    );
  });

  it('drops a choice that forces a call where the model takes none, and keeps the others', () => {
    const target = { ...TARGET, capabilities: lacking('forcedToolChoice') };
    const choose = (mode: ToolChoiceMode) =>
      encode({ tools: [TOOL], toolChoice: { choice: { $case: 'mode', value: mode } } }, target);
    assert.equal(choose(ToolChoiceMode.NONE).body.tool_choice, 'none');
    const { body, adaptations } = choose(ToolChoiceMode.REQUIRED);
    assert.equal(body.tool_choice, undefined);
    assert.equal(adaptations[0]?.field, 'generation.tool_choice');
  });

  it('refuses in either mode who wants sound instead of text from a model that has none', () => {
    const target = { ...TARGET, capabilities: lacking('audioOutput') };
    assert.throws(() => encode({ outputModalities: [OutputModality.AUDIO] }, target), isError('PARAMETER_UNSUPPORTED'));
  });
});

describe('openai.chat requests: tools and schemas', () => {
  it('keeps a strict schema as it was written: order, large numbers, additionalProperties', () => {
    const json =
      '{"type":"object","properties":{"z":{"const":12345678901234567890},"a":{}},"required":["z","a"],"additionalProperties":false}';
    const format = {
      $case: 'jsonSchema',
      value: { name: 'answer', schemaJson: json, strict: true, description: 'It.' },
    } as const;
    const tool = { kind: { $case: 'function', value: { name: 'f', parametersJson: json, strict: true } } } as const;
    const body = JSON.stringify(encode({ responseFormat: { format }, tools: [tool] }).body);
    assert.equal(body.split(json).length, 3);
    assert.ok(body.includes('"strict":true,') || body.includes('"strict":true}'));
  });

  it('gives a strict tool without arguments a strict schema', () => {
    const tool = { kind: { $case: 'function', value: { name: 'f', strict: true } } } as const;
    assert.deepEqual(encode({ tools: [tool] }).body.tools, [
      {
        type: 'function',
        function: {
          name: 'f',
          parameters: { type: 'object', properties: {}, additionalProperties: false, required: [] },
          strict: true,
        },
      },
    ]);
  });

  it('refuses schemas that are no JSON object', () => {
    for (const json of ['{', '[]', '1.0']) {
      const tool = { kind: { $case: 'function', value: { name: 'f', parametersJson: json } } } as const;
      assert.throws(() => encode({ tools: [tool] }), isError('INVALID_REQUEST'));
    }
  });

  it('chooses a custom tool by its kind', () => {
    const toolChoice = { choice: { $case: 'name', value: 'g' } } as const;
    assert.deepEqual(encode({ tools: [CUSTOM], toolChoice }).body.tool_choice, {
      type: 'custom',
      custom: { name: 'g' },
    });
  });

  it('narrows the tools themselves where the host takes no list of allowed ones', () => {
    const toolChoice = {
      choice: { $case: 'allowed', value: { mode: ToolChoiceMode.REQUIRED, names: ['g'] } },
    } as const;
    const { body, adaptations } = encode({ tools: [TOOL, CUSTOM], toolChoice }, quirky({ allowedTools: false }));
    assert.deepEqual(body.tools, [{ type: 'custom', custom: { name: 'g' } }]);
    assert.equal(body.tool_choice, 'required');
    assert.equal(adaptations[0]?.action, AdaptationAction.REWRITTEN);
  });

  it('lets provider tools pass only if their type is listed, in its own dialect', () => {
    const tool = (dialect: string, definitionJson: string) =>
      ({ kind: { $case: 'provider', value: { dialect, definitionJson } } }) as const;
    const search = tool('openai.chat', '{"type":"web_search","depth":1}');
    assert.throws(() => encode({ tools: [search] }), isError('OPTION_NOT_ALLOWED'));
    const target = { ...TARGET, allowances: makeAllowances({ providerTools: new Set(['web_search']) }) };
    assert.deepEqual(encode({ tools: [search] }, target).body.tools, [{ type: 'web_search', depth: 1 }]);
    for (const json of ['{"type":"function"}', '{"type":["web_search"]}', '{}']) {
      assert.throws(() => encode({ tools: [tool('openai.chat', json)] }, target), isError('OPTION_NOT_ALLOWED'));
    }
    const other = tool('anthropic.messages', '{"type":"web_search"}');
    assert.throws(() => encode({ tools: [other] }, target), isError('PARAMETER_UNSUPPORTED'));
  });
});
