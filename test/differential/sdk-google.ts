/** Google's SDK. It takes the model beside the contents, and all else of the body in one flat `config`. */
import type { GenerateContentParameters, GenerateContentResponse, GoogleGenAI } from '@google/genai';
import { googleGemini } from '../../server/providers/gemini/index.ts';
import { firstJson } from '../support/recordings.ts';
import { makeTarget } from '../support/targets.ts';
import type { Json, Said, SaidCall, Sdk } from './sdk.ts';

/** generateContent of the Gemini API. */
export const GOOGLE: Sdk = {
  package: '@google/genai',
  call: 'models.generateContent',
  folder: 'gemini',
  dialect: googleGemini,
  target: makeTarget('google.gemini'),
  toArgument({ contents, generationConfig = {}, ...rest }) {
    const config = { ...(generationConfig as Json), ...rest };
    return { model: 'model-1', contents, ...(Object.keys(config).length > 0 ? { config } : {}) };
  },
  // Its enums are of no use to JSON: their values stand for them.
  argumentType: () => "Plain<import('@google/genai').GenerateContentParameters>",
  async send(baseUrl, argument, stream) {
    const { models } = await openGoogle(baseUrl);
    const request = argument as unknown as GenerateContentParameters;
    return stream ? models.generateContentStream(request) : models.generateContent(request);
  },
  served(recording) {
    const json = firstJson(recording) as Json | undefined;
    return Array.isArray(json?.candidates) ? recording : undefined;
  },
  async read(baseUrl, stream) {
    const { models } = await openGoogle(baseUrl);
    const request = { model: 'model-1', contents: 'Hello' };
    if (!stream) return say([await models.generateContent(request)]);
    const pieces: GenerateContentResponse[] = [];
    for await (const piece of await models.generateContentStream(request)) pieces.push(piece);
    return say(pieces);
  },
};

/** A client of a server. */
export async function openGoogle(baseUrl: string): Promise<GoogleGenAI> {
  const { GoogleGenAI } = await import('@google/genai');
  return new GoogleGenAI({ apiKey: 'none', httpOptions: { baseUrl, apiVersion: 'v1beta' } });
}

/** What was thought is output that candidatesTokenCount does not count: UsageMetadata in the SDK's own words. */
function say(pieces: readonly GenerateContentResponse[]): Said {
  const usage = pieces.findLast(({ usageMetadata }) => usageMetadata?.promptTokenCount !== undefined)?.usageMetadata;
  const { candidatesTokenCount = 0, thoughtsTokenCount = 0, promptTokenCount } = usage ?? {};
  const candidates = pieces.flatMap((piece) => piece.candidates?.[0] ?? []);
  const parts = candidates.flatMap(({ content }) => content?.parts ?? []); // The getters warn of all that they leave out.
  return {
    text: parts.map(({ text = '', thought }) => (thought === true ? '' : text)).join(''),
    calls: parts.flatMap(({ functionCall }): readonly SaidCall[] => {
      if (functionCall === undefined) return [];
      const { id, name = '', args = {} } = functionCall;
      return [{ id, name, input: args }];
    }),
    finish: candidates.findLast(({ finishReason }) => finishReason !== undefined)?.finishReason ?? '',
    inputTokens: promptTokenCount,
    outputTokens: usage === undefined ? undefined : candidatesTokenCount + thoughtsTokenCount,
  };
}
