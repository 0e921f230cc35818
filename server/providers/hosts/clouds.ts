/** What rows of one cloud have in common: address, credentials, framing. */
import type { Host } from '../host.ts';

/** Amazon Bedrock's runtime: https://docs.aws.amazon.com/general/latest/gr/bedrock.html, seen 2026-11-24. */
export const BEDROCK = {
  baseUrl: 'https://bedrock-runtime.{region}.amazonaws.com',
  settings: ['region', 'profile'],
  framing: 'aws-event-stream',
  sign: 'sigv4',
  keyRequired: false,
} as const satisfies Partial<Host>;

const LOCATION = '/v1/projects/{project}/locations/{region}';

/**
 * Vertex AI: regions, several regions as one, and the whole world each have names of another form:
 * https://docs.cloud.google.com/gemini-enterprise-agent-platform/resources/locations, seen 2026-11-24.
 */
export const VERTEX = {
  baseUrl: `https://{region}-aiplatform.googleapis.com${LOCATION}`,
  regionalUrls: {
    global: `https://aiplatform.googleapis.com${LOCATION}`,
    us: `https://aiplatform.us.rep.googleapis.com${LOCATION}`,
    eu: `https://aiplatform.eu.rep.googleapis.com${LOCATION}`,
  },
  settings: ['project', 'region', 'credentials'],
  sign: 'google',
  keyRequired: false,
} as const satisfies Partial<Host>;
