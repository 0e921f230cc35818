/**
 * How much a model other than Claude thinks: each family has a field of its own
 * (https://docs.aws.amazon.com/nova/latest/nova2-userguide/extended-thinking.html and
 * https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-openai.html, read 2026-11-24).
 */
import { ReasoningEffort, ReasoningMode, type ReasoningOptions } from '../../model/wire.ts';
import type { Adapter } from '../shared/adapter.ts';
import type { EncodeContext } from './context.ts';
import type { Block } from './encode-media.ts';
import type { Family } from './model-id.ts';

/** The model's own fields for the wishes; none: the model's default. */
export function encodeReasoning(options: ReasoningOptions | undefined, { adapter, family }: EncodeContext): Block {
  if (options === undefined) return {};
  const { effort, maxTokens, mode, summary } = options;
  const isOff = effort === ReasoningEffort.NONE;
  if (isOff && adapter.lacks('reasoning')) return {}; // It does not think anyway.
  if (!adapter.can(isOff ? 'reasoningEffortNone' : 'reasoning', isOff ? `${FIELD}.effort` : FIELD)) return {};
  const says = DIALS[family];
  if (says === undefined) {
    adapter.drop(FIELD, 'Converse has no such parameter, and it is not known what the model calls it.');
    return {};
  }
  if (maxTokens !== undefined) adapter.drop(`${FIELD}.max_tokens`, 'The model is told an effort only.');
  if (mode !== ReasoningMode.UNSPECIFIED) adapter.drop(`${FIELD}.mode`, 'The model is told an effort only.');
  if (summary !== undefined) adapter.drop(`${FIELD}.summary`, 'The model cannot be told how to show its reasoning.');
  return effort === ReasoningEffort.UNSPECIFIED ? {} : says(effort, adapter);
}

const FIELD = 'generation.reasoning';

const EFFORTS: ReadonlyMap<ReasoningEffort, string> = new Map([
  [ReasoningEffort.MINIMAL, 'low'],
  [ReasoningEffort.LOW, 'low'],
  [ReasoningEffort.MEDIUM, 'medium'],
  [ReasoningEffort.HIGH, 'high'],
  [ReasoningEffort.XHIGH, 'high'],
  [ReasoningEffort.MAX, 'high'],
]);

/** Words that are sent as what they say. */
const EXACT: ReadonlySet<ReasoningEffort> = new Set<ReasoningEffort>([
  ReasoningEffort.LOW,
  ReasoningEffort.MEDIUM,
  ReasoningEffort.HIGH,
]);

const DIALS: Readonly<Partial<Record<Family, (effort: ReasoningEffort, adapter: Adapter) => Block>>> = {
  amazon(effort, adapter) {
    if (effort === ReasoningEffort.NONE) return { reasoningConfig: { type: 'disabled' } };
    return { reasoningConfig: { type: 'enabled', maxReasoningEffort: readEffort(effort, adapter) } };
  },
  openai(effort, adapter) {
    if (effort !== ReasoningEffort.NONE) return { reasoning_effort: readEffort(effort, adapter) };
    adapter.drop(`${FIELD}.effort`, 'The model always thinks.');
    return {};
  },
};

function readEffort(effort: ReasoningEffort, adapter: Adapter): string {
  const word = EFFORTS.get(effort) ?? 'medium';
  if (!EXACT.has(effort)) adapter.rewrite(`${FIELD}.effort`, `Bedrock takes low, medium and high: sent as ${word}.`);
  return word;
}
