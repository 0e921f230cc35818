/** Gemini: the Gemini API of AI Studio, and Vertex AI. */
import type { Feature } from '../../model/target.ts';
import type { Encoded } from '../dialect.ts';
import type { Host } from '../host.ts';
import type { Quirks } from '../quirks.ts';
import { VERTEX } from './clouds.ts';
import { makeRow } from './row.ts';

/** Nothing of this kind exists in generateContent, whatever the model. */
const NOT_IN_GEMINI: readonly Feature[] = [
  'customTools',
  'parallelToolCalls',
  'verbosity',
  'cacheBreakpoint',
  'endUser',
  'sessionKey',
];

/** https://cloud.google.com/vertex-ai/generative-ai/docs/model-reference/inference, seen 2026-11-24. */
const VERTEX_QUIRKS: Quirks = { functionCallIds: false, embedMethod: 'predict', countTokensForm: 'flat' };

/** Rows of Google. */
export const GOOGLE_HOSTS: readonly Host[] = [
  makeRow({
    id: 'gemini',
    title: 'Gemini API',
    dialectId: 'google.gemini',
    baseUrl: 'https://generativelanguage.googleapis.com/v1beta',
    sign: 'api-key',
    keyHeader: 'x-goog-api-key',
    lacks: NOT_IN_GEMINI,
    source: 'https://ai.google.dev/api/generate-content, seen 2026-11-24',
    proof: 'recording',
  }),
  makeRow({
    ...VERTEX,
    id: 'vertex',
    title: 'Vertex AI, Gemini',
    dialectId: 'google.gemini',
    quirks: VERTEX_QUIRKS,
    lacks: NOT_IN_GEMINI,
    shape: shapeVertex,
    source: 'https://docs.cloud.google.com/vertex-ai/docs/generative-ai/learn/locations-genai, seen 2026-11-24',
    proof: 'recording',
    note: 'models of other makers as publishers/<maker>/models/<name>, tuned ones as endpoints/<number>',
  }),
  makeRow({
    id: 'vertex-express',
    title: 'Vertex AI in express mode, Gemini',
    dialectId: 'google.gemini',
    baseUrl: 'https://aiplatform.googleapis.com/v1',
    sign: 'api-key',
    keyHeader: 'x-goog-api-key',
    quirks: VERTEX_QUIRKS,
    lacks: NOT_IN_GEMINI,
    shape: shapeVertex,
    source: 'https://cloud.google.com/vertex-ai/generative-ai/docs/start/express-mode/overview, not read',
    proof: 'memory',
    note: 'by key, without project and region',
  }),
];

/** Names without a slash are Google's own models; all others say whose they are. */
function shapeVertex(encoded: Encoded): Encoded {
  return encoded.path.startsWith('/models/') ? { ...encoded, path: `/publishers/google${encoded.path}` } : encoded;
}
