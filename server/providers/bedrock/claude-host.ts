/**
 * Claude on Bedrock in Anthropic's own wire, through InvokeModel: what the host's row needs beside the dialect
 * anthropic.messages. https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-anthropic-claude-messages.html, read
 * 2026-11-24.
 */
import { GatewayError } from '../../model/errors.ts';
import { encodeTokenCount } from '../anthropic/count-tokens.ts';
import type { Dialect, Encoded, Frame, Target } from '../dialect.ts';
import { decodeBase64, encodeBase64 } from '../shared/base64.ts';
import { asObject, tryParseJson } from '../shared/json.ts';
import { decodeTokenCount } from './count-tokens.ts';
import { decodeErrorFrame, decodeHttpError } from './error.ts';
import { pathOf } from './model-id.ts';

/** The model goes from the body to the path, the stream too, and what Anthropic has as headers into the body. */
export function shapeClaude({ path, headers, body, adaptations }: Encoded, target: Target): Encoded {
  if (path === COUNT_PATH)
    return { path: pathOf(target.upstreamModel, 'count-tokens'), headers: {}, body, adaptations };
  const { 'anthropic-version': _, 'anthropic-beta': betas, ...rest } = headers;
  const { model: __, stream, ...members } = body;
  const operation = stream === true ? 'invoke-with-response-stream' : 'invoke';
  return {
    path: pathOf(target.upstreamModel, operation),
    headers: rest,
    body: {
      anthropic_version: ANTHROPIC_VERSION,
      ...members,
      ...(betas !== undefined && { anthropic_beta: betas.split(',') }),
    },
    adaptations,
  };
}

/**
 * An event of InvokeModelWithResponseStream: {bytes: base64} of what the model sent. Its type stands in its JSON.
 * @throws GatewayError UPSTREAM_PROTOCOL, or the error that the frame is
 */
export function unwrapChunk(frame: Frame): Frame {
  const error = decodeErrorFrame(frame);
  if (error !== undefined) throw error;
  const bytes = asObject(tryParseJson(frame.data))?.bytes;
  const data = typeof bytes === 'string' ? decodeBase64(bytes) : undefined;
  if (data === undefined) throw new GatewayError('UPSTREAM_PROTOCOL', "A frame of the provider's stream has no bytes.");
  return { event: '', data: UTF8_DECODER.decode(data) };
}

/** What Bedrock answers in its own words: errors, and the size of a prompt. */
export const claudeOverrides: Partial<Pick<Dialect, 'decodeError' | 'countTokens'>> = {
  decodeError: (status, headers, _contentType, body) => decodeHttpError(status, headers, body),
  countTokens: {
    encode(generation, target) {
      const encoded = encodeTokenCount(generation, target);
      const { model: _, ...members } = encoded.body;
      // The counter wants a whole request, max_tokens too, whose value says nothing about the input.
      const invoked = { anthropic_version: ANTHROPIC_VERSION, max_tokens: 1, ...members };
      const bytes = UTF8_ENCODER.encode(JSON.stringify(invoked));
      return { ...encoded, body: { input: { invokeModel: { body: encodeBase64(bytes) } } } };
    },
    decode: decodeTokenCount,
  },
};

const COUNT_PATH = '/v1/messages/count_tokens';
const ANTHROPIC_VERSION = 'bedrock-2023-05-31';

const UTF8_DECODER = new TextDecoder();
const UTF8_ENCODER = new TextEncoder();
