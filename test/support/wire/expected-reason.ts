/** Which reason an error of a provider is, read off its own words by faults.md's rows 56 to 62 and the contract's table. */
import type { KanmonReason } from '@kanmon/client';
import type { Recording } from '../recordings.ts';
import { replayStatus } from '../replay-server.ts';
import { jsonOf } from './languages.ts';

/** The reason of an error reply. */
export function reasonOfReply(recording: Recording): KanmonReason {
  const status = replayStatus(recording);
  return reasonOf(recording.text, status) ?? 'UPSTREAM_REJECTED';
}

/** The reasons that the error within a stream may have before any output; after it there is one only. */
export function reasonsOfStream(recording: Recording): readonly KanmonReason[] {
  const failure = jsonOf<Readonly<Record<string, unknown>>>(recording).find(isFailure);
  const { error, choices } = failure ?? {};
  const words = JSON.stringify(error ?? choices ?? failure);
  const status = Number(/"code":"?(\d{3})\b/.exec(words)?.[1] ?? 200);
  const reason = reasonOf(words, status);
  return reason === undefined ? ['UPSTREAM_STREAM_ERROR', 'UPSTREAM_5XX', 'UPSTREAM_REJECTED'] : [reason];
}

function isFailure(json: Readonly<Record<string, unknown>>): boolean {
  if (json.type === 'error' || json.error != null || json.object === 'error') return true;
  return JSON.stringify(json.choices ?? '').includes('"finish_reason":"error"');
}

/** In this order: the narrower word goes before the wider one. */
const BY_WORDS: readonly (readonly [RegExp, KanmonReason])[] = [
  [/insufficient_quota|credit balance|usage limits?|billing_error|insufficient balance/i, 'UPSTREAM_QUOTA_EXHAUSTED'],
  [/context_length_exceeded|context (?:length|window)|prompt is too long/i, 'PROMPT_TOO_LONG'],
  [/content_filter|ResponsibleAI|content filtering policy/i, 'UPSTREAM_CONTENT_FILTERED'],
  [/model_not_found|not_found_error/, 'UPSTREAM_MODEL_NOT_FOUND'],
  [/authentication_error|permission_error|invalid_api_key/, 'UPSTREAM_CREDENTIALS'],
  [/rate_limit/, 'UPSTREAM_RATE_LIMITED'],
  [/overloaded_error/, 'UPSTREAM_OVERLOADED'],
];

const BY_STATUS: ReadonlyMap<number, KanmonReason> = new Map([
  [401, 'UPSTREAM_CREDENTIALS'],
  [402, 'UPSTREAM_QUOTA_EXHAUSTED'],
  [403, 'UPSTREAM_CREDENTIALS'],
  [404, 'UPSTREAM_MODEL_NOT_FOUND'],
  [429, 'UPSTREAM_RATE_LIMITED'],
  [503, 'UPSTREAM_OVERLOADED'],
  [529, 'UPSTREAM_OVERLOADED'],
]);

function reasonOf(words: string, status: number): KanmonReason | undefined {
  const byWords = BY_WORDS.find(([pattern]) => pattern.test(words))?.[1];
  return byWords ?? BY_STATUS.get(status) ?? (status >= 500 ? 'UPSTREAM_5XX' : undefined);
}
