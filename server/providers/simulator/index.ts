/**
 * The simulator, the embedded default provider: a pure script in openai-chat's wire. A request and settings give a reply
 * with the time of every piece; whoever plays it brings the clock. The same seed and request give the same bytes.
 */
import { asObject } from '../shared/json.ts';
import { chatScript } from './chat.ts';
import { embeddingsScript } from './embeddings.ts';
import { findFault, spoilScript } from './faults.ts';
import { SchemaError } from './schema-merge.ts';
import { errorBody, jsonScript, type Script, type SimulatedRequest } from './script.ts';
import type { SimulatorSettings } from './settings.ts';
import { RequestError } from './wire.ts';

export type { Script, ScriptChunk, SimulatedRequest } from './script.ts';
export type { Fault, FaultKind, SimulatorSettings } from './settings.ts';
export { parseSimulatorSettings } from './settings.ts';

/** The reply to one request. A wrong request gets an error in OpenAI's form. */
export function simulate(request: SimulatedRequest, settings: SimulatorSettings): Script {
  const script = answerRequest(request, settings);
  const model = asObject(request.body)?.model;
  const fault = findFault(settings, typeof model === 'string' ? model : '', request.callIndex);
  return fault === undefined ? script : spoilScript(script, fault);
}

function answerRequest({ method, path, body }: SimulatedRequest, settings: SimulatorSettings): Script {
  try {
    const json = asObject(body);
    if (method !== 'POST') throw new RequestError(`Not allowed to ${method} on ${path}.`, { status: 405 });
    if (json === undefined) throw new RequestError('We could not parse the JSON body of your request.');
    const [place = ''] = path.split('?');
    if (place.endsWith('/chat/completions')) return chatScript(json, settings);
    if (place.endsWith('/embeddings')) return embeddingsScript(json, settings);
    throw new RequestError(`Unknown request URL: ${method} ${place}.`, { status: 404, code: 'unknown_url' });
  } catch (error) {
    return refusalOf(error);
  }
}

function refusalOf(error: unknown): Script {
  if (error instanceof RequestError) {
    const { message, code, param } = error;
    return jsonScript(error.status, errorBody({ type: 'invalid_request_error', message, code, param }), 0);
  }
  if (error instanceof SchemaError) {
    const message = `Invalid schema: ${error.message}.`;
    return jsonScript(400, errorBody({ type: 'invalid_request_error', message, code: 'invalid_schema' }), 0);
  }
  throw error; // A fault of the simulator itself.
}
