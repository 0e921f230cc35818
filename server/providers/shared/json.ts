/** JSON of callers and providers, parsed without trust. */
import { GatewayError } from '../../model/errors.ts';

/** A JSON object of unknown members. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** Whether a value is a JSON object (not null, not a list). */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The value if it is an object, else undefined. */
export function asObject(value: unknown): JsonObject | undefined {
  return isJsonObject(value) ? value : undefined;
}

/** The value if it is a list, else an empty one. */
export function asList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** The value if it is a string, made well-formed Unicode (JSON escapes can hold half a surrogate pair); else undefined. */
export function asText(value: unknown): string | undefined {
  return typeof value === 'string' ? value.toWellFormed() : undefined;
}

/** Parses text; undefined if it is not JSON. */
export function tryParseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // JSON has no undefined, so that nothing is confused; callers say themselves what is wrong.
  }
}

/**
 * Parses JSON so that serialising the value again gives every number with its own digits (JSON.rawJSON), also those that a
 * double cannot hold. Members with integer names change their order, which no JavaScript object can keep.
 * @throws SyntaxError
 */
export function parseExactJson(text: string): unknown {
  return FRAGILE_NUMBER.test(text) ? JSON.parse(text, keepDigits) : JSON.parse(text);
}

/**
 * Parses JSON of a caller that a provider shall see as it was written: numbers that a double cannot hold keep their
 * digits when the value is serialised again (JSON.rawJSON). Members with integer names change their order, which no
 * JavaScript object can keep.
 * @param field Path of the text in the request, for the error.
 * @throws GatewayError INVALID_REQUEST
 */
export function parseCallerJson(text: string, field: string): unknown {
  try {
    return parseExactJson(text);
  } catch {
    throw invalidField(field, 'It is not valid JSON.'); // The parser's message quotes the caller's text.
  }
}

/**
 * The same for JSON that must be an object.
 * @throws GatewayError INVALID_REQUEST
 */
export function parseCallerObject(text: string, field: string): Record<string, unknown> {
  const value = parseCallerJson(text, field);
  // A number kept with its digits is an object too.
  if (!isJsonObject(value) || !/^\s*\{/.test(text)) throw invalidField(field, 'It must be a JSON object.');
  return value;
}

/** INVALID_REQUEST for one field. */
export function invalidField(field: string, description: string): GatewayError {
  return new GatewayError('INVALID_REQUEST', `${field}: ${description}`, { violations: [{ field, description }] });
}

// Reviving costs three times the parsing; most texts hold no number that it would change.
const FRAGILE_NUMBER = /\d{16}|\d[eE][-+]?\d|\.\d*0(?!\d)|-0/;

// ES2025's library types lack both: https://github.com/tc39/proposal-json-parse-with-source (stage 4, in V8 since 11.4).
const { rawJSON } = JSON as unknown as { readonly rawJSON: (text: string) => unknown };

function keepDigits(_key: string, value: unknown, context?: { readonly source?: string }): unknown {
  const source = context?.source;
  return typeof value === 'number' && source !== undefined && String(value) !== source ? rawJSON(source) : value;
}
