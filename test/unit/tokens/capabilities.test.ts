/** What is known of models by their names. */
import assert from 'node:assert/strict';
import { modelTraits } from '../../../server/tokens/capabilities.ts';

describe('modelTraits', () => {
  it('knows nothing of an unknown model, and holds nothing against it', () => {
    assert.deepEqual(modelTraits('llama-3.1-8b'), {
      capabilities: {
        contextWindowTokens: undefined,
        maxOutputTokens: undefined,
        lacks: new Set(),
        reasoningBy: undefined,
        dimensions: [],
      },
      known: false,
      makesVectors: false,
    });
  });

  const windows: readonly (readonly [name: string, window: number | undefined, output: number | undefined])[] = [
    ['gpt-5', 400_000, 128_000],
    ['gpt-5-mini', 400_000, 128_000],
    ['gpt-5-2025-08-07', 400_000, 128_000],
    ['gpt-5-chat-latest', 128_000, 16_384],
    ['gpt-5.4', 1_050_000, 128_000],
    ['gpt-5.4-mini-2026-03-17', 400_000, 128_000],
    ['gpt-4o-2024-05-13', 128_000, 4096],
    ['gpt-4o-mini', 128_000, 16_384],
    ['gpt-4-0613', 8192, 8192],
    ['gpt-4-1106-preview', 128_000, 4096],
    ['o1-2024-12-17', 200_000, 100_000],
    ['o10', undefined, undefined],
    ['gpt-5.9', undefined, undefined],
    ['claude-opus-4-20250514', 200_000, 32_000],
    ['claude-opus-4-1-20250805', 200_000, 32_000],
    ['claude-opus-4-5', 200_000, 64_000],
    ['claude-opus-4-9', undefined, undefined],
    ['claude-haiku-4-5-20251001', 200_000, 64_000],
    ['claude-3-haiku-20240307', 200_000, 4096],
    ['claude-sonnet-5', 1_000_000, 128_000],
    ['claude-sonnet-5-9', undefined, undefined],
    ['claude-sonnet-4-5@20250929', 200_000, 64_000],
    ['anthropic.claude-haiku-4-5-20251001-v1:0', 200_000, 64_000],
    ['eu.anthropic.claude-sonnet-4-20250514-v1:0', 200_000, 64_000],
    ['global.anthropic.claude-opus-4-6-v1', 1_000_000, 128_000],
    ['arn:aws:bedrock:eu-west-1:1:inference-profile/eu.anthropic.claude-opus-4-5-20251101-v1:0', 200_000, 64_000],
    ['openai.gpt-oss-120b-1:0', 131_072, 131_072],
    ['gemini-2.5-pro', 1_048_576, 65_536],
    ['gemini-2.5-flash-lite-preview-09-2025', 1_048_576, 65_536],
    ['gemini-2.5-flash-image', undefined, undefined],
    ['gemini-2.5-flash-preview-tts', undefined, undefined],
    ['gemini-3-pro-preview', 1_048_576, 65_536],
    ['gemini-3.2-flash', undefined, undefined],
    ['command-a-03-2025', 256_000, 8_000],
    ['command-r-plus-08-2024', 128_000, 4_000],
    ['grok-4-0709', 256_000, undefined],
    ['grok-4-fast-reasoning', undefined, undefined],
    ['grok-4.20-reasoning', undefined, undefined],
    ['deepseek-chat', undefined, undefined],
  ];
  for (const [name, window, output] of windows) {
    it(`gives ${name} a window of ${window} and answers of ${output}`, () => {
      const { capabilities } = modelTraits(name);
      assert.deepEqual([capabilities.contextWindowTokens, capabilities.maxOutputTokens], [window, output]);
    });
  }

  it('knows that reasoning models take no sampling parameters', () => {
    for (const name of ['o3', 'o4-mini', 'gpt-5', 'gpt-5-nano', 'gpt-5.2']) {
      const { lacks } = modelTraits(name).capabilities;
      for (const feature of ['temperature', 'topP', 'frequencyPenalty', 'presencePenalty', 'logprobs'] as const) {
        assert.ok(lacks.has(feature), `${name} ${feature}`);
      }
    }
    assert.ok(!modelTraits('gpt-4.1').capabilities.lacks.has('temperature'));
    assert.ok(modelTraits('gpt-4.1').capabilities.lacks.has('reasoning'));
  });

  it('knows which models can go without reasoning', () => {
    const never = ['o3', 'gpt-5', 'claude-opus-5-5', 'claude-fable-5'];
    const can = ['gpt-5.1', 'gpt-5.4', 'claude-opus-5', 'claude-sonnet-4-5'];
    assert.deepEqual(
      never.filter((name) => !lacksNone(name)),
      [],
    );
    assert.deepEqual(can.filter(lacksNone), []);
  });

  it('knows how each generation of Claude is told to think', () => {
    const by = (name: string) => modelTraits(name).capabilities.reasoningBy;
    assert.equal(by('claude-3-5-haiku-20241022'), undefined);
    assert.equal(by('claude-3-7-sonnet-20250219'), 'budget');
    assert.equal(by('claude-sonnet-4-5'), 'budget');
    assert.equal(by('claude-haiku-4-5'), 'budget');
    assert.equal(by('claude-sonnet-4-6'), 'adaptive');
    assert.equal(by('claude-opus-4-7'), 'adaptive');
  });

  it('knows how each generation of Gemini is told to think, and which cannot do without', () => {
    const by = (name: string) => modelTraits(name).capabilities.reasoningBy;
    assert.deepEqual(['gemini-2.0-flash', 'gemini-2.5-flash', 'gemini-3-flash-preview'].map(by), [
      undefined,
      'budget',
      'effort',
    ]);
    assert.deepEqual(['gemini-2.5-pro', 'gemini-2.5-flash', 'gemini-3-pro-preview'].map(lacksNone), [
      true,
      false,
      true,
    ]);
  });

  it('knows what reasoning models of xAI refuse', () => {
    const refuses = (name: string) => modelTraits(name).capabilities.lacks.has('stopSequences');
    assert.deepEqual(['grok-3-mini', 'grok-4', 'grok-4.3', 'grok-3'].map(refuses), [true, true, true, false]);
  });

  it('knows models that make vectors, by their rows and by their names', () => {
    for (const name of [
      'text-embedding-3-small',
      'nomic-embed-text',
      'BAAI/bge-m3',
      'intfloat/e5-large',
      'sim-embed',
    ]) {
      assert.ok(modelTraits(name).makesVectors, name);
    }
    for (const name of ['gpt-5', 'llama-3.1-8b', 'embedded-coder', 'qwen3:8b'])
      assert.ok(!modelTraits(name).makesVectors, name);
    assert.deepEqual(modelTraits('text-embedding-ada-002').capabilities.dimensions, [1536]);
  });
});

function lacksNone(name: string): boolean {
  return modelTraits(name).capabilities.lacks.has('reasoningEffortNone');
}
