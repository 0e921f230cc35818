/** OpenAI's responses. */
import { CHAT } from './openai-chat.ts';
import { ID, type Told, typed, type Wire, words } from './wire.ts';

/** The language. */
export const RESPONSES: Wire = {
  dialectId: 'openai.responses',
  path: /\/responses$/,
  reply: (told) => response(told),
  stream: (told) => [
    typed('response.created', { response: { ...response(told), status: 'in_progress', output: [] } }),
    ...responseItems(told).flatMap((item, output_index) => [
      typed('response.output_item.added', { output_index, item: { ...item, content: [], arguments: '' } }),
      ...(item.type === 'message' ? words(told.text) : []).map((delta) =>
        typed('response.output_text.delta', { item_id: item.id, output_index, content_index: 0, delta }),
      ),
      typed('response.output_item.done', { output_index, item }),
    ]),
    typed(told.finish === 'length' ? 'response.incomplete' : 'response.completed', { response: response(told) }),
  ],
  error: CHAT.error,
  streamError: (message) => typed('error', { code: 'server_error', message, param: null }),
};

function response(told: Told): object {
  const { finish, usage, model } = told;
  return {
    id: ID,
    object: 'response',
    model,
    status: finish === 'length' ? 'incomplete' : 'completed',
    incomplete_details: finish === 'length' ? { reason: 'max_output_tokens' } : null,
    output: responseItems(told),
    usage: usage && {
      input_tokens: usage.input,
      output_tokens: usage.output,
      total_tokens: usage.input + usage.output,
    },
  };
}

function responseItems({ text, calls }: Told) {
  const content = [{ type: 'output_text', text, annotations: [] }];
  return [
    ...(text === '' ? [] : [{ id: 'msg-1', type: 'message', role: 'assistant', status: 'completed', content }]),
    ...calls.map(({ id, name, arguments: args }) => {
      return {
        id: `fc-${id}`,
        type: 'function_call',
        call_id: id,
        name,
        arguments: JSON.stringify(args),
        status: 'completed',
      };
    }),
  ];
}
