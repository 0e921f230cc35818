/** The text of docs/hosts.md: the catalogue of hosts as tables. */
import { HOSTS } from '../server/providers/catalog.ts';
import type { Host, Proof, Signing } from '../server/providers/host.ts';

const INTRODUCTION = `# Hosts

Generated from \`server/providers/hosts/\`. A provider of the configuration names its host by the first column; \`baseUrl\` of the
provider takes the place of the row's. Words in braces are keys of the provider. docs/configuration.md has them all.

\`\`\`yaml
providers:
  claude: { host: anthropic, apiKey: "\${env:ANTHROPIC_API_KEY}" }
  gemini-eu: { host: vertex, project: my-project, region: europe-west4 }           # Application Default Credentials
  gpt-eu: { host: azure, resource: my-resource }                                    # Entra ID, of the machine's own identity
  converse: { host: bedrock, region: eu-west-1 }                                    # AWS's default chain
  many-keys: { host: groq, apiKey: ["\${file:keys/a}", "\${file:keys/b}"] }           # in turn; a refused one rests
\`\`\`

**Proof** says what a row is held against, the best there is. Every row has an end-to-end test on loopback besides
(\`test/e2e/hosts.test.ts\`), which shows what the gateway sends, not that the provider takes it.
`;

const PROOFS: Readonly<Record<Proof, string>> = {
  recording: 'replies of the host, recorded',
  'official-sdk': "the source of the provider's own SDK",
  'provider-page': 'the page of the provider, read on that day',
  memory: '**unverified**: general knowledge or what others say; no page of the provider was read',
};

const SIGNINGS: Readonly<Record<Signing, (host: Host) => string>> = {
  none: () => 'none',
  bearer: ({ keyRequired }) => (keyRequired ? 'key as bearer' : 'key as bearer, or none'),
  'api-key': ({ keyHeader }) => `key in \`${keyHeader}\``,
  sigv4: () => 'AWS Signature Version 4, or an API key of Bedrock',
  google: () => "Google's tokens",
  azure: ({ keyHeader }) => `key in \`${keyHeader}\`, or a token of Entra ID`,
};

/** Renders the page. */
export function renderHosts(): string {
  const hosts = [...HOSTS.values()];
  const proofs = Object.entries(PROOFS).map(([proof, means]) => {
    const count = hosts.filter((host) => host.proof === proof).length;
    return `| ${proof} | ${count} | ${means} |`;
  });
  return [
    INTRODUCTION,
    '| proof | rows | means |',
    '| --- | --- | --- |',
    ...proofs,
    '',
    '| host | what | dialect | base URL | credentials | proof |',
    '| --- | --- | --- | --- | --- | --- |',
    ...hosts.map(renderRow),
    '',
    '## What they lack, and what differs',
    '',
    'Beside what a model itself cannot do. `lacks` and `honours` of a deployment correct it. Quirks are explained in',
    '`server/providers/quirks.ts`.',
    '',
    ...hosts.flatMap(renderDetails),
  ].join('\n');
}

function renderRow(host: Host): string {
  const { id, title, dialectId, baseUrl, sign, proof, place } = host;
  const url = place === 'in-process' ? 'in the process' : baseUrl === undefined ? 'to be given' : `\`${baseUrl}\``;
  return `| [${id}](#${id}) | ${title} | ${dialectId} | ${url} | ${SIGNINGS[sign](host)} | ${proof} |`;
}

function renderDetails(host: Host): readonly string[] {
  const { id, lacks, settings, defaults, regionalUrls = {}, headers, note, source, framing } = host;
  const own = settings.map((key) => code(defaults[key] === undefined ? key : `${key} (${defaults[key]})`));
  const lines = [
    note,
    own.length > 0 && `Settings: ${own.join(', ')}.`,
    ...Object.entries(regionalUrls).map(([region, url]) => `Region ${code(region)}: ${code(url)}.`),
    Object.keys(headers).length > 0 && `Headers: ${code(JSON.stringify(headers))}.`,
    framing !== 'sse' && `Streams: ${framing}.`,
    Object.keys(host.quirks).length > 0 && `Quirks: ${renderQuirks(host)}.`,
    lacks.length > 0 && `Lacks: ${lacks.map(code).join(', ')}.`,
    `Source: ${source}.`,
  ];
  const told = lines.filter((line) => typeof line === 'string');
  return [`### ${id}`, '', ...told.map((line) => `- ${line}`), ''];
}

function renderQuirks({ quirks }: Host): string {
  return Object.entries(quirks)
    .map(([name, value]) => code(`${name}: ${String(value)}`))
    .join(', ');
}

function code(text: string): string {
  return `\`${text}\``;
}
