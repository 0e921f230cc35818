/** Parameters, tools, and the form of the answer. */
import assert from 'node:assert/strict';
import { OutputModality, ReasoningEffort, ReasoningMode, ToolChoiceMode } from '../../../server/model/wire.ts';
import { isError } from '../../contract/dialect.ts';
import { lacking, makeAllowances, makeCapabilities } from '../../support/targets.ts';
import { adaptationsOf, encode, functionTool } from './cohere-fixtures.ts';

describe('cohere.v2 requests: parameters', () => {
  it('goes to /v2/chat, with stream only where one is asked for', () => {
    const { path, body, headers } = encode({});
    assert.equal(path, '/v2/chat');
    assert.deepEqual(headers, {});
    assert.deepEqual(body, { model: 'command-test', messages: [{ role: 'user', content: 'Hello' }] });
    assert.equal(encode({}, {}, true).body.stream, true);
  });

  it('names top_p p and top_k k', () => {
    const { body, adaptations } = encode({ topP: 0.5, topK: 40, seed: 7, maxOutputTokens: 9 });
    assert.deepEqual([body.p, body.k, body.seed, body.max_tokens], [0.5, 40, 7, 9]);
    assert.deepEqual(adaptations, []);
  });

  for (const [name, draft, member, sent] of [
    ['temperature', { temperature: 1.5 }, 'temperature', 1],
    ['top_p', { topP: 1 }, 'p', 0.99],
    ['top_p', { topP: 0.001 }, 'p', 0.01],
    ['top_k', { topK: 501 }, 'k', 500],
    ['frequency_penalty', { frequencyPenalty: 1.5 }, 'frequency_penalty', 1],
    ['presence_penalty', { presencePenalty: -2 }, 'presence_penalty', 0],
    ['seed', { seed: -7 }, 'seed', 0],
  ] as const) {
    it(`brings ${name} ${Object.values(draft)[0]} into its range, and says so`, () => {
      const encoded = encode(draft);
      assert.equal(encoded.body[member], sent);
      assert.deepEqual(adaptationsOf(encoded), [`REWRITTEN generation.${name}`]);
      assert.throws(() => encode(draft, { adaptation: 'strict' }), isError('PARAMETER_UNSUPPORTED'));
    });
  }

  it('takes five stop sequences', () => {
    const six = ['a', 'b', 'c', 'd', 'e', 'f'];
    assert.deepEqual(encode({ stopSequences: six.slice(0, 5) }).adaptations, []);
    const encoded = encode({ stopSequences: six });
    assert.deepEqual(encoded.body.stop_sequences, ['a', 'b', 'c', 'd', 'e']);
    assert.deepEqual(adaptationsOf(encoded), ['REWRITTEN generation.stop_sequences']);
  });

  it('bounds the limit of tokens by what the model gives, and adds the deployment’s', () => {
    const capabilities = makeCapabilities({ maxOutputTokens: 100 });
    const encoded = encode({ maxOutputTokens: 200 }, { capabilities });
    assert.equal(encoded.body.max_tokens, 100);
    assert.deepEqual(adaptationsOf(encoded), ['REWRITTEN generation.max_output_tokens']);
    const added = encode({}, { defaultMaxOutputTokens: 50 });
    assert.equal(added.body.max_tokens, 50);
    assert.deepEqual(adaptationsOf(added), ['ADDED generation.max_output_tokens']);
  });

  it('drops what the target lacks', () => {
    const capabilities = lacking('temperature', 'stopSequences', 'logprobs', 'tools');
    const draft = { temperature: 0, stopSequences: ['a'], logprobs: {}, tools: [functionTool('look')] };
    const encoded = encode(draft, { capabilities });
    assert.deepEqual(Object.keys(encoded.body), ['model', 'messages']);
    assert.equal(encoded.adaptations.length, 4);
  });

  it('asks for log probabilities of the chosen tokens', () => {
    assert.deepEqual(encode({ logprobs: { top: 0 } }).adaptations, []);
    const encoded = encode({ logprobs: { top: 5 } });
    assert.equal(encoded.body.logprobs, true);
    assert.deepEqual(adaptationsOf(encoded), ['DROPPED generation.logprobs.top']);
  });

  it('writes text only: other kinds beside it are dropped, instead of it refused', () => {
    const { AUDIO, TEXT } = OutputModality;
    assert.deepEqual(adaptationsOf(encode({ outputModalities: [TEXT, AUDIO] })), [
      'DROPPED generation.output_modalities[1]',
    ]);
    assert.throws(() => encode({ outputModalities: [AUDIO] }), isError('PARAMETER_UNSUPPORTED'));
  });

  it('lets safety mode, citation options and priority pass as provider options, where they are listed', () => {
    const json = '{"safety_mode":"STRICT","citation_options":{"mode":"FAST"},"priority":3}';
    const draft = { providerOptionsJson: { 'cohere.v2': json } };
    assert.throws(() => encode(draft), isError('OPTION_NOT_ALLOWED'));
    const listed = new Map([['cohere.v2', new Set(['safety_mode', 'citation_options', 'priority'])]]);
    const { body } = encode(draft, { allowances: makeAllowances({ providerOptions: listed }) });
    assert.equal(body.safety_mode, 'STRICT');
    assert.deepEqual(body.citation_options, { mode: 'FAST' });
    assert.equal(body.priority, 3);
    assert.equal('safety_mode' in encode({}).body, false);
  });
});

