/** What most rows have in common: a row says what differs. */
import type { Feature } from '../../model/target.ts';
import type { Encoded } from '../dialect.ts';
import type { Host } from '../host.ts';

/** What every row says of itself. */
export type RowOwn = Pick<Host, 'id' | 'title' | 'source' | 'proof'> & Partial<Host>;

/** A host over HTTP that streams server-sent events and takes a key as bearer, in the dialect's own form. */
export function makeRow(own: RowOwn & Pick<Host, 'dialectId'>): Host {
  return { ...COMMON, ...own };
}

/** A host that speaks chat completions but for what only OpenAI has. Most know the older name of the limit. */
export function makeChatRow(own: RowOwn): Host {
  return makeRow({
    dialectId: 'openai.chat',
    ...own,
    quirks: { maxTokensField: 'max_tokens', endUserField: 'user', allowedTools: false, ...own.quirks },
    lacks: [...ONLY_OPENAI, ...(own.lacks ?? [])],
  });
}

/** What of chat completions nobody but OpenAI (and Azure) is known to have. */
const ONLY_OPENAI: readonly Feature[] = [
  'customTools',
  'verbosity',
  'audioOutput',
  'videoInput',
  'imageOutput',
  'sessionKey',
];

/** Nothing of this kind exists in OpenAI's chat completions, whatever the model. */
export const NOT_IN_CHAT: readonly Feature[] = ['topK', 'videoInput', 'imageOutput'];

/** Nothing of this kind exists in the Messages API, whatever the model. */
export const NOT_IN_MESSAGES: readonly Feature[] = [
  'frequencyPenalty',
  'presencePenalty',
  'seed',
  'logprobs',
  'customTools',
  'jsonObject',
  'verbosity',
  'audioInput',
  'videoInput',
  'audioOutput',
  'imageOutput',
  'sessionKey',
];

/** Nothing of this kind exists in responses, whatever the model. */
export const NOT_IN_RESPONSES: readonly Feature[] = [
  'topK',
  'frequencyPenalty',
  'presencePenalty',
  'seed',
  'stopSequences',
  'audioInput',
  'videoInput',
  'audioOutput',
  'imageOutput',
];

/** The dialect's own form is the host's. */
function asItIs(encoded: Encoded): Encoded {
  return encoded;
}

const COMMON = {
  baseUrl: undefined,
  settings: [],
  defaults: {},
  framing: 'sse',
  sign: 'bearer',
  keyHeader: undefined,
  keyRequired: true,
  headers: {},
  quirks: {},
  lacks: [],
  place: 'network',
  shape: asItIs,
} as const satisfies Partial<Host>;
