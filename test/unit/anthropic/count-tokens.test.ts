import assert from 'node:assert/strict';
import { ReasoningEffort, Tool } from '../../../server/model/wire.ts';
import { anthropicMessages } from '../../../server/providers/anthropic/index.ts';
import { makeGeneration, makeTarget, system, user } from './anthropic-fixtures.ts';

describe('anthropic token count', () => {
  it('sends what the counter takes, and nothing that only matters to an answer', () => {
    const generation = makeGeneration({
      messages: [system('Be brief.'), user('Hi')],
      tools: [Tool.fromPartial({ kind: { $case: 'function', value: { name: 'f' } } })],
      parallelToolCalls: false,
      reasoning: { effort: ReasoningEffort.HIGH },
      temperature: 1,
      stopSequences: ['x'],
    });
    const encoded = anthropicMessages.countTokens?.encode(generation, makeTarget({ endUserHash: 'u' }));
    assert.equal(encoded?.path, '/v1/messages/count_tokens');
    assert.equal(encoded?.headers['anthropic-version'], '2023-06-01');
    assert.deepEqual(Object.keys(encoded?.body ?? {}).toSorted(), [
      'messages',
      'model',
      'output_config',
      'system',
      'thinking',
      'tool_choice',
      'tools',
    ]);
  });

  it('reads the count', () => {
    assert.equal(anthropicMessages.countTokens?.decode({ input_tokens: 2095 }), 2095);
    for (const reply of [{}, null, { input_tokens: '7' }, { input_tokens: -1 }]) {
      assert.throws(() => anthropicMessages.countTokens?.decode(reply), { reason: 'UPSTREAM_PROTOCOL' });
    }
  });
});
