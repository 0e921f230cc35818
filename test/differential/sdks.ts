/** All SDKs that the dialects are held against. */
import type { Sdk } from './sdk.ts';
import { ANTHROPIC_MESSAGES } from './sdk-anthropic.ts';
import { BEDROCK_CONVERSE, BEDROCK_INVOKE, BEDROCK_NOVA } from './sdk-bedrock.ts';
import { COHERE_CHAT } from './sdk-cohere.ts';
import { GOOGLE } from './sdk-google.ts';
import { MISTRAL_CHAT } from './sdk-mistral.ts';
import { OPENAI_CHAT, OPENAI_RESPONSES } from './sdk-openai.ts';

/** In the order of the table. */
export const SDKS: readonly Sdk[] = [
  OPENAI_CHAT,
  OPENAI_RESPONSES,
  ANTHROPIC_MESSAGES,
  GOOGLE,
  BEDROCK_CONVERSE,
  BEDROCK_NOVA,
  BEDROCK_INVOKE,
  COHERE_CHAT,
  MISTRAL_CHAT,
];
