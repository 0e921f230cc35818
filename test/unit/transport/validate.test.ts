import { deepStrictEqual, strictEqual } from 'node:assert/strict';
import type { Rpc } from '../../../server/model/call.ts';
import { GatewayError } from '../../../server/model/errors.ts';
import { CompleteRequest, EmbedRequest, ListModelsRequest, Role, ToolChoiceMode } from '../../../server/model/wire.ts';
import { checkRequest } from '../../../server/transport/grpc/validate/request.ts';

type Partial = Parameters<typeof CompleteRequest.fromPartial>[0];

const HELLO: Partial['generation'] = {
  model: 'chat',
  messages: [{ role: Role.USER, parts: [{ content: { $case: 'text', value: { text: 'hello' } } }] }],
};

describe('validation', () => {
  it('lets a right request pass', () => {
    strictEqual(complete({ generation: HELLO }), undefined);
  });

  it('names every wrong field at once, by path', () => {
    const error = complete({
      generation: {
        model: '',
        messages: [
          { role: Role.UNSPECIFIED, parts: [{ content: { $case: 'text', value: { text: 'a' } } }] },
          { role: Role.USER, parts: [] },
          {
            role: Role.USER,
            parts: [
              { content: { $case: 'image', value: { source: { $case: 'data', value: new Uint8Array(1) } } } },
              {},
              {
                content: {
                  $case: 'toolCall',
                  value: { id: 'a', name: 'b', input: { $case: 'argumentsJson', value: '{}' } },
                },
              },
            ],
          },
        ],
        temperature: 3,
        topP: Number.NaN,
        stopSequences: ['ok', ''],
      },
      options: { requestId: 'has space', heartbeatInterval: { seconds: 0, nanos: 5 } },
    });
    strictEqual(error?.reason, 'INVALID_REQUEST');
    deepStrictEqual(
      error.details.violations?.map(({ field }) => field),
      [
        'generation.model',
        'generation.messages[0].role',
        'generation.messages[1].parts',
        'generation.messages[2].parts[0].image.media_type',
        'generation.messages[2].parts[1]',
        'generation.messages[2].parts[2].tool_call',
        'generation.temperature',
        'generation.top_p',
        'generation.stop_sequences[1]',
        'options.request_id',
        'options.heartbeat_interval',
      ],
    );
  });

  const bad: readonly (readonly [string, Partial, string, string])[] = [
    ['no generation', {}, 'INVALID_REQUEST', 'generation'],
    ['no messages', { generation: { model: 'm' } }, 'INVALID_REQUEST', 'generation.messages'],
    [
      'a tool result without its call',
      {
        generation: {
          ...HELLO,
          messages: [
            { role: Role.TOOL, parts: [{ content: { $case: 'toolResult', value: { toolCallId: 'x', content: [] } } }] },
          ],
        },
      },
      'INVALID_REQUEST',
      'generation.messages[0].parts[0].tool_result.tool_call_id',
    ],
    [
      'a data: URI',
      {
        generation: {
          ...HELLO,
          messages: [
            {
              role: Role.USER,
              parts: [
                { content: { $case: 'image', value: { source: { $case: 'uri', value: 'data:image/png;base64,AA' } } } },
              ],
            },
          ],
        },
      },
      'INVALID_REQUEST',
      'generation.messages[0].parts[0].image.uri',
    ],
    [
      'two tools of one name',
      { generation: { ...HELLO, tools: [tool('f', '{}'), tool('f', '{}')] } },
      'INVALID_REQUEST',
      'generation.tools[1].function.name',
    ],
    [
      'a schema that is no JSON',
      { generation: { ...HELLO, tools: [tool('f', '{"a":')] } },
      'INVALID_REQUEST',
      'generation.tools[0].function.parameters_json',
    ],
    [
      'a schema that is too deep',
      { generation: { ...HELLO, tools: [tool('f', `${'{"a":'.repeat(40)}1${'}'.repeat(40)}`)] } },
      'SCHEMA_TOO_COMPLEX',
      'generation.tools[0].function.parameters_json',
    ],
    [
      'a schema with too many nodes',
      { generation: { ...HELLO, tools: [tool('f', `{"a":[${Array(6000).fill('{}').join(',')}]}`)] } },
      'SCHEMA_TOO_COMPLEX',
      'generation.tools[0].function.parameters_json',
    ],
    [
      'a schema that refers elsewhere',
      { generation: { ...HELLO, tools: [tool('f', '{"$ref":"https://example.com/schema"}')] } },
      'SCHEMA_TOO_COMPLEX',
      'generation.tools[0].function.parameters_json',
    ],
    [
      'a choice without tools',
      { generation: { ...HELLO, toolChoice: { choice: { $case: 'mode', value: ToolChoiceMode.AUTO } } } },
      'INVALID_REQUEST',
      'generation.tool_choice',
    ],
    [
      'a choice of an unknown tool',
      {
        generation: { ...HELLO, tools: [tool('f', '')], toolChoice: { choice: { $case: 'name', value: 'g' } } },
      },
      'INVALID_REQUEST',
      'generation.tool_choice.name',
    ],
    [
      'provider options that are no object',
      { generation: { ...HELLO, providerOptionsJson: { 'openai.chat': '[]' } } },
      'INVALID_REQUEST',
      'generation.provider_options_json."openai.chat"',
    ],
    [
      'an idempotency key',
      { generation: HELLO, options: { idempotencyKey: 'k' } },
      'FIELD_NOT_SERVED',
      'options.idempotency_key',
    ],
    [
      'a cost limit',
      { generation: HELLO, options: { maxCostUsdNanos: 0 } },
      'FIELD_NOT_SERVED',
      'options.max_cost_usd_nanos',
    ],
    [
      'required tags',
      { generation: HELLO, options: { requireTags: { a: 'b' } } },
      'FIELD_NOT_SERVED',
      'options.require_tags',
    ],
    [
      'the batch priority',
      { generation: HELLO, options: { priority: 'PRIORITY_BATCH' } },
      'FIELD_NOT_SERVED',
      'options.priority',
    ],
    [
      'cache refresh',
      { generation: HELLO, options: { cache: { mode: 'CACHE_MODE_REFRESH' } } },
      'FIELD_NOT_SERVED',
      'options.cache.mode',
    ],
    [
      'too large a reply',
      { generation: HELLO, options: { maxReplyBytes: 2 ** 27 } },
      'INVALID_REQUEST',
      'options.max_reply_bytes',
    ],
    [
      'a wrong tag',
      { generation: HELLO, options: { tags: { 'Cost Centre': 'x' } } },
      'INVALID_REQUEST',
      'options.tags',
    ],
  ];
  for (const [title, request, reason, field] of bad) {
    it(`refuses ${title}`, () => {
      const error = complete(request);
      strictEqual(error?.reason, reason);
      deepStrictEqual(
        error.details.violations?.map((violation) => violation.field),
        [field],
      );
    });
  }

  it('takes values of unserved options that ask for what happens anyway', () => {
    const options = { cache: { mode: 'CACHE_MODE_BYPASS' }, priority: 'PRIORITY_INTERACTIVE' } as const;
    strictEqual(complete({ generation: HELLO, options }), undefined);
  });

  it('does not read a long list of tools', () => {
    const error = complete({ generation: { ...HELLO, tools: Array(10_000).fill(tool('', '')) } });
    deepStrictEqual(
      error?.details.violations?.map(({ field }) => field),
      ['generation.tools'],
    );
  });

  it('checks the inputs of an Embed and the page of ListModels', () => {
    const embed = EmbedRequest.fromPartial({
      model: 'e',
      inputs: [{ parts: [] }, { parts: [{ content: { $case: 'text', value: '' } }] }],
    });
    deepStrictEqual(
      refusal('embed', embed, EmbedRequest.encode(embed).finish(), 'kanmon.v1.EmbedRequest')?.details.violations?.map(
        ({ field }) => field,
      ),
      ['inputs[0].parts', 'inputs[1].parts[0].text'],
    );
    const list = ListModelsRequest.fromPartial({ pageSize: 5000 });
    strictEqual(
      refusal('listModels', list, ListModelsRequest.encode(list).finish(), 'kanmon.v1.ListModelsRequest')?.reason,
      'INVALID_REQUEST',
    );
  });
});

function tool(name: string, parametersJson: string) {
  return { kind: { $case: 'function' as const, value: { name, parametersJson } } };
}

function complete(partial: Partial): GatewayError | undefined {
  const message = CompleteRequest.fromPartial(partial);
  return refusal('complete', message, CompleteRequest.encode(message).finish(), 'kanmon.v1.CompleteRequest');
}

function refusal(rpc: Rpc, message: never | object, bytes: Uint8Array, typeName: string): GatewayError | undefined {
  try {
    checkRequest(rpc, { message: message as never, bytes, typeName, tooManyFields: false });
    return undefined;
  } catch (error) {
    if (error instanceof GatewayError) return error;
    throw error;
  }
}
