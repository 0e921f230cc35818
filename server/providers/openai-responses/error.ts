/** Errors: those of chat completions, and the codes that only responses have. */
import { GatewayError } from '../../model/errors.ts';
import type { Reason } from '../../model/reasons.ts';
import { decodeError as decodeChatError, decodeErrorValue } from '../openai-chat/error.ts';
import { asObject, asText } from '../shared/json.ts';
import type { WireResponse } from './wire.ts';

/** Decodes an error reply. Total: whatever the body is, it gives an error and never throws. */
export function decodeError(
  status: number,
  headers: ReadonlyMap<string, string>,
  contentType: string,
  body: string,
): GatewayError {
  const error = decodeChatError(status, headers, contentType, body);
  // A status of 400 says less than these codes.
  const reason = error.reason === 'UPSTREAM_REJECTED' ? CODES.get(error.details.upstream?.code ?? '') : undefined;
  return reason === undefined ? error : new GatewayError(reason, error.message, { ...error.details });
}

/** The error that a response is whose status is failed. */
export function decodeFailure({ error }: WireResponse, fallback: Reason): GatewayError {
  return decodeErrorObject({ error: asObject(error) ?? {} }, fallback);
}

/**
 * The error of a value under the status 200: {error: {…}}, or the members of the error themselves, as in events of the type
 * `error` (hosts send either form).
 */
export function decodeErrorObject(value: unknown, fallback: Reason): GatewayError {
  const object = asObject(value);
  const code = asText((asObject(object?.error) ?? object)?.code) ?? '';
  return decodeErrorValue(value, CODES.get(code) ?? fallback);
}

/**
 * Codes of ResponseError that chat completions do not know (types of OpenAI's SDK 6.49.0, seen 2026-11-24). invalid_prompt is
 * said of prompts that are "flagged as potentially violating our usage policy".
 */
const CODES: ReadonlyMap<string, Reason> = new Map<string, Reason>([
  ['invalid_prompt', 'UPSTREAM_CONTENT_FILTERED'],
  ['bio_policy', 'UPSTREAM_CONTENT_FILTERED'],
  ['image_content_policy_violation', 'UPSTREAM_CONTENT_FILTERED'],
  ['data_residency_mismatch', 'UPSTREAM_REJECTED'],
  ['invalid_image', 'UPSTREAM_REJECTED'],
  ['invalid_image_format', 'UPSTREAM_REJECTED'],
  ['invalid_base64_image', 'UPSTREAM_REJECTED'],
  ['invalid_image_url', 'UPSTREAM_REJECTED'],
  ['invalid_image_mode', 'UPSTREAM_REJECTED'],
  ['image_too_large', 'UPSTREAM_REJECTED'],
  ['image_too_small', 'UPSTREAM_REJECTED'],
  ['image_parse_error', 'UPSTREAM_REJECTED'],
  ['image_file_too_large', 'UPSTREAM_REJECTED'],
  ['image_file_not_found', 'UPSTREAM_REJECTED'],
  ['unsupported_image_media_type', 'UPSTREAM_REJECTED'],
  ['empty_image_file', 'UPSTREAM_REJECTED'],
  ['failed_to_download_image', 'UPSTREAM_REJECTED'],
  ['vector_store_timeout', 'UPSTREAM_5XX'],
]);
