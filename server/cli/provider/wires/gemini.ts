/** Google's generateContent. */
import { type Told, untyped, type Wire, words } from './wire.ts';

/** The language. */
export const GEMINI: Wire = {
  dialectId: 'google.gemini',
  path: /:(?:streamG|g)enerateContent$/,
  reply: (told) => geminiPiece(told, [...(told.text === '' ? [] : [{ text: told.text }]), ...geminiCalls(told)], true),
  stream: (told) => [
    ...words(told.text).map((text) => untyped(geminiPiece(told, [{ text }], false))),
    untyped(geminiPiece(told, geminiCalls(told), true)),
  ],
  error: (code, message) => ({ error: { code, message, status: code === 429 ? 'RESOURCE_EXHAUSTED' : 'INTERNAL' } }),
  streamError: (message) => untyped({ error: { code: 500, message, status: 'INTERNAL' } }),
};

function geminiPiece({ finish, usage, model }: Told, parts: readonly object[], isLast: boolean): object {
  const finishReason = finish === 'length' ? 'MAX_TOKENS' : 'STOP';
  return {
    candidates: [{ index: 0, content: { role: 'model', parts }, ...(isLast && { finishReason }) }],
    modelVersion: model,
    ...(isLast && usage && { usageMetadata: { promptTokenCount: usage.input, candidatesTokenCount: usage.output } }),
  };
}

function geminiCalls({ calls }: Told): readonly object[] {
  return calls.map(({ id, name, arguments: args }) => ({ functionCall: { id, name, args } }));
}
