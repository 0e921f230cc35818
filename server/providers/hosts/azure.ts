/**
 * Azure OpenAI and Foundry. A key goes into its own header; without one, Entra ID gives tokens (tenantId, clientId, clientSecret,
 * or what the machine has: a workload identity, a managed identity, variables).
 */
import type { Encoded, Target } from '../dialect.ts';
import type { Host, HostSetting } from '../host.ts';
import { makeRow, NOT_IN_CHAT, NOT_IN_MESSAGES, NOT_IN_RESPONSES, type RowOwn } from './row.ts';

/** What Entra ID's token is for: https://learn.microsoft.com/azure/ai-foundry/openai/api-version-lifecycle. */
const SCOPE = 'https://cognitiveservices.azure.com/.default';

const SETTINGS: readonly HostSetting[] = ['resource', 'scope', 'tenantId', 'clientId', 'clientSecret'];

/** The page of v1: no api-version, the deployment's name is the model. */
const V1 = 'https://learn.microsoft.com/azure/ai-foundry/openai/api-version-lifecycle, seen 2026-11-24';

/** Rows of Microsoft. */
export const AZURE_HOSTS: readonly Host[] = [
  makeAzureRow({
    id: 'azure',
    title: 'Azure OpenAI v1, chat completions',
    dialectId: 'openai.chat',
    baseUrl: 'https://{resource}.openai.azure.com/openai/v1',
    quirks: { maxStopSequences: 4, endUserField: 'user' },
    lacks: NOT_IN_CHAT,
    source: V1,
    proof: 'provider-page',
    note: 'the model of a deployment is the name of the deployment at Azure',
  }),
  makeAzureRow({
    id: 'azure-deployments',
    title: 'Azure OpenAI, chat completions, deployment in the URL',
    dialectId: 'openai.chat',
    baseUrl: 'https://{resource}.openai.azure.com/openai',
    settings: [...SETTINGS, 'apiVersion'],
    defaults: { scope: SCOPE, apiVersion: '2024-10-21' },
    quirks: { maxStopSequences: 4, endUserField: 'user' },
    lacks: [...NOT_IN_CHAT, 'customTools', 'verbosity', 'serviceTier', 'sessionKey'],
    shape: shapeDeployment,
    source: 'https://github.com/openai/openai-node/blob/master/src/azure.ts, seen 2026-11-24',
    proof: 'official-sdk',
    note: 'what it lacks is that of apiVersion 2024-10-21; with a later one say honours in the deployment',
  }),
  makeAzureRow({
    id: 'azure-responses',
    title: 'Azure OpenAI v1, responses',
    dialectId: 'openai.responses',
    baseUrl: 'https://{resource}.openai.azure.com/openai/v1',
    quirks: { tokenCounter: false, endUserField: 'user' },
    lacks: NOT_IN_RESPONSES,
    source: V1,
    proof: 'recording',
  }),
  makeAzureRow({
    id: 'foundry',
    title: 'Microsoft Foundry, chat completions',
    dialectId: 'openai.chat',
    baseUrl: 'https://{resource}.services.ai.azure.com/openai/v1',
    quirks: { maxStopSequences: 4, endUserField: 'user' },
    lacks: NOT_IN_CHAT,
    source: V1,
    proof: 'recording',
    note: 'also for models of other makers that Foundry serves',
  }),
  makeAzureRow({
    id: 'foundry-anthropic',
    title: 'Microsoft Foundry, Claude',
    dialectId: 'anthropic.messages',
    baseUrl: 'https://{resource}.services.ai.azure.com/anthropic',
    keyHeader: 'x-api-key',
    lacks: NOT_IN_MESSAGES,
    source: 'https://github.com/anthropics/anthropic-sdk-typescript/tree/main/packages/foundry-sdk, seen 2026-11-24',
    proof: 'official-sdk',
  }),
];

function makeAzureRow(own: RowOwn & Pick<Host, 'dialectId'>): Host {
  return makeRow({
    sign: 'azure',
    keyHeader: 'api-key',
    keyRequired: false,
    settings: SETTINGS,
    defaults: { scope: SCOPE },
    ...own,
  });
}

/** The deployment's name is part of the path; the body's model is passed over (openai-node 6, src/azure.ts, seen 2026-11-24). */
function shapeDeployment(encoded: Encoded, target: Target, { apiVersion }: Readonly<Record<string, unknown>>): Encoded {
  const path = `/deployments/${encodeURIComponent(target.upstreamModel)}${encoded.path}`;
  return { ...encoded, path: `${path}?api-version=${encodeURIComponent(String(apiVersion))}` };
}