describe('cohere.v2 requests: thinking', () => {
  const NONE = { effort: ReasoningEffort.NONE };

  it('turns it off, on, or bounds it', () => {
    assert.deepEqual(encode({ reasoning: NONE }).body.thinking, { type: 'disabled' });
    const on = encode({ reasoning: { effort: ReasoningEffort.LOW } });
    assert.deepEqual(on.body.thinking, { type: 'enabled' });
    assert.deepEqual(adaptationsOf(on), ['REWRITTEN generation.reasoning.effort']);
    const bounded = encode({ reasoning: { maxTokens: 400, mode: ReasoningMode.BUDGET, summary: true } });
    assert.deepEqual(bounded.body.thinking, { type: 'enabled', token_budget: 400 });
    assert.deepEqual(bounded.adaptations, []);
  });

  it('says nothing where nothing is wished', () => {
    assert.equal('thinking' in encode({ reasoning: {} }).body, false);
    assert.equal('thinking' in encode({}).body, false);
  });

  it('misses nothing where a model that does not think shall not', () => {
    const encoded = encode({ reasoning: NONE }, { capabilities: lacking('reasoning') });
    assert.equal('thinking' in encoded.body, false);
    assert.deepEqual(encoded.adaptations, []);
    const thinks = encode({ reasoning: { maxTokens: 4 } }, { capabilities: lacking('reasoning') });
    assert.deepEqual(adaptationsOf(thinks), ['DROPPED generation.reasoning']);
    const cannotStop = encode({ reasoning: NONE }, { capabilities: lacking('reasoningEffortNone') });
    assert.deepEqual(adaptationsOf(cannotStop), ['REWRITTEN generation.reasoning.effort']);
  });

  it('cannot hide what was thought, nor leave the amount to the model', () => {
    const reasoning = { maxTokens: 4, summary: false, mode: ReasoningMode.ADAPTIVE };
    assert.deepEqual(adaptationsOf(encode({ reasoning })), [
      'DROPPED generation.reasoning.mode',
      'DROPPED generation.reasoning.summary',
    ]);
  });
});

describe('cohere.v2 requests: the form of the answer', () => {
  const schema = (schemaJson: string) =>
    ({ format: { $case: 'jsonSchema', value: { name: 'answer', schemaJson, strict: true } } }) as const;

  it('asks for any object, or for one of a schema', () => {
    const any = encode({ responseFormat: { format: { $case: 'jsonObject', value: {} } } });
    assert.deepEqual(any.body.response_format, { type: 'json_object' });
    const encoded = encode({ responseFormat: schema('{"type":"object","required":["a"]}') });
    const json_schema = { type: 'object', required: ['a'] };
    assert.deepEqual(encoded.body.response_format, { type: 'json_object', json_schema });
    assert.deepEqual(encoded.adaptations, []);
    assert.equal('response_format' in encode({ responseFormat: { format: { $case: 'text', value: {} } } }).body, false);
  });

  it('takes no form together with tools', () => {
    const tools = [functionTool('look')];
    for (const [responseFormat, field] of [
      [schema('{}'), 'json_schema'],
      [{ format: { $case: 'jsonObject', value: {} } } as const, 'json_object'],
    ] as const) {
      const encoded = encode({ tools, responseFormat });
      assert.equal('response_format' in encoded.body, false);
      assert.deepEqual(adaptationsOf(encoded), [`DROPPED generation.response_format.${field}`]);
    }
  });

  it('leaves bounds out of the schema that Cohere refuses, and says which', () => {
    const encoded = encode({
      responseFormat: schema('{"type":"object","properties":{"n":{"type":"integer","minimum":1}}}'),
    });
    assert.deepEqual(encoded.body.response_format, {
      type: 'json_object',
      json_schema: { type: 'object', properties: { n: { type: 'integer' } } },
    });
    assert.match(encoded.adaptations[0]?.detail ?? '', /minimum/);
  });

  it('closes objects anyway: no error under STRICT for additionalProperties alone', () => {
    const responseFormat = schema('{"type":"object","required":["a"],"additionalProperties":false}');
    const encoded = encode({ responseFormat }, { adaptation: 'strict' });
    assert.deepEqual(adaptationsOf(encoded), ['REWRITTEN generation.response_format.json_schema.schema_json']);
  });

  it('asks for any object where the model takes no schema', () => {
    const encoded = encode({ responseFormat: schema('{}') }, { capabilities: lacking('jsonSchema') });
    assert.deepEqual(encoded.body.response_format, { type: 'json_object' });
    const neither = encode({ responseFormat: schema('{}') }, { capabilities: lacking('jsonSchema', 'jsonObject') });
    assert.equal('response_format' in neither.body, false);
  });

  it('refuses a schema that is no JSON object', () => {
    assert.throws(() => encode({ responseFormat: schema('[]') }), isError('INVALID_REQUEST'));
  });
});

