/** Tools that providers run: what every dialect looks at before one passes. */
import { GatewayError } from '../../model/errors.ts';
import type { ProviderTool } from '../../model/wire.ts';
import type { Adapter } from './adapter.ts';
import { type JsonObject, parseCallerObject } from './json.ts';

/** A provider tool of the target's own dialect, not yet allowed. */
export interface NamedDefinition {
  readonly definition: JsonObject;
  /** Path of the definition in the request. */
  readonly field: string;
}

/**
 * The definition of a provider tool. Undefined: it is of another dialect, which the adapter refuses in either mode.
 * @throws GatewayError INVALID_REQUEST if it is no JSON object
 */
export function readProviderTool(
  { dialect, definitionJson }: ProviderTool,
  path: string,
  adapter: Adapter,
): NamedDefinition | undefined {
  const { target } = adapter;
  if (dialect !== target.dialectId) {
    adapter.refuse(`${path}.dialect`, `${target.provider} speaks ${target.dialectId}.`);
    return undefined;
  }
  const field = `${path}.definition_json`;
  return { definition: parseCallerObject(definitionJson, field), field };
}

/** The error for a provider tool that the configuration does not let pass. */
export function providerToolNotAllowed(
  field: string,
  description = "The model's configuration does not let tools of this type pass; have it listed under `allow`.",
): GatewayError {
  return new GatewayError('OPTION_NOT_ALLOWED', `${field}: ${description}`, { violations: [{ field, description }] });
}
