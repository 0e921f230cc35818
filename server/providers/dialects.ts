/** Every dialect that the gateway speaks. Pure. */
import { anthropicMessages } from './anthropic/index.ts';
import { bedrockConverse } from './bedrock/index.ts';
import { cohereV2 } from './cohere/index.ts';
import type { Dialect } from './dialect.ts';
import { googleGemini } from './gemini/index.ts';
import { openaiChat } from './openai-chat/index.ts';
import { openaiResponses } from './openai-responses/index.ts';
import { voyageEmbeddings } from './voyage/index.ts';

/** Dialects by id. A host's row (catalog.ts) names the one that it speaks. */
export const DIALECTS: ReadonlyMap<string, Dialect> = new Map(
  [openaiChat, openaiResponses, anthropicMessages, googleGemini, bedrockConverse, cohereV2, voyageEmbeddings].map(
    (dialect) => [dialect.id, dialect],
  ),
);
