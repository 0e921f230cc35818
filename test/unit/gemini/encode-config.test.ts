/** Parameters of generation, thinking, provider options. */
import assert from 'node:assert/strict';
import type { Feature } from '../../../server/model/target.ts';
import { OutputModality, ReasoningEffort, ReasoningMode, type ReasoningOptions } from '../../../server/model/wire.ts';
import { googleGemini } from '../../../server/providers/gemini/index.ts';
import { isError } from '../../contract/dialect.ts';
import { lacking, makeAllowances, makeCapabilities } from '../../support/targets.ts';
import { adaptationsOf, bodyOf, configOf, encode, generation, quirky, TARGET } from './fixtures.ts';

describe('google.gemini requests: parameters', () => {
  it('sends nothing that was not asked for', () => {
    assert.deepEqual(Object.keys(bodyOf(encode({}))), ['contents']);
  });

  it('sends every sampling parameter as it is, zero included', () => {
    const asked = {
      temperature: 0,
      topP: 0.5,
      topK: 40,
      presencePenalty: -1,
      frequencyPenalty: 1,
      seed: 0,
      maxOutputTokens: 9,
    };
    assert.deepEqual(configOf(encode(asked)), asked);
    const lacks = lacking('temperature', 'topP', 'topK', 'presencePenalty', 'frequencyPenalty', 'seed');
    const encoded = encode(asked, { ...TARGET, capabilities: lacks });
    assert.deepEqual(configOf(encoded), { maxOutputTokens: 9 });
    assert.equal(encoded.adaptations.length, 6);
  });

  it('bounds the answer by the deployment and by what the model gives', () => {
    const deployed = encode({}, { ...TARGET, defaultMaxOutputTokens: 512 });
    assert.deepEqual(configOf(deployed), { maxOutputTokens: 512 });
    assert.deepEqual(adaptationsOf(deployed), ['ADDED generation.max_output_tokens']);
    const most = { ...TARGET, capabilities: makeCapabilities({ maxOutputTokens: 100 }) };
    assert.deepEqual(configOf(encode({ maxOutputTokens: 1000 }, most)), { maxOutputTokens: 100 });
  });

  it('takes five stop sequences', () => {
    const encoded = encode({ stopSequences: ['a', 'b', 'c', 'd', 'e', 'f'] });
    assert.deepEqual(configOf(encoded), { stopSequences: ['a', 'b', 'c', 'd', 'e'] });
    assert.deepEqual(adaptationsOf(encoded), ['REWRITTEN generation.stop_sequences']);
    assert.deepEqual(encode({ stopSequences: ['a', 'b', 'c', 'd', 'e'] }).adaptations, []);
    assert.deepEqual(configOf(encode({ stopSequences: ['a', 'b'] }, quirky({ maxStopSequences: 1 }))), {
      stopSequences: ['a'],
    });
  });

  it('asks for JSON, and for JSON by a schema', () => {
    assert.deepEqual(configOf(encode({ responseFormat: { format: { $case: 'jsonObject', value: {} } } })), {
      responseMimeType: 'application/json',
    });
    const schemaJson =
      '{"$defs":{"n":{"type":"integer"}},"type":"object","properties":{"n":{"$ref":"#/$defs/n"}},"additionalProperties":false}';
    const value = { name: 'n', schemaJson, strict: true, description: 'A number.' };
    const asked = { responseFormat: { format: { $case: 'jsonSchema', value } as const } };
    const encoded = encode(asked);
    assert.deepEqual(configOf(encoded), {
      responseMimeType: 'application/json',
      responseJsonSchema: JSON.parse(schemaJson) as unknown,
    });
    assert.deepEqual(adaptationsOf(encoded), ['DROPPED generation.response_format.json_schema.description']);
    const weak = encode(asked, { ...TARGET, capabilities: lacking('jsonSchema') });
    assert.deepEqual(configOf(weak), { responseMimeType: 'application/json' });
    assert.deepEqual(adaptationsOf(weak), ['REWRITTEN generation.response_format.json_schema']);
    assert.deepEqual(configOf(encode(asked, quirky({ schemaDialect: 'openapi' }))), {
      responseMimeType: 'application/json',
      responseSchema: { type: 'OBJECT', properties: { n: { type: 'INTEGER' } }, propertyOrdering: ['n'] },
    });
  });

  it('asks for log probabilities', () => {
    assert.deepEqual(configOf(encode({ logprobs: {} })), { responseLogprobs: true });
    assert.deepEqual(configOf(encode({ logprobs: { top: 5 } })), { responseLogprobs: true, logprobs: 5 });
  });

  it('asks for kinds of output; text alone needs no word', () => {
    const { TEXT, IMAGE, AUDIO } = OutputModality;
    assert.equal(configOf(encode({ outputModalities: [TEXT] })), undefined);
    assert.deepEqual(configOf(encode({ outputModalities: [IMAGE, TEXT] })), { responseModalities: ['TEXT', 'IMAGE'] });
    assert.deepEqual(configOf(encode({ outputModalities: [AUDIO] })), { responseModalities: ['AUDIO'] });
    const mute = { ...TARGET, capabilities: lacking('audioOutput') };
    assert.deepEqual(adaptationsOf(encode({ outputModalities: [TEXT, AUDIO] }, mute)), [
      'DROPPED generation.output_modalities',
    ]);
    assert.throws(() => encode({ outputModalities: [AUDIO] }, mute), isError('PARAMETER_UNSUPPORTED'));
  });

  it('sends the tier of service beside the parameters', () => {
    assert.equal(bodyOf(encode({ serviceTier: 'flex' })).serviceTier, 'flex');
    const vertex = { ...TARGET, capabilities: lacking('serviceTier') };
    assert.deepEqual(adaptationsOf(encode({ serviceTier: 'flex' }, vertex)), ['DROPPED generation.service_tier']);
  });

  it('streams by another method, as events', () => {
    const { path, body } = googleGemini.encodeComplete(generation(), TARGET, true);
    assert.equal(path, '/models/gemini-test:streamGenerateContent?alt=sse');
    assert.equal('stream' in body, false);
  });

  it('keeps names of tuned models and of other publishers, and no name leaves its place in the path', () => {
    const path = (upstreamModel: string) => encode({}, { ...TARGET, upstreamModel }).path;
    assert.equal(path('tunedModels/mine'), '/tunedModels/mine:generateContent');
    assert.equal(path('a?b#c d'), '/models/a%3Fb%23c%20d:generateContent');
  });
});

