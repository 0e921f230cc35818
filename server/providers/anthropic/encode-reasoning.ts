/**
 * How much the model thinks. Newer models decide themselves (adaptive), guided by an effort; older ones take a budget of
 * tokens. https://platform.claude.com/docs/en/build-with-claude/adaptive-thinking, /effort and /extended-thinking, read
 * 2026-11-24.
 */
import { ReasoningEffort, ReasoningMode, type ReasoningOptions } from '../../model/wire.ts';
import type { Adapter } from '../shared/adapter.ts';
import type { Block } from './encode-media.ts';

/** What decides about thinking beside the caller's wishes. */
export interface ReasoningContext {
  readonly adapter: Adapter;
  /** Whether a tool call is forced, which rules thinking out. */
  readonly forced: boolean;
  readonly maxTokens: number;
  /** Whether maxTokens is the caller's own, and so the end of the matter. */
  readonly maxTokensGiven: boolean;
}

/** Thinking as Anthropic is told. */
export interface EncodedReasoning {
  readonly thinking?: Block;
  /** output_config.effort. */
  readonly effort?: string;
  /** max_tokens that leaves room for an answer beside the budget. */
  readonly maxTokens?: number;
}

/** Encodes the wishes; an empty answer means the model's default. */
export function encodeReasoning(options: ReasoningOptions | undefined, context: ReasoningContext): EncodedReasoning {
  if (options === undefined) return {};
  const { adapter } = context;
  if (options.effort === ReasoningEffort.NONE) return encodeNone(adapter);
  if (!adapter.can('reasoning', FIELD)) return {};
  return wantsBudget(options, adapter) ? encodeBudget(options, context) : encodeAdaptive(options, context);
}

const FIELD = 'generation.reasoning';

const EFFORTS: ReadonlyMap<ReasoningEffort, string> = new Map([
  [ReasoningEffort.MINIMAL, 'low'],
  [ReasoningEffort.LOW, 'low'],
  [ReasoningEffort.MEDIUM, 'medium'],
  [ReasoningEffort.HIGH, 'high'],
  [ReasoningEffort.XHIGH, 'xhigh'],
  [ReasoningEffort.MAX, 'max'],
]);

/** Share of max_tokens that an effort is worth as a budget: the scale that OpenRouter documents for the same purpose. */
const BUDGET_SHARES: ReadonlyMap<ReasoningEffort, number> = new Map([
  [ReasoningEffort.MINIMAL, 0.1],
  [ReasoningEffort.LOW, 0.2],
  [ReasoningEffort.MEDIUM, 0.5],
  [ReasoningEffort.HIGH, 0.8],
  [ReasoningEffort.XHIGH, 0.95],
  [ReasoningEffort.MAX, 0.95],
]);

const DEFAULT_SHARE = 0.5;

/** "Must be ≥1024 and less than max_tokens." */
const MIN_BUDGET_TOKENS = 1024;

function encodeNone(adapter: Adapter): EncodedReasoning {
  if (adapter.lacks('reasoning')) return {}; // It does not think anyway.
  return adapter.can('reasoningEffortNone', `${FIELD}.effort`) ? { thinking: { type: 'disabled' } } : {};
}

/** A model of which nothing is known is told as the newest are, unless a budget is all that is said. */
function wantsBudget({ mode, maxTokens, effort }: ReasoningOptions, adapter: Adapter): boolean {
  const { reasoningBy } = adapter.target.capabilities;
  if (reasoningBy !== undefined) return reasoningBy === 'budget';
  if (mode !== ReasoningMode.UNSPECIFIED) return mode === ReasoningMode.BUDGET;
  return maxTokens !== undefined && effort === ReasoningEffort.UNSPECIFIED;
}

function encodeAdaptive(options: ReasoningOptions, { adapter, forced }: ReasoningContext): EncodedReasoning {
  if (options.maxTokens !== undefined) {
    adapter.drop(`${FIELD}.max_tokens`, 'The model decides itself how much it thinks, guided by the effort.');
  } else if (options.mode === ReasoningMode.BUDGET) {
    adapter.drop(`${FIELD}.mode`, 'The model takes no budget of tokens.');
  }
  const effort = encodeEffort(options.effort, adapter);
  const byEffortOnly = adapter.target.capabilities.reasoningBy === 'effort' && options.mode !== ReasoningMode.ADAPTIVE;
  if (byEffortOnly && options.summary === undefined) return effort;
  if (!isAskedFor(options)) {
    adapter.drop(`${FIELD}.summary`, 'It needs thinking, which is not asked for.');
    return effort;
  }
  return yieldsToTool(forced, adapter) ? effort : { ...effort, thinking: { type: 'adaptive', ...display(options) } };
}

