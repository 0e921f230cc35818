/** The escape hatch: members of provider_options_json that reach the provider. */
import { type FieldViolation, GatewayError } from '../../model/errors.ts';
import type { Target } from '../dialect.ts';
import { parseCallerObject } from './json.ts';

/** Members that no configuration can open, in any dialect: they decide who answers, how often, and for whom it is kept. */
const NEVER: ReadonlySet<string> = new Set([
  '__proto__',
  'constructor',
  'prototype',
  'model',
  'models',
  'stream',
  'stream_options',
  'n',
  'store',
  'background',
  'headers',
  'extra_headers',
  'extra_body',
  'extra_query',
  'api_key',
  'api_base',
  'base_url',
]);

/**
 * Adds the caller's members for the target's dialect to a body. Every member that does not pass is named at once.
 * @throws GatewayError OPTION_NOT_ALLOWED, or INVALID_REQUEST for what is not a JSON object.
 */
export function mergeProviderOptions(
  body: Record<string, unknown>,
  optionsJson: Readonly<Record<string, string>>,
  { target, owned, path }: ProviderOptionRules,
): void {
  const { dialectId } = target;
  const text = Object.hasOwn(optionsJson, dialectId) ? optionsJson[dialectId] : undefined;
  if (text === undefined) return;
  const field = `${path}["${dialectId}"]`;
  const options = parseCallerObject(text, field);
  const allowed = target.allowances.providerOptions.get(dialectId);
  const violations: FieldViolation[] = [];
  for (const [member, value] of Object.entries(options)) {
    const description = refusal(member, owned, allowed);
    if (description === undefined) body[member] = value;
    else violations.push({ field: `${field}.${printable(member)}`, description });
  }
  if (violations.length === 0) return;
  const message = violations.map((violation) => `${violation.field}: ${violation.description}`).join(' ');
  throw new GatewayError('OPTION_NOT_ALLOWED', message, { violations });
}

/** What decides whether a member passes. */
export interface ProviderOptionRules {
  readonly target: Target;
  /** Members that the encoder sets or could set. */
  readonly owned: ReadonlySet<string>;
  /** Path of the map in the request, for instance generation.provider_options_json. */
  readonly path: string;
}

/** In any spelling: servers written in Go read Model as model (encoding/json ignores case), and the last one counts. */
function refusal(member: string, owned: ReadonlySet<string>, allowed: ReadonlySet<string> | undefined) {
  const name = member.toLowerCase();
  if (NEVER.has(name)) return 'The gateway itself decides this; it cannot be passed.';
  if (inLowerCase(owned).has(name)) return 'The contract has a field of its own for this; use it.';
  if (allowed?.has(member)) return undefined;
  return "The model's configuration does not let it pass; leave it away or have it listed under `allow`.";
}

const lowerCaseSets = new WeakMap<ReadonlySet<string>, ReadonlySet<string>>();

/** The members in lower case, made once for each set: those of Google and Amazon are in camel case. */
function inLowerCase(owned: ReadonlySet<string>): ReadonlySet<string> {
  const known = lowerCaseSets.get(owned);
  if (known !== undefined) return known;
  const lower = new Set(Array.from(owned, (member) => member.toLowerCase()));
  lowerCaseSets.set(owned, lower);
  return lower;
}

function printable(member: string): string {
  return /^[\w.-]{1,64}$/.test(member) ? member : '(member)'; // Never more of a caller's text than a name.
}
