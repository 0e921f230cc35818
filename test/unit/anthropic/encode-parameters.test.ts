import assert from 'node:assert/strict';
import type { GatewayError } from '../../../server/model/errors.ts';
import { OutputModality, ReasoningEffort, ReasoningMode, Verbosity } from '../../../server/model/wire.ts';
import { makeAllowances } from '../../support/targets.ts';
import { adaptationsOf, encode, fieldsOf, type TargetWishes } from './anthropic-fixtures.ts';

describe('anthropic max_tokens', () => {
  const absent = (target: TargetWishes) => encode({ maxOutputTokens: undefined }, target);

  it("is the caller's", () => {
    const encoded = encode({ maxOutputTokens: 77 });
    assert.equal(encoded.body.max_tokens, 77);
    assert.deepEqual(encoded.adaptations, []);
  });

  for (const [name, target, value] of [
    ["else the deployment's", { defaultMaxOutputTokens: 900, capabilities: { maxOutputTokens: 64_000 } }, 900],
    [
      "else the model's known maximum",
      { defaultMaxOutputTokens: undefined, capabilities: { maxOutputTokens: 64_000 } },
      64_000,
    ],
    ['else 4096', { defaultMaxOutputTokens: undefined }, 4096],
  ] as const) {
    it(`is ${name}, reported`, () => {
      const encoded = absent({ ...target, adaptation: 'strict' });
      assert.equal(encoded.body.max_tokens, value);
      assert.deepEqual(adaptationsOf(encoded), ['ADDED generation.max_output_tokens']);
    });
  }

  it('is never more than the model writes', () => {
    const encoded = encode({ maxOutputTokens: 99_999 }, { capabilities: { maxOutputTokens: 8192 } });
    assert.equal(encoded.body.max_tokens, 8192);
    assert.deepEqual(adaptationsOf(encoded), ['REWRITTEN generation.max_output_tokens']);
    assert.equal(
      absent({ defaultMaxOutputTokens: 9000, capabilities: { maxOutputTokens: 8192 } }).body.max_tokens,
      8192,
    );
  });
});

