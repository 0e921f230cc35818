/** All checks of a request, in the order in which their errors matter. */
import type { Rpc, RpcTypes } from '../../../model/call.ts';
import { type FieldViolation, GatewayError } from '../../../model/errors.ts';
import type { Reason } from '../../../model/reasons.ts';
import type { GatewayOptions, Generation, ListModelsRequest } from '../../../model/wire.ts';
import type { Received } from '../codec.ts';
import { MAX_FIELDS } from '../field-count.ts';
import { findUnknown, mayHaveUnknown } from '../unknown.ts';
import { checkEmbed, checkGeneration } from './generation.ts';
import { checkOptions, findNotServed } from './options.ts';
import { at, Findings } from './violations.ts';

const MAX_PAGE_SIZE = 1000;
const SHOWN_FIELDS = 3;

/**
 * Checks a request against the contract.
 * @throws GatewayError UNKNOWN_FIELD, INVALID_REQUEST, SCHEMA_TOO_COMPLEX or FIELD_NOT_SERVED, with every field of the kind.
 */
export function checkRequest<R extends Rpc>(rpc: R, received: Received<RpcTypes[R]['request']>): void {
  if (received.tooManyFields) throw tooManyFields();
  if (mayHaveUnknown(received.message)) {
    refuse('UNKNOWN_FIELD', 'this gateway does not know', findUnknown(received.typeName, received.bytes));
  }
  const found = new Findings();
  checkMessage(rpc, received.message, found);
  refuse('INVALID_REQUEST', 'the request is wrong in', found.wrong);
  refuse('SCHEMA_TOO_COMPLEX', 'a schema is too complex in', found.complex);
  refuse('FIELD_NOT_SERVED', 'this version does not serve', found.notServed);
}

function tooManyFields(): GatewayError {
  const description = `has more than ${MAX_FIELDS} fields in all; make several calls of it`;
  return new GatewayError('INVALID_REQUEST', `the request ${description}`, {
    violations: [{ field: '', description }],
  });
}

function checkMessage(rpc: Rpc, request: RpcTypes[Rpc]['request'], found: Findings): void {
  if ('generation' in request) {
    checkGenerationField(request.generation, found);
    checkOptionsField(request.options, found);
  } else if ('inputs' in request) {
    checkEmbed(request, found);
    checkOptionsField(request.options, found);
  } else if (rpc === 'listModels') {
    checkPage(request, found);
  }
}

function checkGenerationField(generation: Generation | undefined, found: Findings): void {
  const path = at(undefined, 'generation');
  if (generation === undefined) found.add(path, 'must be set');
  else checkGeneration(path, generation, found);
}

function checkOptionsField(options: GatewayOptions | undefined, found: Findings): void {
  if (options === undefined) return;
  const path = at(undefined, 'options');
  checkOptions(path, options, found);
  findNotServed(path, options, found);
}

function checkPage(request: ListModelsRequest, found: Findings): void {
  found.range(at(undefined, 'page_size'), request.pageSize, 0, MAX_PAGE_SIZE);
}

function refuse(reason: Reason, sentence: string, violations: readonly FieldViolation[]): void {
  if (violations.length === 0) return;
  const shown = violations.slice(0, SHOWN_FIELDS).map(({ field, description }) => `${field}: ${description}`);
  const more = violations.length > SHOWN_FIELDS ? `; and ${violations.length - SHOWN_FIELDS} more fields` : '';
  throw new GatewayError(reason, `${sentence} ${shown.join('; ')}${more}`, { violations });
}
