/** Errors: {error: {code, message}}, the kind by the status: https://skeleton.example/docs/errors, read 2026-01-01. */
import { GatewayError } from '../../server/model/errors.ts';
import type { Reason } from '../../server/model/reasons.ts';
import { asObject, asText, type JsonObject, tryParseJson } from '../../server/providers/shared/json.ts';
import { cleanProviderText } from '../../server/providers/shared/provider-text.ts';
import { readRetryHints } from '../../server/providers/shared/retry-hints.ts';

/** Decodes an error reply. Total: whatever the body is, it gives an error and never throws. */
export function decodeError(
  status: number,
  headers: ReadonlyMap<string, string>,
  _contentType: string,
  body: string,
): GatewayError {
  const json = tryParseJson(body);
  const { code, text } = readError(asObject(json) ?? {});
  const reason = reasonOf(status);
  // What a provider says of its credentials is the operator's: it goes to the log.
  const shown = reason === 'UPSTREAM_CREDENTIALS' || text === '' ? '.' : `: ${text}`;
  return new GatewayError(reason, `The provider answered ${status}${shown}`, {
    ...readRetryHints(status, headers, json),
    upstream: { status, code },
    ...(text !== '' && { cause: new Error(text) }),
  });
}

/** The error in the place of an answer; `reason` where it does not tell a better one. */
export function decodeErrorValue(value: JsonObject, reason: Reason): GatewayError {
  const { code, text } = readError(value);
  const message = `The provider reported an error${text === '' ? '.' : `: ${text}`}`;
  return new GatewayError(reason, message, { upstream: { status: 200, code } });
}

function readError({ error }: JsonObject): { readonly code: string; readonly text: string } {
  const { code, message } = asObject(error) ?? {};
  return { code: cleanProviderText(asText(code) ?? ''), text: cleanProviderText(asText(message) ?? '') };
}

function reasonOf(status: number): Reason {
  const reason = BY_STATUS.get(status);
  if (reason !== undefined) return reason;
  if (status >= 500) return 'UPSTREAM_5XX';
  if (status >= 400) return 'UPSTREAM_REJECTED';
  return status >= 300 ? 'UPSTREAM_REDIRECT' : 'UPSTREAM_PROTOCOL';
}

const BY_STATUS: ReadonlyMap<number, Reason> = new Map([
  [401, 'UPSTREAM_CREDENTIALS'],
  [403, 'UPSTREAM_CREDENTIALS'],
  [404, 'UPSTREAM_MODEL_NOT_FOUND'],
  [408, 'UPSTREAM_TIMEOUT'],
  [429, 'UPSTREAM_RATE_LIMITED'],
  [503, 'UPSTREAM_OVERLOADED'],
]);
