/**
 * Whether a provider has named the end of its answer, told without the dialects' own code: by the words in which each language
 * says so. What is asked of many events is a necessary condition, not a sufficient one.
 */
import type { Frame } from '../../server/providers/dialect.ts';

type Json = Readonly<Record<string, unknown>>;

/** Whether the frames of a stream hold a finish. @throws Error for a dialect that has no row here */
export function streamHasFinish(dialectId: string, frames: readonly Frame[]): boolean {
  const says = ofDialect(STREAM_FINISHES, dialectId);
  return frames.some(({ event, data }) => {
    const json = objectOf(parse(data));
    return says(json, json.type ?? event, event); // The event's name stands in for a type that the JSON does not have.
  });
}

/** Whether a whole reply holds one. @throws Error for a dialect that has no row here */
export function replyHasFinish(dialectId: string, text: string): boolean {
  return ofDialect(REPLY_FINISHES, dialectId)(objectOf(parse(text)));
}

const STREAM_FINISHES: Readonly<Record<string, (json: Json, type: unknown, event: string) => boolean>> = {
  'openai.chat': (json) => listOf(json.choices).some((choice) => isWord(objectOf(choice).finish_reason)),
  'openai.responses': (_json, type) => type === 'response.completed' || type === 'response.incomplete',
  'anthropic.messages': (_json, type) => type === 'message_stop',
  'google.gemini': hasGoogleFinish,
  // Amazon's own models name the event within the JSON too (InvokeModel).
  'bedrock.converse': (json, _type, event) => event === 'messageStop' || 'messageStop' in json,
  'cohere.v2': (json, type) => type === 'message-end' && typeof objectOf(json.delta).finish_reason === 'string',
};

const REPLY_FINISHES: Readonly<Record<string, (json: Json) => boolean>> = {
  'openai.chat': (json) => listOf(json.choices).some((choice) => isWord(objectOf(choice).finish_reason)),
  'openai.responses': (json) => isWord(json.status),
  'anthropic.messages': (json) => isWord(json.stop_reason),
  'google.gemini': hasGoogleFinish,
  'bedrock.converse': (json) => isWord(json.stopReason),
  'cohere.v2': (json) => isWord(json.finish_reason),
};

function hasGoogleFinish({ candidates, promptFeedback }: Json): boolean {
  return (
    isWord(objectOf(promptFeedback).blockReason) || listOf(candidates).some((one) => isWord(objectOf(one).finishReason))
  );
}

function ofDialect<T>(rows: Readonly<Record<string, T>>, dialectId: string): T {
  const row = rows[dialectId];
  if (row === undefined) throw new Error(`no finish is known of ${dialectId}: add a row`);
  return row;
}

function isWord(value: unknown): boolean {
  return typeof value === 'string' && value !== '';
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function objectOf(value: unknown): Json {
  return typeof value === 'object' && value !== null ? (value as Json) : {};
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // It says nothing then.
  }
}
