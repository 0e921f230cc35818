/** Keys of a provider that only some hosts take: rows of the catalogue say which (docs/hosts.md). */
import type { HOSTS } from '../providers/catalog.ts';
import { type Field, optional, secret, text } from './shape.ts';

type HostSetting = NonNullable<ReturnType<(typeof HOSTS)['get']>>['settings'][number];

const WORD = text(
  /^[A-Za-z0-9][A-Za-z0-9.:_-]{0,127}$/,
  '1 to 128 letters, digits and . : _ -, beginning with a letter or digit',
);

/** Their shapes: neither one too many nor one too few, or this would not compile. */
export const HOST_SETTINGS = {
  region: optional('Bedrock, Vertex AI: region.', WORD),
  project: optional('Vertex AI: project.', WORD),
  resource: optional('Azure, Foundry: name of the resource.', WORD),
  apiVersion: optional('azure-deployments: version of the API. Default: 2024-10-21.', WORD),
  profile: optional(
    'Bedrock: profile of the AWS configuration. Absent: AWS_PROFILE, or none.',
    text(/^[^\p{Cc}]{1,256}$/u, 'a name'),
  ),
  credentials: optional(
    'Vertex AI: key file of a service account or configuration of a workload identity (JSON), by reference only. Absent: ' +
      'Application Default Credentials.',
    secret(),
  ),
  tenantId: optional('Azure, Foundry: tenant of Entra ID. Absent: AZURE_TENANT_ID.', WORD),
  clientId: optional('Azure, Foundry: application or identity to sign in as. Absent: AZURE_CLIENT_ID.', WORD),
  clientSecret: optional(
    "Azure, Foundry: the application's secret, by reference only. Absent: what the machine has.",
    secret(),
  ),
  scope: optional(
    'Azure, Foundry: what tokens are asked for, in other clouds than the public one.',
    text(/^https:\/\/[^\s]+$/, 'a URL that begins with https://'),
  ),
} satisfies Record<HostSetting, Field<unknown>>;

/** Their names. */
// The object has exactly the names of the union as keys.
export const HOST_SETTING_NAMES = Object.keys(HOST_SETTINGS) as HostSetting[];
