/** Requests: parameters, and what keeps them stateless. */
import assert from 'node:assert/strict';
import { Generation, OutputModality, ReasoningEffort, ReasoningMode, Verbosity } from '../../../server/model/wire.ts';
import { openaiResponses } from '../../../server/providers/openai-responses/index.ts';
import { isError } from '../../contract/dialect.ts';
import { lacking, makeAllowances, makeCapabilities } from '../../support/targets.ts';
import { type Draft, encode, TARGET, text, userTurn } from './fixtures.ts';

/** The body without what every body has. */
function bodyOf(draft: Draft, target = TARGET): Readonly<Record<string, unknown>> {
  const { model: _, input: __, store: ___, include: ____, ...body } = encode(draft, target).body;
  return body;
}

function adaptationsOf(draft: Draft, target = TARGET): readonly string[] {
  return encode(draft, target).adaptations.map(({ field, action }) => `${action.replace(/^.*_/, '')} ${field}`);
}

const STRICT = { ...TARGET, adaptation: 'strict' } as const;

describe('openai.responses requests are stateless', () => {
  it('stores nothing, and asks for what is encrypted instead', () => {
    const { path, body } = encode({});
    assert.equal(path, '/responses');
    assert.equal(body.store, false);
    assert.deepEqual(body.include, ['reasoning.encrypted_content']);
    assert.equal('previous_response_id' in body, false);
    assert.equal('stream' in body, false);
    assert.equal(encode({}, TARGET, true).body.stream, true);
  });

  it('asks a model that does not reason for nothing encrypted, which it would refuse', () => {
    assert.equal('include' in encode({}, { ...TARGET, capabilities: lacking('reasoning') }).body, false);
  });

  // previous_response_id must not cross tenants: it is no client's.
  for (const member of ['previous_response_id', 'conversation', 'store', 'background', 'truncation', 'include']) {
    it(`never takes ${member} from a caller, whatever the configuration lists`, () => {
      const allowances = makeAllowances({ providerOptions: new Map([['openai.responses', new Set([member])]]) });
      const draft = { providerOptionsJson: { 'openai.responses': JSON.stringify({ [member]: 'resp_of_another' }) } };
      assert.throws(() => encode(draft, { ...TARGET, allowances }), isError('OPTION_NOT_ALLOWED'));
    });
  }

  it('passes a member that is listed', () => {
    const allowances = makeAllowances({
      providerOptions: new Map([['openai.responses', new Set(['max_tool_calls'])]]),
    });
    const draft = { providerOptionsJson: { 'openai.responses': '{"max_tool_calls":3}' } };
    assert.equal(encode(draft, { ...TARGET, allowances }).body.max_tool_calls, 3);
  });
});

describe('openai.responses parameters', () => {
  it('sends sampling that there is, and notes every other', () => {
    const draft: Draft = { temperature: 0, topP: 0.5, topK: 4, seed: 7, stopSequences: ['x'] };
    const more: Draft = { ...draft, frequencyPenalty: 1, presencePenalty: -1 };
    assert.deepEqual(bodyOf(more), { temperature: 0, top_p: 0.5 });
    assert.deepEqual(adaptationsOf(more), [
      'DROPPED generation.top_k',
      'DROPPED generation.frequency_penalty',
      'DROPPED generation.presence_penalty',
      'DROPPED generation.seed',
      'DROPPED generation.stop_sequences',
    ]);
    assert.throws(() => encode(more, STRICT), isError('PARAMETER_UNSUPPORTED'));
    assert.deepEqual(adaptationsOf({ frequencyPenalty: 0, presencePenalty: 0 }), []);
  });

  it('leaves out what the model refuses', () => {
    const target = { ...TARGET, capabilities: lacking('temperature', 'topP', 'verbosity', 'serviceTier', 'logprobs') };
    const draft: Draft = {
      temperature: 1,
      topP: 1,
      verbosity: Verbosity.LOW,
      serviceTier: 'flex',
      logprobs: { top: 2 },
    };
    assert.deepEqual(bodyOf(draft, target), {});
    assert.equal(adaptationsOf(draft, target).length, 5);
  });

  it('keeps max_output_tokens between what the provider takes at least and the model gives at most', () => {
    const target = { ...TARGET, capabilities: makeCapabilities({ maxOutputTokens: 1000 }) };
    for (const [wanted, sent] of [
      [1, 16],
      [16, 16],
      [500, 500],
      [2000, 1000],
    ] as const) {
      assert.deepEqual(bodyOf({ maxOutputTokens: wanted }, target), { max_output_tokens: sent });
      const expected = wanted === sent ? [] : ['REWRITTEN generation.max_output_tokens'];
      assert.deepEqual(adaptationsOf({ maxOutputTokens: wanted }, target), expected);
    }
  });

  it('sends the deployment’s limit where the caller has none', () => {
    const target = { ...TARGET, defaultMaxOutputTokens: 300 };
    assert.deepEqual(bodyOf({}, target), { max_output_tokens: 300 });
    assert.deepEqual(adaptationsOf({}, target), ['ADDED generation.max_output_tokens']);
    assert.deepEqual(bodyOf({ maxOutputTokens: 40 }, target), { max_output_tokens: 40 });
  });

  it('asks for log probabilities of the text', () => {
    const { body } = encode({ logprobs: { top: 3 } });
    assert.deepEqual(body.include, ['reasoning.encrypted_content', 'message.output_text.logprobs']);
    assert.equal(body.top_logprobs, 3);
    assert.deepEqual(bodyOf({ logprobs: {} }), {});
  });

  it('sends tier and hashes', () => {
    const target = { ...TARGET, endUserHash: 'e', sessionKeyHash: 's' };
    const body = { service_tier: 'flex', safety_identifier: 'e', prompt_cache_key: 's' };
    assert.deepEqual(bodyOf({ serviceTier: 'flex' }, target), body);
    assert.deepEqual(bodyOf({}, { ...target, quirks: { endUserField: 'user' } }), { user: 'e', prompt_cache_key: 's' });
    assert.deepEqual(bodyOf({}, { ...target, capabilities: lacking('endUser', 'sessionKey') }), {});
  });

  it('takes other output than text for dropped beside text, and refuses it without', () => {
    const { TEXT, AUDIO, IMAGE } = OutputModality;
    assert.deepEqual(bodyOf({ outputModalities: [TEXT, IMAGE] }), {});
    assert.deepEqual(adaptationsOf({ outputModalities: [TEXT, IMAGE] }), ['DROPPED generation.output_modalities[1]']);
    assert.throws(() => encode({ outputModalities: [AUDIO] }), isError('PARAMETER_UNSUPPORTED'));
  });
});