/** A wish for a summary is a wish for thinking; a wish for none is not. */
function isAskedFor({ effort, maxTokens, mode, summary }: ReasoningOptions): boolean {
  const said = effort !== ReasoningEffort.UNSPECIFIED || mode !== ReasoningMode.UNSPECIFIED;
  return said || maxTokens !== undefined || summary !== false;
}

function encodeEffort(effort: ReasoningEffort, adapter: Adapter): EncodedReasoning {
  const word = EFFORTS.get(effort);
  if (effort === ReasoningEffort.MINIMAL) adapter.rewrite(`${FIELD}.effort`, "Anthropic's lowest is low.");
  return word === undefined ? {} : { effort: word };
}

function encodeBudget(options: ReasoningOptions, context: ReasoningContext): EncodedReasoning {
  const { adapter } = context;
  if (!isAskedFor(options)) {
    adapter.drop(`${FIELD}.summary`, 'It needs thinking, which is not asked for.');
    return {};
  }
  if (yieldsToTool(context.forced, adapter)) return {};
  const fitted = fitBudget(options, context);
  if (fitted === undefined) return {};
  if (options.mode === ReasoningMode.ADAPTIVE)
    adapter.rewrite(`${FIELD}.mode`, 'The model takes a budget of tokens only.');
  const thinking = { type: 'enabled', budget_tokens: fitted.budget, ...display(options) };
  return { thinking, maxTokens: fitted.maxTokens };
}

interface FittedBudget {
  readonly budget: number;
  readonly maxTokens: number;
}

/** A budget that is large enough, and leaves something of max_tokens; undefined if there is none. */
function fitBudget(options: ReasoningOptions, context: ReasoningContext): FittedBudget | undefined {
  const { adapter, maxTokensGiven } = context;
  const wanted = options.maxTokens ?? budgetOfEffort(options.effort, context);
  const maxTokens = maxTokensGiven ? context.maxTokens : roomFor(wanted, context);
  const budget = Math.min(Math.max(wanted, MIN_BUDGET_TOKENS), maxTokens - 1);
  if (budget < MIN_BUDGET_TOKENS) {
    adapter.drop(FIELD, `Thinking takes at least ${MIN_BUDGET_TOKENS} tokens, fewer than max_output_tokens.`);
    return undefined;
  }
  reportBudget(options, budget, adapter);
  return { budget, maxTokens };
}

function reportBudget({ maxTokens, effort }: ReasoningOptions, budget: number, adapter: Adapter): void {
  const sent = `Sent as a budget of ${budget} tokens.`;
  if (maxTokens !== undefined && maxTokens !== budget) adapter.rewrite(`${FIELD}.max_tokens`, sent);
  if (!EFFORTS.has(effort)) return;
  if (maxTokens === undefined) adapter.rewrite(`${FIELD}.effort`, sent);
  else adapter.drop(`${FIELD}.effort`, 'The model takes a budget of tokens: max_tokens is sent.');
}

function budgetOfEffort(effort: ReasoningEffort, { maxTokens }: ReasoningContext): number {
  return Math.floor(maxTokens * (BUDGET_SHARES.get(effort) ?? DEFAULT_SHARE));
}

/** A limit that nobody but the gateway has set makes room for the budget, as far as the model goes. */
function roomFor(budget: number, { maxTokens, adapter }: ReasoningContext): number {
  if (budget < maxTokens) return maxTokens;
  return Math.min(budget + maxTokens, adapter.target.capabilities.maxOutputTokens ?? Number.POSITIVE_INFINITY);
}

function yieldsToTool(forced: boolean, adapter: Adapter): boolean {
  if (forced) adapter.drop(FIELD, 'Anthropic does not think where tool_choice forces a call.');
  return forced;
}

function display({ summary }: ReasoningOptions): Block {
  return summary === undefined ? {} : { display: summary ? 'summarized' : 'omitted' };
}
