/** The text of docs/configuration.md: what is written by hand, the example, and the reference out of the schema. */
import { readFileSync } from 'node:fs';
import { describeKeys } from '../server/config/describe-keys.ts';
import { FEATURES } from '../server/config/features.ts';

const INTRODUCTION = `# Configuration

One YAML file, in git. \`kanmon validate\` checks it and names every fault with file, line and column; \`kanmon serve\` refuses to
start with one that has faults. While the gateway runs, a changed file (or SIGHUP) is loaded, compiled and swapped in whole; a
bad one keeps the old, and says so in the log and in health. Calls finish on the configuration with which they began. Changes
under \`listen\` need a restart. Files that the configuration refers to are looked at too: a rotated key is taken up by itself.

This is a working gateway, with certificates from \`kanmon certs\` in \`tls/\`:

\`\`\`yaml
providers: { openai: { host: openai, apiKey: "\${env:OPENAI_API_KEY}" } }
models: { chat: { deployments: [{ provider: openai, model: gpt-5-mini }] } }
clients: { checkout: { identity: { spiffe: spiffe://kanmon.local/client }, models: [chat] } }
\`\`\`

**Secrets** are never in the file: \`"\${env:NAME}"\` takes an environment variable, \`"\${file:/path}"\` the text of a file without its
last line break. Both may stand in other texts too, for instance in a URL; a key must be one reference and nothing else.

**Units** are part of the value: \`500ms\`, \`2s\`, \`10m\`, \`1h\`; \`20%\`; \`16KiB\`, \`8MiB\`. Numbers without a unit count something.

**Editors** that know YAML schemas check and complete with this first line, and docs/config.schema.json beside the file:
\`# yaml-language-server: $schema=./config.schema.json\`

**Models whose names are known** (OpenAI's and Anthropic's) bring their context window, limits and what they cannot honour with
them; \`contextWindow\`, \`lacks\` and \`honours\` of a deployment correct that. Nothing is held against unknown models: their provider
has the last word.

## Example

`;

const REFERENCE = `
## Reference

Generated from \`server/config/schema.ts\`. \`<name>\` is a name of your choice. A dash: nothing, unless the meaning says otherwise.

`;

/** Renders the page. */
export function renderConfiguration(): string {
  const example = readFileSync('docs/kanmon.example.yaml', 'utf8');
  const features = `### Features\n\nWords of \`lacks\` and \`honours\`: ${FEATURES.map((name) => `\`${name}\``).join(', ')}.\n`;
  return `${INTRODUCTION}\`\`\`yaml\n${example}\`\`\`\n${REFERENCE}${describeKeys()}\n${features}`;
}
