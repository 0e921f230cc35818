/** Cuts a large Embed into pieces and puts their answers together. Pure. */
import type { VectorsAnswer } from '../../model/call.ts';
import { GatewayError } from '../../model/errors.ts';
import { sumUsage } from '../../model/usage.ts';
import type { Adaptation, EmbedRequest } from '../../model/wire.ts';

/** Requests with at most so many inputs each, in order. */
export function cut(request: EmbedRequest, maxInputs: number): readonly EmbedRequest[] {
  const pieces: EmbedRequest[] = [];
  for (let at = 0; at < request.inputs.length; at += maxInputs) {
    pieces.push({ ...request, inputs: request.inputs.slice(at, at + maxInputs) });
  }
  return pieces;
}

/**
 * One answer of many, in their order: vectors in a row, usage summed, adaptations each once.
 * @throws GatewayError UPSTREAM_PROTOCOL if the vectors differ in length: they cannot lie in one space.
 */
export function join(answers: readonly [VectorsAnswer, ...VectorsAnswer[]]): VectorsAnswer {
  const [first] = answers;
  const other = answers.find(({ dimensions }) => dimensions !== first.dimensions);
  if (other !== undefined) {
    throw new GatewayError(
      'UPSTREAM_PROTOCOL',
      `${first.deployment.id} gave vectors of ${first.dimensions} and of ${other.dimensions} dimensions for one call`,
    );
  }
  return {
    ...first,
    embeddings: answers.flatMap(({ embeddings }) => embeddings),
    usage: sumUsage(answers.map(({ usage }) => usage)),
    adaptations: distinct(answers.flatMap(({ adaptations }) => adaptations)),
  };
}

function distinct(adaptations: readonly Adaptation[]): readonly Adaptation[] {
  const seen = new Map<string, Adaptation>();
  for (const adaptation of adaptations) {
    seen.set(`${adaptation.field}\n${adaptation.action}\n${adaptation.detail}`, adaptation);
  }
  return [...seen.values()];
}