describe('cohere.v2 requests: tools', () => {
  const tools = [functionTool('look'), functionTool('find')];
  const mode = (value: ToolChoiceMode) => ({ choice: { $case: 'mode', value } as const });

  it('knows must and must not, and no word for auto', () => {
    assert.equal(encode({ tools, toolChoice: mode(ToolChoiceMode.REQUIRED) }).body.tool_choice, 'REQUIRED');
    assert.equal(encode({ tools, toolChoice: mode(ToolChoiceMode.NONE) }).body.tool_choice, 'NONE');
    assert.equal('tool_choice' in encode({ tools, toolChoice: mode(ToolChoiceMode.AUTO) }).body, false);
  });

  it('leaves the other tools out where one is chosen by name, or some are allowed', () => {
    const byName = encode({ tools, toolChoice: { choice: { $case: 'name', value: 'find' } } });
    assert.deepEqual(namesOf(byName.body.tools), ['find']);
    assert.equal(byName.body.tool_choice, 'REQUIRED');
    assert.deepEqual(adaptationsOf(byName), ['REWRITTEN generation.tool_choice.name']);
    const allowed = { mode: ToolChoiceMode.AUTO, names: ['find', 'look'] };
    const all = encode({ tools, toolChoice: { choice: { $case: 'allowed', value: allowed } } });
    assert.deepEqual(namesOf(all.body.tools), ['look', 'find']);
    assert.deepEqual(all.adaptations, []);
  });

  it('drops a choice that the target cannot honour, with all tools', () => {
    const toolChoice = { choice: { $case: 'name', value: 'find' } } as const;
    const encoded = encode({ tools, toolChoice }, { capabilities: lacking('toolChoice') });
    assert.deepEqual(namesOf(encoded.body.tools), ['look', 'find']);
    assert.deepEqual(adaptationsOf(encoded), ['DROPPED generation.tool_choice']);
    const forced = encode(
      { tools, toolChoice: mode(ToolChoiceMode.REQUIRED) },
      { capabilities: lacking('forcedToolChoice') },
    );
    assert.deepEqual(adaptationsOf(forced), ['DROPPED generation.tool_choice']);
  });

  it('forces schemas where every tool asks for it', () => {
    const strict = encode({ tools: [functionTool('look', true), functionTool('find', true)] });
    assert.equal(strict.body.strict_tools, true);
    const mixed = encode({ tools: [functionTool('look', true), functionTool('find', false)] });
    assert.equal('strict_tools' in mixed.body, false);
    assert.deepEqual(adaptationsOf(mixed), ['DROPPED generation.tools[0].function.strict']);
    const lacks = encode({ tools: [functionTool('look', true)] }, { capabilities: lacking('strictTools') });
    assert.deepEqual(adaptationsOf(lacks), ['DROPPED generation.tools[0].function.strict']);
  });

  it('cannot be kept from several calls, and gives them anyway', () => {
    assert.deepEqual(encode({ tools, parallelToolCalls: true }).adaptations, []);
    assert.deepEqual(adaptationsOf(encode({ tools, parallelToolCalls: false })), [
      'DROPPED generation.parallel_tool_calls',
    ]);
  });

  it('lets only listed provider tools of its own dialect pass', () => {
    const provider = (dialect: string) =>
      ({ kind: { $case: 'provider', value: { dialect, definitionJson: '{"type":"web_search","x":1}' } } }) as const;
    assert.throws(() => encode({ tools: [provider('openai.chat')] }), isError('PARAMETER_UNSUPPORTED'));
    assert.throws(() => encode({ tools: [provider('cohere.v2')] }), isError('OPTION_NOT_ALLOWED'));
    const allowances = makeAllowances({ providerTools: new Set(['web_search']) });
    assert.deepEqual(encode({ tools: [provider('cohere.v2')] }, { allowances }).body.tools, [
      { type: 'web_search', x: 1 },
    ]);
  });
});

function namesOf(tools: unknown): readonly string[] {
  return (tools as readonly { function: { name: string } }[]).map(({ function: { name } }) => name);
}
