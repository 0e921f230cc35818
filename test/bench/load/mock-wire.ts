/** What the mock upstream says: OpenAI's shapes, made once, so that answering costs the mock as little as it can. */

/** Chunks of a stream that carry text. */
export const STREAM_TOKENS = 200;

/** How the chunks of a stream come; each is the name of the model that streams so. */
export const PACES = { burst: 0, every5: 5, every20: 20, silent: Number.POSITIVE_INFINITY } as const;

/** A pace by name. */
export type Pace = keyof typeof PACES;

/** The name under which the mock, the gateway and the proxies know a model of a pace. */
export function modelOf(pace: Pace): string {
  return `mock-${pace}`;
}

/** Inputs that every caller sends. */
export const PROMPT = 'In one sentence: what does a gateway in front of language models do for the services behind it?';
/** The same for embeddings. */
export const EMBED_INPUT = 'A gateway is a gate that all must pass.';

const DIMENSIONS = 1536;
const ID = 'chatcmpl-8f14e45fceea167a5a36dedd4bea2543';
const CREATED = 1_763_000_000;
const USAGE = {
  prompt_tokens: 24,
  completion_tokens: STREAM_TOKENS,
  total_tokens: 24 + STREAM_TOKENS,
  prompt_tokens_details: { cached_tokens: 0, audio_tokens: 0 },
  completion_tokens_details: { reasoning_tokens: 0, audio_tokens: 0 },
};
const SENTENCE = 'It keeps the keys, knows who is calling, picks a provider that can answer, and says what it cost. ';

/** A whole reply, of about 600 bytes. */
export const WHOLE_REPLY = json({
  id: ID,
  object: 'chat.completion',
  created: CREATED,
  model: 'mock-2026-11',
  choices: [
    { index: 0, message: { role: 'assistant', content: SENTENCE.trim(), refusal: null }, finish_reason: 'stop' },
  ],
  usage: USAGE,
  service_tier: 'default',
});

/** A reply with one vector. */
export const EMBED_REPLY = json({
  object: 'list',
  data: [{ object: 'embedding', index: 0, embedding: Array.from({ length: DIMENSIONS }, (_, i) => coordinate(i)) }],
  model: 'mock-embed',
  usage: { prompt_tokens: 11, total_tokens: 11 },
});

/** The first chunk of every stream: it names the role. */
export const ROLE_CHUNK = chunk({ role: 'assistant', content: '', refusal: null });

/** The chunks with text, each of about 200 bytes. The tokens vary: some peers take 100 equal ones for a loop. */
export const TOKEN_CHUNKS: readonly Buffer[] = Array.from({ length: STREAM_TOKENS }, (_, i) =>
  chunk({ content: ` ${SENTENCE.split(' ')[i % 17] ?? 'token'}${i % 3 === 0 ? i : ''}` }),
);

/** What ends a stream: finish reason, usage, [DONE]. */
export const LAST_CHUNKS: readonly Buffer[] = [
  chunk({}, 'stop'),
  event({
    id: ID,
    object: 'chat.completion.chunk',
    created: CREATED,
    model: 'mock-2026-11',
    choices: [],
    usage: USAGE,
  }),
  Buffer.from('data: [DONE]\n\n'),
];

function chunk(delta: object, finishReason: string | null = null): Buffer {
  const choices = [{ index: 0, delta, logprobs: null, finish_reason: finishReason }];
  return event({ id: ID, object: 'chat.completion.chunk', created: CREATED, model: 'mock-2026-11', choices });
}

function event(payload: object): Buffer {
  return Buffer.from(`data: ${JSON.stringify(payload)}\n\n`);
}

function json(payload: object): Buffer {
  return Buffer.from(JSON.stringify(payload));
}

/** Numbers as providers send them: eight or nine digits. */
function coordinate(index: number): number {
  return Number((Math.sin(index * 12.9898) * 0.07).toFixed(9));
}
