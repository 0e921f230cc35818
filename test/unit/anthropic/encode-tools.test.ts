import assert from 'node:assert/strict';
import type { GatewayError } from '../../../server/model/errors.ts';
import { AllowedTools, Tool, ToolChoiceMode } from '../../../server/model/wire.ts';
import { makeAllowances } from '../../support/targets.ts';
import { adaptationsOf, encode, fieldsOf, type TargetWishes } from './anthropic-fixtures.ts';

function fn(name: string, rest: object = {}): Tool {
  return Tool.fromPartial({
    kind: { $case: 'function', value: { name, parametersJson: '{"type":"object"}', ...rest } },
  });
}

function providerTool(definitionJson: string, dialect = 'anthropic.messages'): Tool {
  return Tool.fromPartial({ kind: { $case: 'provider', value: { dialect, definitionJson } } });
}

const webSearch: TargetWishes = {
  allowances: makeAllowances({ providerTools: new Set(['web_search_20260209', 'mcp_toolset']) }),
};

const tools = [fn('look'), fn('find')];

describe('anthropic tools', () => {
  it('sends the schema as it was written: order and large numbers survive', () => {
    const parametersJson = '{"type":"object","properties":{"z":{"maximum":18446744073709551615},"a":{"minimum":1.0}}}';
    const { body } = encode({ tools: [fn('look', { parametersJson, description: 'Looks.' })] });
    assert.equal(
      JSON.stringify(body.tools),
      `[{"name":"look","description":"Looks.","input_schema":${parametersJson}}]`,
    );
  });

  it('sends a function without parameters as one without arguments', () => {
    const { body } = encode({ tools: [fn('now', { parametersJson: '' })] });
    assert.deepEqual(body.tools, [{ name: 'now', input_schema: { type: 'object', properties: {} } }]);
  });

  it('refuses a schema that is not JSON, by its path', () => {
    assert.throws(
      () => encode({ tools: [fn('a'), fn('b', { parametersJson: '{' })] }),
      (error: GatewayError) => fieldsOf(error)[0] === 'generation.tools[1].function.parameters_json',
    );
  });

  it('sends strict only where it is true', () => {
    const { body } = encode({ tools: [fn('a', { strict: true }), fn('b', { strict: false })] });
    assert.deepEqual(
      (body.tools as { strict?: boolean }[]).map(({ strict }) => strict),
      [true, undefined],
    );
    const lacking = encode(
      { tools: [fn('a', { strict: true })] },
      { capabilities: { lacks: new Set(['strictTools']) } },
    );
    assert.deepEqual(adaptationsOf(lacking), ['DROPPED generation.tools[0].function.strict']);
  });

  it('sends a tool that takes free text as a function of one text, and says so', () => {
    const value = { name: 'sql', description: 'Asks.', grammar: { definition: 'x' } };
    const encoded = encode({ tools: [Tool.fromPartial({ kind: { $case: 'custom', value } })] });
    assert.deepEqual(encoded.body.tools, [
      {
        name: 'sql',
        description: 'Asks.',
        input_schema: {
          type: 'object',
          properties: { input: { type: 'string' } },
          required: ['input'],
          additionalProperties: false,
        },
      },
    ]);
    assert.deepEqual(adaptationsOf(encoded), [
      'REWRITTEN generation.tools[0].custom',
      'DROPPED generation.tools[0].custom.grammar',
    ]);
  });

  it('refuses tools of another dialect, whatever the mode', () => {
    assert.throws(
      () => encode({ tools: [fn('a'), providerTool('{"type":"web_search"}', 'openai.responses')] }),
      (error: GatewayError) => {
        assert.equal(error.reason, 'PARAMETER_UNSUPPORTED');
        assert.deepEqual(fieldsOf(error), ['generation.tools[1].provider.dialect']);
        return true;
      },
    );
  });

  it('lets provider tools pass only by their listed type', () => {
    const definition = '{"type":"web_search_20260209","name":"web_search","max_uses":3}';
    assert.throws(() => encode({ tools: [providerTool(definition)] }), { reason: 'OPTION_NOT_ALLOWED' });
    const marked = definition.replace('{', '{"cache_control":{"type":"ephemeral"},');
    const { body } = encode({ tools: [providerTool(marked)] }, webSearch);
    assert.deepEqual(body.tools, [JSON.parse(definition)]);
  });

  it('names a beta only for what needs one', () => {
    assert.equal(encode({ tools }).headers['anthropic-beta'], undefined);
    const mcp = encode({ tools: [providerTool('{"type":"mcp_toolset","mcp_server_name":"x"}')] }, webSearch);
    assert.equal(mcp.headers['anthropic-beta'], 'mcp-client-2025-11-20');
  });

  it('leaves all of it away for a model without tools', () => {
    const encoded = encode(
      { tools, toolChoice: { choice: { $case: 'mode', value: ToolChoiceMode.REQUIRED } } },
      { capabilities: { lacks: new Set(['tools']) } },
    );
    assert.equal(encoded.body.tools, undefined);
    assert.equal(encoded.body.tool_choice, undefined);
    assert.deepEqual(adaptationsOf(encoded), ['DROPPED generation.tools']);
  });
});

