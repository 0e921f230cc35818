/** The configuration that quickstart writes: the smallest gateway that answers, and how to go on from it. */

/** Ports on the loopback; 0 for a free one. */
export interface QuickstartPorts {
  readonly grpc: number;
  readonly adminHttp: number;
  readonly adminGrpc: number;
}

/** The client's identity in the certificates and the configuration of a quickstart. */
export const QUICKSTART_CLIENT = 'spiffe://kanmon.local/quickstart';

/** The ports where they are free. */
export const DEFAULT_PORTS: QuickstartPorts = { grpc: 7443, adminHttp: 7445, adminGrpc: 7446 };

/** Who answers. Keys come from the environment, by the provider's usual variable. */
export type QuickstartProvider = 'simulator' | 'openai' | 'anthropic';

/** The providers that a quickstart can be told to use. */
export const QUICKSTART_PROVIDERS: readonly QuickstartProvider[] = ['simulator', 'openai', 'anthropic'];

interface Setup {
  readonly provider: string;
  readonly chat: string;
  readonly embed: string;
}

// The simulator's models stand in where a provider has none of the kind.
const SETUPS: Readonly<Record<QuickstartProvider, Setup>> = {
  simulator: {
    provider: '',
    chat: '{ provider: simulator, model: sim-chat }',
    embed: '{ provider: simulator, model: sim-embed, vectorSpace: sim-embed }',
  },
  openai: {
    provider: `\n  openai: { host: openai, apiKey: "\${env:OPENAI_API_KEY}" }`,
    chat: '{ provider: openai, model: gpt-5-mini }',
    embed: '{ provider: openai, model: text-embedding-3-small }',
  },
  anthropic: {
    provider: `\n  anthropic: { host: anthropic, apiKey: "\${env:ANTHROPIC_API_KEY}" }`,
    chat: '{ provider: anthropic, model: claude-haiku-4-5 }',
    embed: '{ provider: simulator, model: sim-embed, vectorSpace: sim-embed }',
  },
};

/** The configuration as YAML. Certificates lie in tls/ beside it. */
export function quickstartConfig(ports: QuickstartPorts, provider: QuickstartProvider = 'simulator'): string {
  const { grpc, adminHttp, adminGrpc } = ports;
  const setup = SETUPS[provider];
  return `# yaml-language-server: $schema=kanmon.schema.json
# Written by quickstart. Change what you like: a changed file is kept, and the running gateway picks it up.

listen:
  grpc: { address: 127.0.0.1:${grpc}, tls: { cert: tls/server.pem, key: tls/server.key, clientCa: tls/ca.pem } }
  adminHttp: { address: 127.0.0.1:${adminHttp} }  # /metrics, /livez, /readyz
  adminGrpc: { address: 127.0.0.1:${adminGrpc} }  # reflection, health

providers:
  simulator: { host: simulator }${setup.provider}

models:
  chat:
    deployments:
      - ${setup.chat}
  embed:
    deployments:
      - ${setup.embed}

clients:
  quickstart:
    identity: { spiffe: "${QUICKSTART_CLIENT}" }
    models: [chat, embed]

drain: { announce: 0s, grace: 2s }  # Nobody balances over this one: there is nobody to tell before it ends.
`;
}

/** Whether a text is what quickstart writes, whatever the ports and the provider. */
export function isQuickstartConfig(text: string): boolean {
  const withoutPorts = (config: string) => config.replaceAll(/(address: 127\.0\.0\.1:)\d+/g, '$1');
  return QUICKSTART_PROVIDERS.some(
    (provider) => withoutPorts(text) === withoutPorts(quickstartConfig(DEFAULT_PORTS, provider)),
  );
}
