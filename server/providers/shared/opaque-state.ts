/** State and items of a provider that only their origin can read: made, recognised, and kept from everybody else. */
import { GatewayError } from '../../model/errors.ts';
import { AdaptationAction, type OpaqueOrigin, type OpaquePart, type OpaqueState, type Part } from '../../model/wire.ts';
import type { Target } from '../dialect.ts';
import type { Adapter } from './adapter.ts';

const UTF8 = new TextEncoder();
const UTF8_DECODER = new TextDecoder();

/** The origin of everything that the target makes. */
export function originOf(target: Target): OpaqueOrigin {
  return { dialect: target.dialectId, upstreamModel: target.upstreamModel, stateDomain: target.stateDomain };
}

/** State that the target has just made. A string becomes its UTF-8 bytes. */
export function makeOpaqueState(target: Target, kind: string, data: string | Uint8Array): OpaqueState {
  return { origin: originOf(target), kind, data: toBytes(data) };
}

/** A part that holds an item for which the contract has no word. */
export function makeOpaquePart(target: Target, itemType: string, data: string | Uint8Array): Part {
  return {
    content: { $case: 'opaque', value: { origin: originOf(target), itemType, data: toBytes(data) } },
    cacheBreakpoint: undefined,
    opaqueState: [],
  };
}

/** Opaque bytes as the text that the provider sent. */
export function opaqueText(data: Uint8Array): string {
  return UTF8_DECODER.decode(data);
}

/** Whether state of an origin can be read by the target. */
export function isOwnOrigin(origin: OpaqueOrigin | undefined, target: Target): boolean {
  return (
    origin !== undefined &&
    origin.dialect === target.dialectId &&
    origin.upstreamModel === target.upstreamModel &&
    origin.stateDomain === target.stateDomain
  );
}

/**
 * The states of a part that go back to the target. Foreign ones are left out and reported where the call says so.
 * @param field Path of the part.
 * @throws GatewayError FOREIGN_STATE for a foreign one otherwise.
 */
export function keepOwnStates(part: Part, field: string, adapter: Adapter): readonly OpaqueState[] {
  const { opaqueState } = part;
  if (opaqueState.length === 0) return opaqueState;
  return opaqueState.filter(({ origin }, index) => keepOwn(origin, `${field}.opaque_state[${index}]`, adapter));
}

/**
 * Whether an opaque item goes back to the target. A foreign one is left out and reported where the call says so. A dialect
 * that cannot send some types back checks that beforehand.
 * @param field Path of the part.
 * @throws GatewayError FOREIGN_STATE for a foreign one otherwise, OPTION_NOT_ALLOWED for a type that is not configured.
 */
export function keepOwnItem(item: OpaquePart, field: string, adapter: Adapter): boolean {
  if (!keepOwn(item.origin, `${field}.opaque`, adapter)) return false;
  if (adapter.target.allowances.opaqueItems.has(item.itemType)) return true;
  const path = `${field}.opaque.item_type`;
  const description =
    "Items of this type are not accepted back; leave the part away or have the type listed in the model's configuration.";
  throw new GatewayError('OPTION_NOT_ALLOWED', `${path}: ${description}`, {
    violations: [{ field: path, description }],
  });
}

function keepOwn(origin: OpaqueOrigin | undefined, field: string, adapter: Adapter): boolean {
  const { target } = adapter;
  if (isOwnOrigin(origin, target)) return true;
  if (target.onForeignState === 'strip') {
    // The caller ordered it by on_foreign_state, so that it is no violation under STRICT.
    adapter.report(field, AdaptationAction.DROPPED, 'It was made by another origin, which alone can read it.');
    return false;
  }
  // Under `pin` routing has already looked for the origin: that it is not this one is a failure too.
  throw new GatewayError(
    'FOREIGN_STATE',
    `${field}: it was made by another origin than ${target.provider}/${target.upstreamModel}, which alone can read it; ` +
      'send the call there, leave the state away, or use on_foreign_state STRIP.',
    { violations: [{ field, description: 'It was made by another origin, which alone can read it.' }] },
  );
}

function toBytes(data: string | Uint8Array): Uint8Array {
  return typeof data === 'string' ? UTF8.encode(data) : data;
}
