/** Claude in Anthropic's own language: at Anthropic, on Bedrock, on Vertex AI (on Foundry: azure.ts). */
import { claudeOverrides, shapeClaude, unwrapChunk } from '../bedrock/claude-host.ts';
import type { Encoded, Target } from '../dialect.ts';
import type { Host } from '../host.ts';
import { BEDROCK, VERTEX } from './clouds.ts';
import { makeRow, NOT_IN_MESSAGES } from './row.ts';

/** Rows of the Messages API. */
export const ANTHROPIC_HOSTS: readonly Host[] = [
  makeRow({
    id: 'anthropic',
    title: 'Anthropic',
    dialectId: 'anthropic.messages',
    baseUrl: 'https://api.anthropic.com',
    sign: 'api-key',
    keyHeader: 'x-api-key',
    headers: { 'anthropic-version': '2023-06-01' },
    lacks: NOT_IN_MESSAGES,
    source: 'https://platform.claude.com/docs/en/api/messages, seen 2026-11-24',
    proof: 'recording',
  }),
  makeRow({
    ...BEDROCK,
    id: 'bedrock-anthropic',
    title: 'Amazon Bedrock, Claude by InvokeModel',
    dialectId: 'anthropic.messages',
    lacks: NOT_IN_MESSAGES,
    shape: shapeClaude,
    unwrap: unwrapChunk,
    overrides: claudeOverrides,
    source:
      'https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-anthropic-claude-messages.html, seen 2026-11-24',
    proof: 'provider-page',
  }),
  makeRow({
    ...VERTEX,
    id: 'vertex-anthropic',
    title: 'Vertex AI, Claude',
    dialectId: 'anthropic.messages',
    lacks: NOT_IN_MESSAGES,
    shape: shapeVertex,
    source: 'https://github.com/anthropics/anthropic-sdk-typescript/tree/main/packages/vertex-sdk, seen 2026-11-24',
    proof: 'official-sdk',
    note: 'documents by URL are not taken',
  }),
];

const COUNT_PATH = '/v1/messages/count_tokens';

/** The model goes from the body to the path, the version from a header into the body (vertex-sdk, src/client.ts). */
function shapeVertex({ path, headers, body, adaptations }: Encoded, target: Target): Encoded {
  const { 'anthropic-version': _, ...others } = headers;
  const { model, ...members } = body;
  const isCount = path === COUNT_PATH;
  const name = isCount ? 'count-tokens' : encodeURIComponent(target.upstreamModel).replaceAll('%40', '@');
  const method = !isCount && body.stream === true ? 'streamRawPredict' : 'rawPredict';
  return {
    path: `/publishers/anthropic/models/${name}:${method}`,
    headers: others,
    body: { anthropic_version: 'vertex-2023-10-16', ...(isCount && { model }), ...members },
    adaptations,
  };
}