describe('anthropic tool choice', () => {
  for (const [mode, wire] of [
    [ToolChoiceMode.AUTO, { type: 'auto' }],
    [ToolChoiceMode.NONE, { type: 'none' }],
    [ToolChoiceMode.REQUIRED, { type: 'any' }],
  ] as const) {
    it(`sends ${mode}`, () => {
      const { body } = encode({ tools, toolChoice: { choice: { $case: 'mode', value: mode } } });
      assert.deepEqual(body.tool_choice, wire);
    });
  }

  it('sends one tool by its name', () => {
    const { body } = encode({ tools, toolChoice: { choice: { $case: 'name', value: 'find' } } });
    assert.deepEqual(body.tool_choice, { type: 'tool', name: 'find' });
  });

  it('leaves a choice that forces a call away for a model that refuses it, and only that', () => {
    const target: TargetWishes = { capabilities: { lacks: new Set(['forcedToolChoice']) } };
    const choices = [
      { $case: 'mode', value: ToolChoiceMode.REQUIRED },
      { $case: 'name', value: 'find' },
    ] as const;
    for (const choice of choices) {
      const encoded = encode({ tools, toolChoice: { choice } }, target);
      assert.equal(encoded.body.tool_choice, undefined);
      assert.deepEqual(adaptationsOf(encoded), ['DROPPED generation.tool_choice']);
    }
    const none = encode({ tools, toolChoice: { choice: { $case: 'mode', value: ToolChoiceMode.NONE } } }, target);
    assert.deepEqual(none.body.tool_choice, { type: 'none' });
    assert.deepEqual(none.adaptations, []);
  });

  it('sends none where none is asked for', () => {
    assert.equal(encode({ tools }).body.tool_choice, undefined);
    assert.equal(encode({ tools, parallelToolCalls: true }).body.tool_choice, undefined);
  });

  it('forbids parallel calls on the choice, which it makes where there is none', () => {
    assert.deepEqual(encode({ tools, parallelToolCalls: false }).body.tool_choice, {
      type: 'auto',
      disable_parallel_tool_use: true,
    });
    const named = encode({ tools, parallelToolCalls: false, toolChoice: { choice: { $case: 'name', value: 'find' } } });
    assert.deepEqual(named.body.tool_choice, { type: 'tool', name: 'find', disable_parallel_tool_use: true });
    const none = { choice: { $case: 'mode', value: ToolChoiceMode.NONE } } as const;
    assert.deepEqual(encode({ tools, parallelToolCalls: false, toolChoice: none }).body.tool_choice, { type: 'none' });
  });

  it('leaves out the tools that are not allowed, and says so', () => {
    const value = AllowedTools.fromPartial({ mode: ToolChoiceMode.REQUIRED, names: ['find'] });
    const encoded = encode({ tools, toolChoice: { choice: { $case: 'allowed', value } } });
    assert.deepEqual(
      (encoded.body.tools as { name: string }[]).map(({ name }) => name),
      ['find'],
    );
    assert.deepEqual(encoded.body.tool_choice, { type: 'any' });
    assert.deepEqual(adaptationsOf(encoded), ['REWRITTEN generation.tool_choice.allowed']);
  });

  it('says nothing where all tools are allowed', () => {
    const value = AllowedTools.fromPartial({ mode: ToolChoiceMode.AUTO, names: ['find', 'look'] });
    assert.deepEqual(encode({ tools, toolChoice: { choice: { $case: 'allowed', value } } }).adaptations, []);
  });
});
