/** A whole gateway in this process, over mTLS on a free port, as a service would call it. */
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ClientOptions, createClient, type KanmonClient } from '@kanmon/client';
import { stringify } from 'yaml';
import { type Authority, type CertificatePair, createAuthority } from '../../server/cli/certs/authority.ts';
import { type StartedGateway, startGateway } from '../../server/start.ts';

/** The identity of the client that `client` of a TestGateway calls as. */
export const CALLER = 'spiffe://kanmon.test/caller';

/** Parts of the configuration, as the YAML file has them. What is left away has a default that suits tests. */
export interface TestConfig {
  readonly providers: Readonly<Record<string, unknown>>;
  readonly models: Readonly<Record<string, unknown>>;
  /** Default: one client with the identity CALLER that may use all models. */
  readonly clients?: Readonly<Record<string, unknown>>;
  /** Whatever else the file shall hold: times, drain, sizes … */
  readonly more?: Readonly<Record<string, unknown>>;
  /** Members of listen.grpc beside address and tls. */
  readonly listenGrpc?: Readonly<Record<string, unknown>>;
  /** Another authority, as PEM, whose client certificates are taken too. */
  readonly clientCa?: string;
  /** What references of the configuration see. */
  readonly env?: Readonly<Record<string, string>>;
}

/** A running gateway and what is around it. */
export interface TestGateway extends AsyncDisposable {
  /** Host and port of the service. */
  readonly address: string;
  readonly gateway: StartedGateway;
  /** Calls as CALLER. It does not retry, so that a test sees each error as it was sent. */
  readonly client: KanmonClient;
  readonly authority: Authority;
  /** The certificate of CALLER. */
  readonly caller: CertificatePair;
  /** Path of the configuration's file, to be written anew. */
  readonly configPath: string;
  /** Another client. */
  readonly connect: (options: Partial<ClientOptions>) => KanmonClient;
  /** The log's lines so far. */
  readonly logs: () => readonly Readonly<Record<string, unknown>>[];
  /** The log as text, for looking for what must not be in it. */
  readonly logText: () => string;
  /** The metrics page. */
  readonly metrics: () => Promise<string>;
}

/** Starts a gateway. Dispose of it at the end: it takes no longer than its drain settings say, by default no time at all. */
export async function startTestGateway(config: TestConfig): Promise<TestGateway> {
  const { authority, caller, folder, configPath } = await writeTestConfig(config);
  const logPath = join(folder, 'log');
  const logFd = openSync(logPath, 'w');
  const gateway = await startGateway({
    configPath,
    env: { PROVIDER_KEY, ...config.env },
    version: '0.0.0-test',
    logFd,
  });
  const address = `127.0.0.1:${gateway.ports.grpc}`;
  const clients: KanmonClient[] = [];
  const connect = (options: Partial<ClientOptions>) => {
    const defaults = { address, ca: authority.cert, ...caller, defaultTimeoutMs: 10_000, retry: { maxAttempts: 1 } };
    const client = createClient({ ...defaults, ...options });
    clients.push(client);
    return client;
  };
  const logText = () => readFileSync(logPath, 'utf8');
  return {
    address,
    gateway,
    client: connect({}),
    authority,
    caller,
    configPath,
    connect,
    logText,
    logs: () => logText().split('\n').slice(0, -1).map(parseLine), // What follows the last line end is half written.
    metrics: () => gateway.telemetry.renderMetrics(),
    async [Symbol.asyncDispose]() {
      for (const client of clients) client.close();
      await gateway.stop();
      closeSync(logFd);
      rmSync(folder, { recursive: true });
    },
  };
}

/** What a gateway is started with, in a folder of its own. */
export interface WrittenConfig {
  readonly folder: string;
  readonly configPath: string;
  readonly authority: Authority;
  readonly caller: CertificatePair;
}

/** Writes a configuration and its certificates. Whoever asks for it removes the folder. */
export async function writeTestConfig(config: TestConfig): Promise<WrittenConfig> {
  const { authority, server, caller } = await certificates();
  const folder = mkdtempSync(join(tmpdir(), 'kanmon-test-'));
  writeFileSync(join(folder, 'ca.pem'), authority.cert + (config.clientCa ?? ''));
  writeFileSync(join(folder, 'server.pem'), server.cert);
  writeFileSync(join(folder, 'server.key'), server.key);
  const configPath = join(folder, 'kanmon.yaml');
  writeFileSync(configPath, stringify(fileOf(config)));
  return { folder, configPath, authority, caller };
}

/** A provider entry for a loopback server that speaks OpenAI's chat completions. */
export function openaiCompatible(port: number, more: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return { host: 'openai-compatible', baseUrl: `http://127.0.0.1:${port}/v1`, apiKey: PROVIDER_KEY_REFERENCE, ...more };
}

/** The key that providers of `openaiCompatible` are called with; it must never be seen anywhere else. */
export const PROVIDER_KEY = 'sk-canary-4f1d9c8e7b6a5d4c3b2a';

const PROVIDER_KEY_REFERENCE = '$' + '{env:PROVIDER_KEY}'; // Not a template of JavaScript's: the configuration resolves it.

function fileOf(config: TestConfig): Record<string, unknown> {
  const tls = { cert: 'server.pem', key: 'server.key', clientCa: 'ca.pem' };
  const { grpc, ...listen } = (config.more?.listen ?? {}) as Record<string, object>; // As YAML has it.
  return {
    providers: config.providers,
    models: config.models,
    clients: config.clients ?? { caller: { identity: { spiffe: CALLER }, models: Object.keys(config.models) } },
    drain: { announce: '0s', grace: '100ms' },
    ...config.more,
    listen: {
      grpc: { address: '127.0.0.1:0', tls, ...grpc, ...config.listenGrpc },
      adminHttp: { address: '127.0.0.1:0' },
      adminGrpc: { address: '127.0.0.1:0' },
      ...listen,
    },
  };
}

interface Certificates {
  readonly authority: Authority;
  readonly server: CertificatePair;
  readonly caller: CertificatePair;
}

let made: Promise<Certificates> | undefined;

/** Once for the test process: making keys is what takes time. */
function certificates(): Promise<Certificates> {
  made ??= makeCertificates();
  return made;
}

async function makeCertificates(): Promise<Certificates> {
  const authority = await createAuthority('Kanmon test CA');
  return { authority, server: await authority.issueServer(), caller: await authority.issueClient(CALLER) };
}

function parseLine(line: string): Readonly<Record<string, unknown>> {
  return JSON.parse(line) as Readonly<Record<string, unknown>>; // Every line of the log is an object.
}
