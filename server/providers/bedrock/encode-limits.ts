/** Everything that bounds or shapes the answer; the limit of tokens, thinking and sampling depend on each other. */
import type { Generation } from '../../model/wire.ts';
import * as claude from '../anthropic/encode-parameters.ts';
import { encodeReasoning as encodeClaudeReasoning } from '../anthropic/encode-reasoning.ts';
import type { EncodeContext } from './context.ts';
import type { Block } from './encode-media.ts';
import * as parameters from './encode-parameters.ts';
import { encodeReasoning } from './encode-reasoning.ts';

/** Members of a request. */
export interface Limits {
  readonly inferenceConfig: Block;
  readonly outputConfig: Block;
  /** additionalModelRequestFields: what the model itself knows, and Converse does not. */
  readonly modelFields: Block;
}

/** Encodes them. `forced`: whether a tool call is forced, which Claude does not take together with thinking. */
export function encodeLimits(generation: Generation, forced: boolean, context: EncodeContext): Limits {
  const { adapter, family } = context;
  parameters.dropUnknown(generation, adapter);
  const stopSequences = parameters.encodeStopSequences(generation, adapter);
  const textFormat = parameters.encodeFormat(generation, adapter);
  const depth = family === 'anthropic' ? ofClaude(generation, forced, context) : ofOthers(generation, context);
  return {
    inferenceConfig: { ...depth.inferenceConfig, ...(stopSequences.length > 0 && { stopSequences }) },
    outputConfig: { ...depth.outputConfig, ...(textFormat && { textFormat }) },
    modelFields: depth.modelFields,
  };
}

function ofOthers(generation: Generation, context: EncodeContext): Limits {
  const maxTokens = parameters.chooseMaxTokens(generation, context.adapter);
  const { inferenceConfig, modelFields } = parameters.encodeSampling(generation, context);
  return {
    inferenceConfig: { ...(maxTokens !== undefined && { maxTokens }), ...inferenceConfig },
    outputConfig: {},
    modelFields: { ...modelFields, ...encodeReasoning(generation.reasoning, context) },
  };
}

/**
 * Claude keeps its rules of thinking and sampling on Bedrock, under its own names in additionalModelRequestFields
 * (https://docs.aws.amazon.com/bedrock/latest/userguide/claude-messages-extended-thinking.html, read 2026-11-24).
 */
function ofClaude(generation: Generation, forced: boolean, { adapter }: EncodeContext): Limits {
  const chosen = parameters.chooseMaxTokens(generation, adapter);
  const { value } = claude.chooseMaxTokens({ ...generation, maxOutputTokens: chosen }, adapter);
  const reasoning = encodeClaudeReasoning(generation.reasoning, {
    adapter,
    forced,
    maxTokens: value,
    maxTokensGiven: generation.maxOutputTokens !== undefined,
  });
  const { thinking, effort, maxTokens = chosen } = reasoning;
  const thinks = thinking !== undefined && thinking.type !== 'disabled';
  const { temperature, top_p, top_k } = claude.encodeSampling(generation, thinks, adapter);
  return {
    inferenceConfig: {
      ...(maxTokens !== undefined && { maxTokens }),
      ...(temperature !== undefined && { temperature }),
      ...(top_p !== undefined && { topP: top_p }),
    },
    outputConfig: effort === undefined ? {} : { effort },
    modelFields: { ...(thinking && { thinking }), ...(top_k !== undefined && { top_k }) },
  };
}
