/**
 * How much the model thinks: newer models take a level, those of the generation 2.5 a budget of tokens, never both.
 * https://ai.google.dev/gemini-api/docs/thinking and https://cloud.google.com/vertex-ai/generative-ai/docs/thinking, seen
 * 2026-11-24.
 */
import { ReasoningEffort, ReasoningMode, type ReasoningOptions } from '../../model/wire.ts';
import type { Adapter } from '../shared/adapter.ts';

/** thinkingConfig. */
export interface ThinkingConfig {
  readonly thinkingLevel?: string;
  readonly thinkingBudget?: number;
  readonly includeThoughts?: boolean;
}

/** Encodes the wishes; an empty answer means the model's default. */
export function encodeThinking(options: ReasoningOptions, adapter: Adapter): ThinkingConfig {
  const isOff = options.effort === ReasoningEffort.NONE;
  if (isOff && adapter.lacks('reasoning')) return {}; // It does not think: nothing is missed.
  if (!adapter.can('reasoning', FIELD)) return {};
  const amount = wantsBudget(options, adapter) ? encodeBudget(options, adapter) : encodeLevel(options, adapter);
  return { ...amount, ...(options.summary !== undefined && { includeThoughts: options.summary }) };
}

const FIELD = 'generation.reasoning';

/** A model of which nothing is known is told as the newest are, unless a budget is all that is said. */
function wantsBudget({ mode, maxTokens, effort }: ReasoningOptions, adapter: Adapter): boolean {
  const { reasoningBy } = adapter.target.capabilities;
  if (reasoningBy !== undefined) return reasoningBy === 'budget';
  if (mode !== ReasoningMode.UNSPECIFIED) return mode === ReasoningMode.BUDGET;
  return maxTokens !== undefined && effort === ReasoningEffort.UNSPECIFIED;
}

const LEVELS: ReadonlyMap<ReasoningEffort, string> = new Map([
  [ReasoningEffort.MINIMAL, 'MINIMAL'],
  [ReasoningEffort.LOW, 'LOW'],
  [ReasoningEffort.MEDIUM, 'MEDIUM'],
  [ReasoningEffort.HIGH, 'HIGH'],
]);

/** Efforts for which Gemini has no level of its own: what is nearest. */
const NEAREST: ReadonlyMap<ReasoningEffort, string> = new Map([
  [ReasoningEffort.NONE, 'MINIMAL'],
  [ReasoningEffort.XHIGH, 'HIGH'],
  [ReasoningEffort.MAX, 'HIGH'],
]);

function encodeLevel({ effort, maxTokens, mode }: ReasoningOptions, adapter: Adapter): ThinkingConfig {
  if (maxTokens !== undefined) adapter.drop(`${FIELD}.max_tokens`, 'The model takes a level of thinking only.');
  else if (mode === ReasoningMode.BUDGET) adapter.drop(`${FIELD}.mode`, 'The model takes a level of thinking only.');
  const nearest = NEAREST.get(effort);
  if (nearest !== undefined) adapter.rewrite(`${FIELD}.effort`, `Gemini's nearest level is ${nearest}.`);
  const thinkingLevel = nearest ?? LEVELS.get(effort);
  return thinkingLevel === undefined ? {} : { thinkingLevel };
}

/** Google's own scale for reasoning_effort: https://ai.google.dev/gemini-api/docs/openai#thinking, seen 2026-11-24. */
const BUDGETS: ReadonlyMap<ReasoningEffort, number> = new Map([
  [ReasoningEffort.MINIMAL, 1024],
  [ReasoningEffort.LOW, 1024],
  [ReasoningEffort.MEDIUM, 8192],
  [ReasoningEffort.HIGH, 24_576],
  [ReasoningEffort.XHIGH, 24_576],
  [ReasoningEffort.MAX, 24_576],
]);

/** The least that every model of the generation 2.5 takes, those that cannot do without included. */
const MIN_BUDGET = 512;

/** The model decides. */
const DYNAMIC = -1;

function encodeBudget({ effort, maxTokens, mode }: ReasoningOptions, adapter: Adapter): ThinkingConfig {
  if (effort === ReasoningEffort.NONE) return encodeOff(adapter);
  const ofEffort = BUDGETS.get(effort);
  if (maxTokens !== undefined) {
    if (ofEffort !== undefined) adapter.drop(`${FIELD}.effort`, 'The model takes a budget: max_tokens is sent.');
    return { thinkingBudget: maxTokens };
  }
  if (ofEffort === undefined) return mode === ReasoningMode.ADAPTIVE ? { thinkingBudget: DYNAMIC } : {};
  adapter.rewrite(`${FIELD}.effort`, `Sent as a budget of ${ofEffort} tokens.`);
  return { thinkingBudget: ofEffort };
}

function encodeOff(adapter: Adapter): ThinkingConfig {
  if (!adapter.lacks('reasoningEffortNone')) return { thinkingBudget: 0 };
  adapter.rewrite(`${FIELD}.effort`, 'The model cannot do without; the least was asked for.');
  return { thinkingBudget: MIN_BUDGET };
}
