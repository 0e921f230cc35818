/** `kanmon serve` as a process of its own, for what can only be done to a whole process. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { createClient, type KanmonClient } from '@kanmon/client';
import { PROVIDER_KEY, type TestConfig, writeTestConfig } from './gateway.ts';

/** How a process is started. */
export interface ServeOptions {
  /** A module that the process loads first. */
  readonly preload?: URL;
  /** The most files that it may have open. */
  readonly maxOpenFiles?: number;
}

/** A running gateway. */
export interface ServeProcess extends AsyncDisposable {
  readonly process: ChildProcess;
  readonly client: KanmonClient;
  readonly port: number;
  readonly adminPort: number;
  readonly folder: string;
  /** The log so far, a line an object. */
  readonly logs: () => readonly Readonly<Record<string, unknown>>[];
  readonly logText: () => string;
  /** What came on the standard error. */
  readonly errorText: () => string;
  /** Resolves with its exit code and the time since `from`, in milliseconds. */
  readonly exited: Promise<{ readonly code: number | null; readonly atMs: number }>;
}

/** Starts one; resolves when it serves. */
export async function startServeProcess(config: TestConfig, options: ServeOptions = {}): Promise<ServeProcess> {
  const { folder, configPath, authority, caller } = await writeTestConfig(config);
  const child = spawn(...commandOf(configPath, options), {
    env: { PATH: process.env.PATH, PROVIDER_KEY, ...config.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const exited = once(child, 'exit').then(([code]) => ({ code: code as number | null, atMs: performance.now() }));
  const [log, errors] = [collect(child.stdout), collect(child.stderr)];
  const logs = () => log().split('\n').slice(0, -1).map(parseLine);
  const serving = await firstLine(child, logs, 'serving', errors);
  const port = Number(serving.grpc);
  const client = createClient({
    address: `127.0.0.1:${port}`,
    ca: authority.cert,
    ...caller,
    defaultTimeoutMs: 10_000,
    retry: { maxAttempts: 1 },
  });
  return {
    process: child,
    client,
    port,
    adminPort: Number(serving.adminHttp),
    folder,
    logs,
    logText: log,
    errorText: errors,
    exited,
    async [Symbol.asyncDispose]() {
      client.close();
      child.kill('SIGKILL');
      await exited;
      rmSync(folder, { recursive: true });
    },
  };
}

function commandOf(configPath: string, { preload, maxOpenFiles }: ServeOptions): [string, string[]] {
  const main = new URL('../../server/main.ts', import.meta.url).pathname;
  const preloading = preload === undefined ? [] : ['--import', preload.href];
  const args = ['--conditions=kanmon-source', ...preloading, main, 'serve', '--config', configPath];
  if (maxOpenFiles === undefined) return [process.execPath, args];
  return ['/bin/sh', ['-c', `ulimit -n ${maxOpenFiles} && exec "$0" "$@"`, process.execPath, ...args]];
}

function collect(stream: NodeJS.ReadableStream | null): () => string {
  let text = '';
  stream?.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
  });
  return () => text;
}

async function firstLine(
  child: ChildProcess,
  logs: ServeProcess['logs'],
  message: string,
  errors: () => string,
): Promise<Readonly<Record<string, unknown>>> {
  for (;;) {
    const line = logs().find(({ msg }) => msg === message);
    if (line !== undefined) return line;
    if (child.exitCode !== null) throw new Error(`the gateway ended with ${child.exitCode}: ${errors()}`);
    await Promise.race([once(child.stdout ?? child, 'data'), once(child, 'exit')]);
  }
}

function parseLine(line: string): Readonly<Record<string, unknown>> {
  return JSON.parse(line) as Readonly<Record<string, unknown>>; // Every line of the log is an object.
}