describe('anthropic parameters', () => {
  it('sends sampling as it is', () => {
    const { body, adaptations } = encode({ temperature: 0, topK: 5 });
    assert.equal(body.temperature, 0);
    assert.equal(body.top_k, 5);
    assert.equal(encode({ topP: 0.9 }).body.top_p, 0.9);
    assert.deepEqual(adaptations, []);
  });

  it('clamps temperature to 1', () => {
    const encoded = encode({ temperature: 1.5 });
    assert.equal(encoded.body.temperature, 1);
    assert.deepEqual(adaptationsOf(encoded), ['REWRITTEN generation.temperature']);
  });

  it('sends temperature or top_p, not both', () => {
    const encoded = encode({ temperature: 0.5, topP: 0.5 });
    assert.equal(encoded.body.top_p, undefined);
    assert.deepEqual(adaptationsOf(encoded), ['DROPPED generation.top_p']);
  });

  it('drops sampling for models without it', () => {
    const lacks = new Set(['temperature', 'topP', 'topK'] as const);
    const encoded = encode({ temperature: 0.5, topP: 0.5, topK: 1 }, { capabilities: { lacks } });
    assert.deepEqual(adaptationsOf(encoded), [
      'DROPPED generation.temperature',
      'DROPPED generation.top_p',
      'DROPPED generation.top_k',
    ]);
  });

  it('drops what Anthropic has no form for, and says so; a value that changes nothing is not worth a word', () => {
    const encoded = encode({
      frequencyPenalty: 0.5,
      presencePenalty: -1,
      seed: 0,
      logprobs: { top: 3 },
      verbosity: Verbosity.LOW,
    });
    assert.deepEqual(adaptationsOf(encoded), [
      'DROPPED generation.frequency_penalty',
      'DROPPED generation.presence_penalty',
      'DROPPED generation.seed',
      'DROPPED generation.logprobs',
      'DROPPED generation.verbosity',
    ]);
    assert.deepEqual(encode({ frequencyPenalty: 0, presencePenalty: 0 }).adaptations, []);
  });

  it('names every such field at once under STRICT', () => {
    assert.throws(
      () => encode({ temperature: 2, seed: 1, stopSequences: ['x', '\n'] }, { adaptation: 'strict' }),
      (error: GatewayError) => {
        assert.equal(error.reason, 'PARAMETER_UNSUPPORTED');
        assert.deepEqual(fieldsOf(error).toSorted(), [
          'generation.seed',
          'generation.stop_sequences[1]',
          'generation.temperature',
        ]);
        return true;
      },
    );
  });

  it('sends stop sequences, without those that are only white space', () => {
    const encoded = encode({ stopSequences: ['\n\n', 'END', ' '] });
    assert.deepEqual(encoded.body.stop_sequences, ['END']);
    assert.deepEqual(adaptationsOf(encoded), [
      'DROPPED generation.stop_sequences[0]',
      'DROPPED generation.stop_sequences[2]',
    ]);
    assert.equal(encode({ stopSequences: ['\n'] }).body.stop_sequences, undefined);
  });

  it('sends a schema for the answer natively, as it was written', () => {
    const schemaJson =
      '{"type":"object","properties":{"z":{"const":9007199254740993},"a":{}},"additionalProperties":false}';
    const value = { name: 'answer', schemaJson, description: 'What is wanted.' };
    const encoded = encode({ responseFormat: { format: { $case: 'jsonSchema', value } } });
    const wire = `{"format":{"type":"json_schema","schema":${schemaJson}}}`;
    assert.equal(JSON.stringify(encoded.body.output_config), wire);
    assert.deepEqual(adaptationsOf(encoded), ['DROPPED generation.response_format.json_schema.description']);
  });

  it('has no form for any JSON object', () => {
    const encoded = encode({ responseFormat: { format: { $case: 'jsonObject', value: {} } } });
    assert.equal(encoded.body.output_config, undefined);
    assert.deepEqual(adaptationsOf(encoded), ['DROPPED generation.response_format.json_object']);
    assert.deepEqual(encode({ responseFormat: { format: { $case: 'text', value: {} } } }).adaptations, []);
  });

  it('sends the tiers that it knows', () => {
    assert.equal(encode({ serviceTier: 'standard_only' }).body.service_tier, 'standard_only');
    assert.deepEqual(adaptationsOf(encode({ serviceTier: 'flex' })), ['DROPPED generation.service_tier']);
  });

  it('writes text only: drops what else is asked for, and refuses where nothing is left', () => {
    const both = encode({ outputModalities: [OutputModality.TEXT, OutputModality.AUDIO] });
    assert.deepEqual(adaptationsOf(both), ['DROPPED generation.output_modalities[1]']);
    assert.deepEqual(encode({ outputModalities: [OutputModality.TEXT] }).adaptations, []);
    assert.throws(() => encode({ outputModalities: [OutputModality.IMAGE] }), { reason: 'PARAMETER_UNSUPPORTED' });
  });

  it('sends model, version, stream and the hash of the end user, and no header more', () => {
    const encoded = encode({}, { endUserHash: 'u1', sessionKeyHash: 's1' });
    assert.equal(encoded.path, '/v1/messages');
    assert.deepEqual(encoded.headers, { 'anthropic-version': '2023-06-01' });
    assert.equal(encoded.body.model, 'claude-test');
    assert.deepEqual(encoded.body.metadata, { user_id: 'u1' });
    assert.equal('stream' in encoded.body, false);
    assert.ok(!JSON.stringify(encoded.body).includes('s1'));
  });

  it('lets provider options pass that are listed, and none that the contract owns', () => {
    const options = (json: string) =>
      encode(
        { providerOptionsJson: { 'anthropic.messages': json, 'openai.chat': '{"x":1}' } },
        {
          allowances: makeAllowances({
            providerOptions: new Map([['anthropic.messages', new Set(['context_management', 'thinking'])]]),
          }),
        },
      );
    const encoded = options('{"context_management":{"edits":[]}}');
    assert.deepEqual(encoded.body.context_management, { edits: [] });
    assert.equal(encoded.headers['anthropic-beta'], 'context-management-2025-06-27');
    for (const json of ['{"thinking":{}}', '{"model":"x"}', '{"container":"c"}', '{"stream":true}']) {
      assert.throws(() => options(json), { reason: 'OPTION_NOT_ALLOWED' });
    }
  });
});

