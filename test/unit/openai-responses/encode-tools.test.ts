/** Tools and the choice among them. */
import assert from 'node:assert/strict';
import { GrammarSyntax, ToolChoiceMode } from '../../../server/model/wire.ts';
import type { Target } from '../../../server/providers/dialect.ts';
import { isError } from '../../contract/dialect.ts';
import { lacking, makeAllowances } from '../../support/targets.ts';
import { type Draft, encode, TARGET } from './fixtures.ts';

const NOW = { kind: { $case: 'function', value: { name: 'now' } } } as const;
const LOOK = {
  kind: { $case: 'function', value: { name: 'look', description: 'Looks.', parametersJson: '{"x":1e2}' } },
} as const;
const NOTE = { kind: { $case: 'custom', value: { name: 'note', description: 'Notes.' } } } as const;
const PATCH = {
  kind: { $case: 'custom', value: { name: 'patch', grammar: { syntax: GrammarSyntax.REGEX, definition: 'a+' } } },
} as const;

function toolsOf(tools: NonNullable<Draft['tools']>, target: Target = TARGET): unknown {
  return encode({ tools }, target).body.tools;
}

function choiceOf(choice: NonNullable<NonNullable<Draft['toolChoice']>['choice']>, target: Target = TARGET): unknown {
  return encode({ tools: [NOW, PATCH], toolChoice: { choice } }, target).body.tool_choice;
}

describe('openai.responses tools', () => {
  it('are flat functions, whose schemas keep their digits', () => {
    assert.equal(
      JSON.stringify(toolsOf([LOOK])),
      '[{"type":"function","name":"look","description":"Looks.","parameters":{"x":1e2}}]',
    );
  });

  it('say whether they are strict as the caller says it: left out is not false here', () => {
    const strict = (value: boolean) =>
      ({ kind: { $case: 'function', value: { name: 'now', strict: value } } }) as const;
    const empty = { type: 'object', properties: {} };
    const closed = { ...empty, additionalProperties: false, required: [] };
    const head = { type: 'function', name: 'now' };
    assert.deepEqual(toolsOf([NOW]), [{ ...head, parameters: empty }]);
    assert.deepEqual(toolsOf([strict(false)]), [{ ...head, parameters: empty, strict: false }]);
    assert.deepEqual(toolsOf([strict(true)]), [{ ...head, parameters: closed, strict: true }]);
    const target = { ...TARGET, capabilities: lacking('strictTools') };
    assert.deepEqual(toolsOf([strict(true)], target), [{ ...head, parameters: empty }]);
  });

  it('are custom ones, with a grammar or without', () => {
    assert.deepEqual(toolsOf([NOTE, PATCH]), [
      { type: 'custom', name: 'note', description: 'Notes.' },
      { type: 'custom', name: 'patch', format: { type: 'grammar', syntax: 'regex', definition: 'a+' } },
    ]);
  });

  it('are functions of one text where the model has no custom ones', () => {
    const { body, adaptations } = encode({ tools: [PATCH] }, { ...TARGET, capabilities: lacking('customTools') });
    const [tool] = body.tools as { type: string; parameters: { required: string[] } }[];
    assert.equal(tool?.type, 'function');
    assert.deepEqual(tool.parameters.required, ['input']);
    const fields = ['generation.tools[0].custom', 'generation.tools[0].custom.grammar'];
    assert.deepEqual(
      adaptations.map(({ field }) => field),
      fields,
    );
  });

  it('are the provider’s own where the configuration lists them', () => {
    const search = { dialect: 'openai.responses', definitionJson: '{"type":"web_search","search_context_size":"low"}' };
    const tools = [{ kind: { $case: 'provider', value: search } }] as const;
    const target = { ...TARGET, allowances: makeAllowances({ providerTools: new Set(['web_search']) }) };
    assert.deepEqual(toolsOf(tools, target), [{ type: 'web_search', search_context_size: 'low' }]);
    assert.throws(() => toolsOf(tools), isError('OPTION_NOT_ALLOWED'));
    const other = [{ kind: { $case: 'provider', value: { ...search, dialect: 'anthropic.messages' } } }] as const;
    assert.throws(() => toolsOf(other, target), isError('PARAMETER_UNSUPPORTED'));
  });

  it('are left out with their choice where the model has none', () => {
    const target = { ...TARGET, capabilities: lacking('tools') };
    const { body, adaptations } = encode({ tools: [NOW], parallelToolCalls: true }, target);
    assert.equal('tools' in body || 'parallel_tool_calls' in body, false);
    assert.deepEqual(
      adaptations.map(({ field }) => field),
      ['generation.tools'],
    );
  });

  it('are called one by one where the caller says so', () => {
    assert.equal(encode({ tools: [NOW], parallelToolCalls: false }).body.parallel_tool_calls, false);
    assert.equal('parallel_tool_calls' in encode({ parallelToolCalls: false }).body, false);
  });
});

describe('openai.responses tool choice', () => {
  it('is a word', () => {
    assert.equal(choiceOf({ $case: 'mode', value: ToolChoiceMode.AUTO }), 'auto');
    assert.equal(choiceOf({ $case: 'mode', value: ToolChoiceMode.NONE }), 'none');
    assert.equal(choiceOf({ $case: 'mode', value: ToolChoiceMode.REQUIRED }), 'required');
  });

  it('is a tool by its type and name', () => {
    assert.deepEqual(choiceOf({ $case: 'name', value: 'now' }), { type: 'function', name: 'now' });
    assert.deepEqual(choiceOf({ $case: 'name', value: 'patch' }), { type: 'custom', name: 'patch' });
    assert.equal(choiceOf({ $case: 'name', value: 'gone' }), undefined);
  });

  it('is a list of allowed tools, or only those are sent where the host takes no list', () => {
    const allowed = { $case: 'allowed', value: { mode: ToolChoiceMode.AUTO, names: ['patch'] } } as const;
    const tools = [{ type: 'custom', name: 'patch' }];
    assert.deepEqual(choiceOf(allowed), { type: 'allowed_tools', mode: 'auto', tools });
    const target = { ...TARGET, quirks: { allowedTools: false } };
    const { body, adaptations } = encode({ tools: [NOW, PATCH], toolChoice: { choice: allowed } }, target);
    assert.equal(body.tool_choice, 'auto');
    assert.deepEqual(
      (body.tools as { name: string }[]).map(({ name }) => name),
      ['patch'],
    );
    assert.deepEqual(
      adaptations.map(({ field }) => field),
      ['generation.tool_choice.allowed'],
    );
  });

  it('is left out where the model cannot be forced', () => {
    const target = { ...TARGET, capabilities: lacking('forcedToolChoice') };
    assert.equal(choiceOf({ $case: 'mode', value: ToolChoiceMode.REQUIRED }, target), undefined);
    assert.equal(choiceOf({ $case: 'name', value: 'now' }, target), undefined);
    assert.equal(choiceOf({ $case: 'mode', value: ToolChoiceMode.AUTO }, target), 'auto');
  });
});
