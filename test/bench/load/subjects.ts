/** Who is measured: the gateway as it is run, and the reverse proxies that it is held against. Each is its own process. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, openSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { stringify } from 'yaml';
import { createAuthority } from '../../../server/cli/certs/authority.ts';
import type { Caller } from './caller.ts';
import { createGrpcCaller } from './grpc-caller.ts';
import { createHttpCaller } from './http-caller.ts';
import { modelOf, PACES, type Pace } from './mock-wire.ts';
import { nginxConfig } from './nginx-config.ts';
import { findFreePort, type Pinned, SUBJECT_CORE, startPinned } from './process.ts';

/** A process that is measured. */
export interface Subject {
  readonly name: string;
  readonly pid: number;
  readonly caller: Caller;
  readonly stop: () => Promise<void>;
}

/** Starts processes of one subject. */
export interface SubjectStarter {
  readonly name: string;
  /** Starts one; resolves when its port takes connections. */
  readonly start: () => Promise<Subject>;
}

/** What all subjects share. */
export interface Surroundings {
  /** A folder that is thrown away at the end. */
  readonly folder: string;
  readonly upstreamPort: number;
}

/** Which gateway to run: this tree's, or another one to compare it with. */
export interface GatewayBuild {
  readonly name: string;
  /** The tree's root; it has been built. */
  readonly root: string;
  /** Folder for a CPU profile of it; undefined: none is made. */
  readonly profiles: string | undefined;
}

const CLIENT = 'spiffe://bench.example/caller';
const START_TIMEOUT_MS = 20_000;
const SOURCE_FOLDER = fileURLToPath(new URL('.', import.meta.url));

/** The gateway, with everything on: identity, log, metrics, traces (1 in 100, to a collector that takes all). */
export async function gatewayStarter(
  build: GatewayBuild,
  { folder, upstreamPort }: Surroundings,
): Promise<SubjectStarter> {
  const own = join(folder, build.name);
  mkdirSync(own);
  const authority = await createAuthority();
  const server = await authority.issueServer();
  const client = await authority.issueClient(CLIENT);
  writeFileSync(join(own, 'ca.pem'), authority.cert);
  writeFileSync(join(own, 'server.pem'), server.cert);
  writeFileSync(join(own, 'server.key'), server.key);
  const log = openSync(join(own, 'log'), 'a');
  const start = async () => {
    const port = await findFreePort();
    writeFileSync(join(own, 'kanmon.yaml'), stringify(gatewayConfig(port, upstreamPort)));
    const profile = build.profiles === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${build.profiles}`];
    const command = [process.execPath, ...profile, join(build.root, 'dist/main.js')];
    const serve = [...command, 'serve', '--config', join(own, 'kanmon.yaml')];
    const gateway = startPinned(SUBJECT_CORE, serve, ['ignore', log, 'inherit'], {
      ...process.env,
      BENCH_KEY: 'sk-bench',
    });
    const caller = createGrpcCaller({ port, ca: authority.cert, ...client });
    return openSubject(build.name, gateway, port, caller);
  };
  return { name: build.name, start };
}

/** The reference on the same Node.js. */
export function nodeProxyStarter({ upstreamPort }: Surroundings): SubjectStarter {
  const script = join(SOURCE_FOLDER, 'node-proxy.ts');
  return proxyStarter('node proxy', (port) => [process.execPath, script, String(upstreamPort), String(port)]);
}

/** Go's reverse proxy; undefined where there is no Go to build it. */
export function goProxyStarter({ folder, upstreamPort }: Surroundings): SubjectStarter | undefined {
  const binary = join(folder, 'go-proxy');
  try {
    execFileSync('go', ['build', '-o', binary, '.'], { cwd: join(SOURCE_FOLDER, 'go-proxy'), stdio: 'pipe' });
  } catch {
    return undefined; // The page says who was measured.
  }
  return proxyStarter('go proxy', (port) => [binary, String(upstreamPort), String(port)]);
}

/** nginx; undefined where it is not installed. */
export function nginxStarter({ folder, upstreamPort }: Surroundings): SubjectStarter | undefined {
  try {
    execFileSync('nginx', ['-v'], { stdio: 'pipe' });
  } catch {
    return undefined; // The page says who was measured.
  }
  return proxyStarter('nginx', (port) => {
    const config = join(folder, 'nginx.conf');
    writeFileSync(config, nginxConfig(folder, upstreamPort, port));
    return ['nginx', '-c', config, '-e', join(folder, 'nginx-error.log')];
  });
}

function proxyStarter(name: string, command: (port: number) => readonly string[]): SubjectStarter {
  const start = async () => {
    const port = await findFreePort();
    const started = startPinned(SUBJECT_CORE, command(port), ['ignore', 'ignore', 'inherit']);
    return openSubject(name, started, port, createHttpCaller(port));
  };
  return { name, start };
}

async function openSubject(name: string, started: Pinned, port: number, caller: Caller): Promise<Subject> {
  const giveUpAtMs = performance.now() + START_TIMEOUT_MS;
  while (!(await isListening(port))) {
    if (performance.now() > giveUpAtMs || started.child.exitCode !== null) throw new Error(`${name} does not start`);
    await sleep(2);
  }
  return {
    name,
    pid: started.pid,
    caller,
    async stop() {
      caller.close();
      await started.end();
    },
  };
}

function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

function gatewayConfig(port: number, upstreamPort: number): object {
  const tls = { cert: 'server.pem', key: 'server.key', clientCa: 'ca.pem' };
  const deployment = (model: string) => ({ deployments: [{ provider: 'mock', model }] });
  const paces = (Object.keys(PACES) as Pace[]).map(modelOf); // Its own keys.
  const models = Object.fromEntries([...paces, 'mock-embed'].map((model) => [model, deployment(model)]));
  const baseUrl = `http://127.0.0.1:${upstreamPort}/v1`;
  const key = '$' + '{env:BENCH_KEY}'; // Not a template of JavaScript's: the configuration resolves it.
  return {
    listen: {
      grpc: { address: `127.0.0.1:${port}`, tls },
      adminHttp: { address: '127.0.0.1:0' },
      adminGrpc: { address: '127.0.0.1:0' },
    },
    providers: { mock: { host: 'openai-compatible', baseUrl, apiKey: key } },
    models,
    clients: { bench: { team: 'bench', identity: { spiffe: CLIENT }, models: Object.keys(models) } },
    telemetry: { otlp: `http://127.0.0.1:${upstreamPort}`, sample: '1%' },
    drain: { announce: '0s', grace: '1s' },
  };
}
