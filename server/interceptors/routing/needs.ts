/** What a call asks of a deployment, read once from its content. */
import type { AnyRequest } from '../../model/call.ts';
import type { Feature } from '../../model/target.ts';
import {
  type ChatMessage,
  type EmbedRequest,
  type Generation,
  type OpaqueOrigin,
  type Part,
  Role,
} from '../../model/wire.ts';

/** Kinds of input that no dialect can turn into something else. */
export type InputFeature = Extract<Feature, 'imageInput' | 'audioInput' | 'videoInput' | 'documentInput'>;

/** What the content of a call demands. */
export interface Needs {
  readonly inputs: ReadonlySet<InputFeature>;
  /** Places whose state the conversation carries, each once. */
  readonly origins: readonly OpaqueOrigin[];
}

const NO_NEEDS: Needs = { inputs: new Set(), origins: [] };

const INPUT_OF: Readonly<Record<string, InputFeature>> = {
  image: 'imageInput',
  audio: 'audioInput',
  video: 'videoInput',
  document: 'documentInput',
};

/** Reads the needs of a request. */
export function readNeeds(request: AnyRequest): Needs {
  if ('generation' in request) return request.generation === undefined ? NO_NEEDS : ofGeneration(request.generation);
  return 'inputs' in request ? ofInputs(request) : NO_NEEDS;
}

function ofGeneration({ messages }: Generation): Needs {
  const inputs = new Set<InputFeature>();
  const origins: OpaqueOrigin[] = [];
  for (const message of messages) {
    for (const part of message.parts) {
      addInput(inputs, message, part);
      if (part.content?.$case === 'opaque') addOrigin(origins, part.content.value.origin);
      for (const { origin } of part.opaqueState) addOrigin(origins, origin);
    }
  }
  return inputs.size === 0 && origins.length === 0 ? NO_NEEDS : { inputs, origins };
}

/** Media in the model's own turns are history that a dialect may leave out; in the others' turns they are the question. */
function addInput(inputs: Set<InputFeature>, { role }: ChatMessage, { content }: Part): void {
  const feature = content && INPUT_OF[content.$case];
  if (feature !== undefined && role !== Role.ASSISTANT) inputs.add(feature);
}

function addOrigin(origins: OpaqueOrigin[], origin: OpaqueOrigin | undefined): void {
  if (origin === undefined || origins.some((known) => isSameOrigin(known, origin))) return;
  origins.push(origin);
}

/** Whether two origins are one place. */
export function isSameOrigin(a: OpaqueOrigin, b: OpaqueOrigin): boolean {
  return a.dialect === b.dialect && a.upstreamModel === b.upstreamModel && a.stateDomain === b.stateDomain;
}

function ofInputs({ inputs }: EmbedRequest): Needs {
  const hasImage = inputs.some(({ parts }) => parts.some(({ content }) => content?.$case === 'image'));
  return hasImage ? { inputs: new Set(['imageInput']), origins: [] } : NO_NEEDS;
}
