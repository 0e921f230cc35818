/**
 * One answer in every provider's language: small on purpose, the smallest whole reply or stream that the language has. Forms by
 * the providers' documentation and recordings of them; a dialect of the gateway reads each in the tests.
 */
import { ANTHROPIC } from './wires/anthropic.ts';
import { BEDROCK } from './wires/bedrock.ts';
import { COHERE } from './wires/cohere.ts';
import { GEMINI } from './wires/gemini.ts';
import { CHAT } from './wires/openai-chat.ts';
import { RESPONSES } from './wires/openai-responses.ts';
import type { Wire } from './wires/wire.ts';

/** All languages. */
export const WIRES: readonly Wire[] = [CHAT, RESPONSES, ANTHROPIC, GEMINI, BEDROCK, COHERE];

/** Whose errors a path gets that is of no language. */
export const DEFAULT_WIRE: Wire = CHAT;
