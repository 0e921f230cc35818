/** Embeddings through the official SDKs: the same call, written by hand in each one's own terms. */
import { cohereV2 } from '../../server/providers/cohere/index.ts';
import type { Dialect, Target } from '../../server/providers/dialect.ts';
import { googleGemini } from '../../server/providers/gemini/index.ts';
import { openaiChat } from '../../server/providers/openai-chat/index.ts';
import type { Recording } from '../support/recordings.ts';
import { makeTarget } from '../support/targets.ts';
import { CHAT, COHERE } from '../support/wire/languages.ts';
import { openCohere } from './sdk-cohere.ts';
import { openGoogle } from './sdk-google.ts';
import { MISTRAL_CHAT, openMistral } from './sdk-mistral.ts';
import { openOpenai } from './sdk-openai.ts';

/** What the hand-written calls ask for: these texts, as a query, in vectors of so many dimensions. */
export const ASKED = { texts: ['Tōkyō', 'Ōsaka'], dimensions: 2 } as const;

/** Vectors as an SDK gives them. */
export interface SaidVectors {
  readonly vectors: readonly (readonly number[])[];
  /** undefined: the SDK does not tell. */
  readonly inputTokens: number | undefined;
}

/** One SDK's way to embed. */
export interface Embedder {
  readonly package: string;
  readonly dialect: Dialect;
  readonly target: Target;
  /** What the SDK puts before the path below the base URL. */
  readonly basePath: string;
  readonly embed: (baseUrl: string) => Promise<SaidVectors>;
  /** Whether a recording is one of its replies. */
  readonly reads: (recording: Recording) => boolean;
}

/** All of them. */
export const EMBEDDERS: readonly Embedder[] = [
  {
    package: 'openai',
    dialect: openaiChat,
    target: makeTarget('openai.chat'),
    basePath: '/v1',
    async embed(baseUrl) {
      const { texts, dimensions } = ASKED;
      const client = await openOpenai(baseUrl);
      const request = { model: 'model-1', input: [...texts], dimensions, encoding_format: 'float' as const };
      const { data, usage } = await client.embeddings.create(request);
      const sorted = data.toSorted((a, b) => a.index - b.index); // The SDK gives them as they come.
      return { vectors: sorted.map(({ embedding }) => embedding), inputTokens: usage.prompt_tokens };
    },
    reads: (recording) => CHAT.kindOf(recording) === 'embeddings',
  },
  {
    package: '@google/genai',
    dialect: googleGemini,
    target: makeTarget('google.gemini'),
    basePath: '/v1beta',
    async embed(baseUrl) {
      const { models } = await openGoogle(baseUrl);
      const config = { taskType: 'RETRIEVAL_QUERY', outputDimensionality: ASKED.dimensions };
      const contents = ASKED.texts.map((text) => ({ parts: [{ text }] })); // Of a bare text the SDK makes a user's turn.
      const { embeddings = [] } = await models.embedContent({ model: 'model-1', contents, config });
      return { vectors: embeddings.map(({ values = [] }) => values), inputTokens: undefined };
    },
    reads: () => false,
  },
  {
    package: 'cohere-ai',
    dialect: cohereV2,
    target: makeTarget('cohere.v2'),
    basePath: '',
    async embed(baseUrl) {
      const { v2 } = await openCohere(baseUrl);
      const { embeddings, meta } = await v2.embed({
        model: 'model-1',
        texts: [...ASKED.texts],
        inputType: 'search_query',
        embeddingTypes: ['float'],
        outputDimension: ASKED.dimensions,
        truncate: 'NONE',
      });
      return {
        vectors: embeddings.float ?? [],
        inputTokens: meta?.tokens?.inputTokens ?? meta?.billedUnits?.inputTokens,
      };
    },
    reads: (recording) => COHERE.kindOf(recording) === 'embeddings',
  },
  {
    package: '@mistralai/mistralai',
    dialect: openaiChat,
    target: MISTRAL_CHAT.target,
    basePath: '/v1',
    async embed(baseUrl) {
      const { embeddings } = await openMistral(baseUrl);
      const { texts, dimensions } = ASKED;
      const { data, usage } = await embeddings.create({
        model: 'model-1',
        inputs: [...texts],
        outputDimension: dimensions,
        encodingFormat: 'float',
      });
      return { vectors: data.map(({ embedding = [] }) => embedding), inputTokens: usage.promptTokens };
    },
    reads: () => false,
  },
];
