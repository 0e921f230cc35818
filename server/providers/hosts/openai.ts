/** OpenAI, and whoever says of himself to speak as OpenAI does. */
import type { Host } from '../host.ts';
import { makeRow, NOT_IN_CHAT, NOT_IN_RESPONSES } from './row.ts';

/** Rows of OpenAI and of its languages in general. */
export const OPENAI_HOSTS: readonly Host[] = [
  makeRow({
    id: 'openai',
    title: 'OpenAI, chat completions',
    dialectId: 'openai.chat',
    baseUrl: 'https://api.openai.com/v1',
    quirks: { maxStopSequences: 4 },
    lacks: NOT_IN_CHAT,
    source: 'https://platform.openai.com/docs/api-reference/chat, seen 2026-11-24',
    proof: 'recording',
  }),
  makeRow({
    id: 'openai-responses',
    title: 'OpenAI, responses',
    dialectId: 'openai.responses',
    baseUrl: 'https://api.openai.com/v1',
    lacks: NOT_IN_RESPONSES,
    source: 'https://platform.openai.com/docs/api-reference/responses, seen 2026-11-24',
    proof: 'recording',
  }),
  makeRow({
    // Whatever else speaks chat completions. All of it takes max_tokens, not all of it its successor; what else it cannot do,
    // it says itself.
    id: 'openai-compatible',
    title: 'anything that speaks chat completions',
    dialectId: 'openai.chat',
    keyRequired: false,
    quirks: { maxTokensField: 'max_tokens' },
    source: 'https://docs.vllm.ai/en/latest/serving/openai_compatible_server.html, seen 2026-11-24',
    proof: 'recording',
  }),
  makeRow({
    id: 'openresponses-compatible',
    title: 'anything that speaks responses',
    dialectId: 'openai.responses',
    keyRequired: false,
    quirks: { systemRole: 'system', tokenCounter: false },
    lacks: NOT_IN_RESPONSES,
    source: 'https://www.openresponses.org/specification, seen 2026-11-24',
    proof: 'recording',
  }),
];