describe('anthropic reasoning', () => {
  const high = { effort: ReasoningEffort.HIGH };

  function reason(reasoning: object, target: TargetWishes = {}, rest: object = {}) {
    const encoded = encode({ maxOutputTokens: 10_000, reasoning, ...rest }, target);
    const { thinking, output_config, max_tokens } = encoded.body;
    return { thinking, output_config, max_tokens, adaptations: adaptationsOf(encoded) };
  }

  const budget: TargetWishes = { capabilities: { reasoningBy: 'budget' } };
  const adaptive: TargetWishes = { capabilities: { reasoningBy: 'adaptive' } };

  for (const [effort, word] of [
    [ReasoningEffort.LOW, 'low'],
    [ReasoningEffort.MEDIUM, 'medium'],
    [ReasoningEffort.HIGH, 'high'],
    [ReasoningEffort.XHIGH, 'xhigh'],
    [ReasoningEffort.MAX, 'max'],
  ] as const) {
    it(`sends ${effort} as adaptive thinking with its effort`, () => {
      const sent = reason({ effort }, adaptive);
      assert.deepEqual(sent.thinking, { type: 'adaptive' });
      assert.deepEqual(sent.output_config, { effort: word });
      assert.deepEqual(sent.adaptations, []);
    });
  }

  it('sends the least effort as low, and says so', () => {
    const sent = reason({ effort: ReasoningEffort.MINIMAL });
    assert.deepEqual(sent.output_config, { effort: 'low' });
    assert.deepEqual(sent.adaptations, ['REWRITTEN generation.reasoning.effort']);
  });

  it('sends only the effort to a model that is told by effort alone', () => {
    const sent = reason(high, { capabilities: { reasoningBy: 'effort' } });
    assert.equal(sent.thinking, undefined);
    assert.deepEqual(sent.output_config, { effort: 'high' });
  });

  it('turns thinking off where the model can do without', () => {
    const none = { effort: ReasoningEffort.NONE };
    assert.deepEqual(reason(none).thinking, { type: 'disabled' });
    const sent = reason(none, { capabilities: { lacks: new Set(['reasoningEffortNone']) } });
    assert.equal(sent.thinking, undefined);
    assert.deepEqual(sent.adaptations, ['DROPPED generation.reasoning.effort']);
    assert.deepEqual(reason(none, { capabilities: { lacks: new Set(['reasoning']) } }).adaptations, []);
  });

  it('drops all of it for a model that does not think', () => {
    const sent = reason(high, { capabilities: { lacks: new Set(['reasoning']) } });
    assert.equal(sent.thinking, undefined);
    assert.deepEqual(sent.adaptations, ['DROPPED generation.reasoning']);
  });

  it('sends a budget as it is', () => {
    const sent = reason({ maxTokens: 2048 }, budget);
    assert.deepEqual(sent.thinking, { type: 'enabled', budget_tokens: 2048 });
    assert.deepEqual(sent.adaptations, []);
    assert.deepEqual(reason({ maxTokens: 2048 }).thinking, { type: 'enabled', budget_tokens: 2048 });
  });

  it('turns an effort into a share of max_tokens for a model that takes budgets, and says so', () => {
    const sent = reason(high, budget);
    assert.deepEqual(sent.thinking, { type: 'enabled', budget_tokens: 8000 });
    assert.equal(sent.output_config, undefined);
    assert.deepEqual(sent.adaptations, ['REWRITTEN generation.reasoning.effort']);
  });

  it('raises a budget to the least there is', () => {
    const sent = reason({ maxTokens: 100 }, budget);
    assert.deepEqual(sent.thinking, { type: 'enabled', budget_tokens: 1024 });
    assert.deepEqual(sent.adaptations, ['REWRITTEN generation.reasoning.max_tokens']);
  });

  it("keeps the budget below the caller's max_tokens, or does without", () => {
    const sent = reason({ maxTokens: 20_000 }, budget);
    assert.deepEqual(sent.thinking, { type: 'enabled', budget_tokens: 9999 });
    assert.equal(sent.max_tokens, 10_000);
    const small = reason({ maxTokens: 2000 }, budget, { maxOutputTokens: 1024 });
    assert.equal(small.thinking, undefined);
    assert.deepEqual(small.adaptations, ['DROPPED generation.reasoning']);
  });

  it("makes room for the budget in a max_tokens that is not the caller's, as far as the model goes", () => {
    const absent = { maxOutputTokens: undefined };
    const sent = reason({ maxTokens: 5000 }, budget, absent);
    assert.equal(sent.max_tokens, 6000);
    assert.deepEqual(sent.adaptations, ['ADDED generation.max_output_tokens']);
    const capped = reason(
      { maxTokens: 5000 },
      { capabilities: { reasoningBy: 'budget', maxOutputTokens: 4000 } },
      absent,
    );
    assert.equal(capped.max_tokens, 4000);
    assert.deepEqual(capped.thinking, { type: 'enabled', budget_tokens: 3999 });
  });

  it('drops a budget for a model that decides itself', () => {
    const sent = reason({ ...high, maxTokens: 2048 }, adaptive);
    assert.deepEqual(sent.thinking, { type: 'adaptive' });
    assert.deepEqual(sent.adaptations, ['DROPPED generation.reasoning.max_tokens']);
  });

  it('drops an effort beside a budget for a model that takes budgets', () => {
    const sent = reason({ ...high, maxTokens: 2048 }, budget);
    assert.deepEqual(sent.thinking, { type: 'enabled', budget_tokens: 2048 });
    assert.deepEqual(sent.adaptations, ['DROPPED generation.reasoning.effort']);
  });

  it('tells an unknown model as the newest are told, unless a budget is all that is said', () => {
    assert.deepEqual(reason({ ...high, maxTokens: 2048 }).thinking, { type: 'adaptive' });
    assert.deepEqual(reason({ ...high, maxTokens: 2048, mode: ReasoningMode.BUDGET }).thinking, {
      type: 'enabled',
      budget_tokens: 2048,
    });
    assert.deepEqual(reason({ maxTokens: 2048, mode: ReasoningMode.ADAPTIVE }).thinking, { type: 'adaptive' });
  });

  it('asks for the summary, or for none', () => {
    assert.deepEqual(reason({ ...high, summary: true }).thinking, { type: 'adaptive', display: 'summarized' });
    assert.deepEqual(reason({ ...high, summary: false }).thinking, { type: 'adaptive', display: 'omitted' });
    assert.deepEqual(reason({ summary: true }).thinking, { type: 'adaptive', display: 'summarized' });
    assert.deepEqual(reason({ summary: false }).adaptations, ['DROPPED generation.reasoning.summary']);
  });

  it('yields to a forced tool call, and says so', () => {
    const kind = { $case: 'function', value: { name: 'f', parametersJson: '' } } as const;
    const rest = { tools: [{ kind }], toolChoice: { choice: { $case: 'name', value: 'f' } } };
    for (const target of [adaptive, budget]) {
      const sent = reason(high, target, rest);
      assert.equal(sent.thinking, undefined);
      assert.deepEqual(sent.adaptations, ['DROPPED generation.reasoning']);
    }
  });

  it('drops the sampling that does not go with thinking', () => {
    const sampling = { temperature: 0.2, topP: 0.5, topK: 4 };
    assert.deepEqual(reason(high, adaptive, sampling).adaptations, [
      'DROPPED generation.temperature',
      'DROPPED generation.top_p',
      'DROPPED generation.top_k',
    ]);
    assert.deepEqual(reason(high, adaptive, { topP: 0.97 }).adaptations, []);
    assert.deepEqual(reason({ effort: ReasoningEffort.NONE }, adaptive, { temperature: 0.2, topK: 4 }).adaptations, []);
  });
});
