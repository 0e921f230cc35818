/**
 * Results of calls as function responses: https://ai.google.dev/api/caching#FunctionResponse and
 * https://ai.google.dev/gemini-api/docs/function-calling#multimodal, seen 2026-11-24.
 */
import type { ToolResult, ToolResultContent } from '../../model/wire.ts';
import type { Adapter } from '../shared/adapter.ts';
import { invalidField, parseCallerJson } from '../shared/json.ts';
import { encodeMedia } from './encode-media.ts';
import { type EncodedCall, type Entry, sendsId } from './encode-parts.ts';

/** A call that waits for its result. */
export interface OpenCall extends EncodedCall {
  /** Its place among the calls of its turn. */
  readonly order: number;
}

/** What a result belongs to. */
export interface ResultContext {
  readonly call: OpenCall;
  /** Path of the result's part. */
  readonly field: string;
  readonly adapter: Adapter;
}

/**
 * A result, which carries the name of its call. What the tool gave stands under "output", what went wrong under "error", as Google
 * has it; images and documents stand beside them as parts of the response.
 */
export function encodeToolResult(result: ToolResult, { call, field, adapter }: ResultContext): Entry {
  const values: unknown[] = [];
  const parts: unknown[] = [];
  for (const [index, item] of result.content.entries()) {
    encodeItem(item, `${field}.tool_result.content[${index}]`, { values, parts, adapter });
  }
  const value = values.length === 1 ? values[0] : values.length === 0 ? '' : values;
  const functionResponse = {
    ...(sendsId(call.id, adapter) && { id: call.id }),
    name: call.name,
    response: result.isError ? { error: value } : { output: value },
    ...(parts.length > 0 && { parts }),
  };
  return { wire: { functionResponse }, field, order: call.order };
}

interface Gathered {
  readonly values: unknown[];
  readonly parts: unknown[];
  readonly adapter: Adapter;
}

function encodeItem({ content }: ToolResultContent, field: string, { values, parts, adapter }: Gathered): void {
  switch (content?.$case) {
    case 'text':
      values.push(content.value);
      break;
    case 'json':
      values.push(parseCallerJson(content.value, `${field}.json`));
      break;
    case 'image':
    case 'document': {
      const media = encodeMedia(content, field, adapter);
      if (media !== undefined) parts.push(media);
      break;
    }
    default:
      throw invalidField(field, 'It has no content.');
  }
}