describe('openai.responses text', () => {
  const schema = { name: 'city', schemaJson: '{"type":"object"}', description: 'A city.', strict: true };
  const asked: Draft = { responseFormat: { format: { $case: 'jsonSchema', value: schema } } };

  it('has format and verbosity in one member', () => {
    const format = {
      type: 'json_schema',
      name: 'city',
      description: 'A city.',
      strict: true,
      schema: { type: 'object' },
    };
    assert.deepEqual(bodyOf({ ...asked, verbosity: Verbosity.HIGH }), { text: { format, verbosity: 'high' } });
  });

  it('asks for any object where the model takes no schema', () => {
    const target = { ...TARGET, capabilities: lacking('jsonSchema') };
    assert.deepEqual(bodyOf(asked, target), { text: { format: { type: 'json_object' } } });
    assert.deepEqual(adaptationsOf(asked, target), ['REWRITTEN generation.response_format.json_schema']);
    assert.deepEqual(bodyOf(asked, { ...TARGET, capabilities: lacking('jsonSchema', 'jsonObject') }), {});
  });

  it('says nothing of plain text', () => {
    assert.deepEqual(bodyOf({ responseFormat: { format: { $case: 'text', value: {} } } }), {});
  });
});

describe('openai.responses reasoning', () => {
  for (const [effort, word] of [
    [ReasoningEffort.NONE, 'none'],
    [ReasoningEffort.MINIMAL, 'minimal'],
    [ReasoningEffort.LOW, 'low'],
    [ReasoningEffort.MEDIUM, 'medium'],
    [ReasoningEffort.HIGH, 'high'],
    [ReasoningEffort.XHIGH, 'xhigh'],
    [ReasoningEffort.MAX, 'max'],
  ] as const) {
    it(`says ${word}`, () => assert.deepEqual(bodyOf({ reasoning: { effort } }), { reasoning: { effort: word } }));
  }

  it('asks for a summary only where one is wanted', () => {
    assert.deepEqual(bodyOf({ reasoning: { summary: true } }), { reasoning: { summary: 'auto' } });
    assert.deepEqual(bodyOf({ reasoning: { summary: false } }), {});
    assert.deepEqual(adaptationsOf({ reasoning: { summary: false } }), []);
  });

  it('has no budget of tokens', () => {
    const draft: Draft = { reasoning: { maxTokens: 100, mode: ReasoningMode.BUDGET } };
    assert.deepEqual(bodyOf(draft), {});
    const fields = ['DROPPED generation.reasoning.max_tokens', 'DROPPED generation.reasoning.mode'];
    assert.deepEqual(adaptationsOf(draft), fields);
  });

  it('is left out where the model does not reason, without a word where none was wanted', () => {
    const target = { ...TARGET, capabilities: lacking('reasoning') };
    const high: Draft = { reasoning: { effort: ReasoningEffort.HIGH, summary: true } };
    assert.deepEqual(bodyOf(high, target), {});
    const fields = ['DROPPED generation.reasoning.effort', 'DROPPED generation.reasoning.summary'];
    assert.deepEqual(adaptationsOf(high, target), fields);
    assert.deepEqual(adaptationsOf({ reasoning: { effort: ReasoningEffort.NONE } }, target), []);
  });

  it('is the least where the model cannot do without', () => {
    const target = { ...TARGET, capabilities: lacking('reasoningEffortNone') };
    assert.deepEqual(bodyOf({ reasoning: { effort: ReasoningEffort.NONE } }, target), {
      reasoning: { effort: 'minimal' },
    });
  });
});

describe('openai.responses token counts', () => {
  it('asks with what the counter takes of the same request', () => {
    const { body, path } = openaiResponses.countTokens?.encode(generationOf(), TARGET) ?? {};
    assert.equal(path, '/responses/input_tokens');
    assert.deepEqual(Object.keys(body ?? {}), ['model', 'input', 'text']);
  });

  it('reads the count', () => {
    assert.equal(openaiResponses.countTokens?.decode({ object: 'response.input_tokens', input_tokens: 11 }), 11);
    assert.throws(() => openaiResponses.countTokens?.decode({ input_tokens: -1 }), isError('UPSTREAM_PROTOCOL'));
  });
});

function generationOf(): Generation {
  const messages = [userTurn(text('Hi'))];
  return Generation.fromPartial({
    model: 'chat',
    messages,
    verbosity: Verbosity.LOW,
    temperature: 1,
    serviceTier: 'flex',
  });
}
