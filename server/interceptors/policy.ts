/** The policy seat. Today: a client may use the models that it was given, and no others. */
import type { Client, Entered } from '../config/snapshot.ts';
import { GatewayError } from '../model/errors.ts';
import { type Asking, extend, type Identified, type Interceptor, type Permitted } from './chain.ts';

/**
 * Adds the model, if it exists and the client was given it.
 * @throws GatewayError MODEL_NOT_FOUND, in the same words whether the model does not exist or was not given.
 */
export function policy(): Interceptor<Permitted, Entered & Identified & Asking> {
  return (next) => async (call) => {
    const model = call.client.models.has(call.modelName) ? call.snapshot.models.get(call.modelName) : undefined;
    if (model === undefined) throw notFound(call.modelName, call.client);
    call.record.model = model.name;
    return next(extend(call, { model }));
  };
}

const MAX_NAME_CHARS = 64;
const MAX_LIST_CHARS = 300; // With the rest of the sentence, below the 512 of a status message.

function notFound(modelName: string, { modelNames }: Client): GatewayError {
  const name = modelName.slice(0, MAX_NAME_CHARS).toWellFormed();
  const may = modelNames.length === 0 ? 'it has no models yet' : `it may use ${listOf(modelNames)}`;
  return new GatewayError('MODEL_NOT_FOUND', `this client has no model ${JSON.stringify(name)}; ${may}`, {
    metadata: { model: name },
  });
}

function listOf(names: readonly string[]): string {
  let text = '';
  for (const [index, name] of names.entries()) {
    const longer = index === 0 ? name : `${text}, ${name}`;
    if (longer.length > MAX_LIST_CHARS) return `${text} and ${names.length - index} more (ListModels names them)`;
    text = longer;
  }
  return text;
}