describe('google.gemini requests: thinking', () => {
  const by = (reasoningBy: 'effort' | 'budget' | undefined, ...lacks: readonly Feature[]) => ({
    ...TARGET,
    capabilities: { ...lacking(...lacks), reasoningBy },
  });
  const think = (reasoning: Partial<ReasoningOptions>, target = TARGET) => {
    const encoded = encode({ reasoning }, target);
    return [(configOf(encoded) as { thinkingConfig?: object } | undefined)?.thinkingConfig, ...adaptationsOf(encoded)];
  };
  const { NONE, MINIMAL, LOW, HIGH, MAX } = ReasoningEffort;

  it('is told by level to newer models, and to those of which nothing is known', () => {
    for (const target of [by('effort'), by(undefined)]) {
      assert.deepEqual(think({ effort: MINIMAL }, target), [{ thinkingLevel: 'MINIMAL' }]);
      assert.deepEqual(think({ effort: HIGH, summary: true }, target), [
        { thinkingLevel: 'HIGH', includeThoughts: true },
      ]);
      assert.deepEqual(think({ effort: MAX }, target), [
        { thinkingLevel: 'HIGH' },
        'REWRITTEN generation.reasoning.effort',
      ]);
      assert.deepEqual(think({ effort: NONE }, target), [
        { thinkingLevel: 'MINIMAL' },
        'REWRITTEN generation.reasoning.effort',
      ]);
    }
    assert.deepEqual(think({ maxTokens: 9 }, by('effort')), [undefined, 'DROPPED generation.reasoning.max_tokens']);
    assert.deepEqual(think({ summary: false }), [{ includeThoughts: false }]);
  });

  it('is told by budget to older models, and where a budget is all that is said', () => {
    assert.deepEqual(think({ maxTokens: 4000 }), [{ thinkingBudget: 4000 }]);
    assert.deepEqual(think({ effort: LOW }, by('budget')), [
      { thinkingBudget: 1024 },
      'REWRITTEN generation.reasoning.effort',
    ]);
    assert.deepEqual(think({ effort: LOW, maxTokens: 4000 }, by('budget')), [
      { thinkingBudget: 4000 },
      'DROPPED generation.reasoning.effort',
    ]);
    assert.deepEqual(think({ mode: ReasoningMode.ADAPTIVE }, by('budget')), [{ thinkingBudget: -1 }]);
    assert.deepEqual(think({ effort: NONE }, by('budget')), [{ thinkingBudget: 0 }]);
    assert.deepEqual(think({ effort: NONE }, by('budget', 'reasoningEffortNone')), [
      { thinkingBudget: 512 },
      'REWRITTEN generation.reasoning.effort',
    ]);
  });

  it('is never told both, whatever was asked for', () => {
    for (const target of [by('effort'), by('budget'), by(undefined)]) {
      for (const effort of Object.values(ReasoningEffort).filter((one) => one !== 'UNRECOGNIZED')) {
        const [config] = think({ effort, maxTokens: 2000 }, target);
        assert.ok(Object.keys((config as object | undefined) ?? {}).length <= 1);
      }
    }
  });

  it('is not told to models that do not think', () => {
    const target = by(undefined, 'reasoning');
    assert.deepEqual(think({ effort: NONE }, target), [undefined]);
    assert.deepEqual(think({ effort: HIGH }, target), [undefined, 'DROPPED generation.reasoning']);
  });
});

describe('google.gemini requests: provider options', () => {
  const open = (...members: readonly string[]) => ({
    ...TARGET,
    allowances: makeAllowances({ providerOptions: new Map([['google.gemini', new Set(members)]]) }),
  });
  const withOptions = (options: object, target = TARGET) =>
    encode({ temperature: 1, providerOptionsJson: { 'google.gemini': JSON.stringify(options) } }, target);

  it('puts members that Google has among its parameters there', () => {
    const options = {
      safetySettings: [],
      speechConfig: { languageCode: 'de' },
      mediaResolution: 'MEDIA_RESOLUTION_LOW',
    };
    const body = bodyOf(withOptions(options, open(...Object.keys(options))));
    assert.deepEqual(body.safetySettings, []);
    assert.deepEqual(body.generationConfig, {
      temperature: 1,
      speechConfig: { languageCode: 'de' },
      mediaResolution: 'MEDIA_RESOLUTION_LOW',
    });
    assert.equal('speechConfig' in body, false);
  });

  it('lets nothing pass that the contract owns, under either of its names', () => {
    for (const member of ['generationConfig', 'generation_config', 'system_instruction', 'tool_config', 'contents']) {
      assert.throws(() => withOptions({ [member]: {} }, open(member)), isError('OPTION_NOT_ALLOWED'));
    }
  });
});
