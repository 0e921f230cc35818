#!/usr/bin/env node
/** The process: the only place, beside cli/, that reads arguments, environment and signals. */
import { readFileSync } from 'node:fs';
import { EXIT } from './cli/exit-codes.ts';
import { runCommandLine } from './cli/run.ts';
import type { GatewayLaunch, RunningGateway, World } from './cli/world.ts';

const EXIT_GRACE_MS = 500; // For output that is still on its way.
const FAULT_MS = 1000; // To write a fault down and end the calls.

const interrupted = new AbortController();
let isListening = false;

const world: World = {
  env: process.env,
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  commandName: process.env.npm_lifecycle_event === undefined ? 'kanmon' : 'npm run -s kanmon --',
  version: readVersion(),
  interruption: listenForInterruption,
  startGateway: launchGateway,
  onHangup: (listener) => void process.on('SIGHUP', listener),
};

process.stdout.on('error', endQuietly);
process.exitCode = await runCommandLine(process.argv.slice(2), world);
// Whatever still holds the process, an idle socket of a peer that does not answer for one, must not keep it.
setTimeout(() => process.exit(), EXIT_GRACE_MS).unref();

async function launchGateway(launch: GatewayLaunch): Promise<RunningGateway> {
  const [{ startGateway }, { logVerbosity, setLogVerbosity }] = await Promise.all([
    import('./start.ts'), // Commands that only call need none of it.
    import('@grpc/grpc-js'),
  ]);
  // It would write what it also throws, as text of its own beside the log.
  if (world.env.GRPC_VERBOSITY === undefined) setLogVerbosity(logVerbosity.NONE);
  const { ports, reload, stop, fail } = await startGateway({ ...launch, env: world.env, version: world.version });
  endOnFault(fail);
  return {
    port: ports.grpc,
    reload: async () => void (await reload()),
    stop: async () => void (await stop()),
  };
}

/**
 * What nobody caught, an error or a rejection, leaves the process in a state that nobody knows: it must not go on (faults.md
 * section 6, item 25). Once: a fault while it ends changes nothing.
 */
function endOnFault(fail: (fault: unknown) => Promise<void>): void {
  let isEnding = false;
  process.on('uncaughtException', (fault) => {
    if (isEnding) return;
    isEnding = true;
    setTimeout(exitFailed, FAULT_MS);
    fail(fault).then(exitFailed, exitFailed);
  });
}

function exitFailed(): void {
  process.exit(EXIT.failed);
}

/** Listens from the first call on; each signal is heard once, so that the second Ctrl-C ends the process. */
function listenForInterruption(): AbortSignal {
  if (!isListening) {
    isListening = true;
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => interrupted.abort());
  }
  return interrupted.signal;
}

/** The reader of a pipe went away: nobody is left to tell. */
function endQuietly(error: Error & { readonly code?: string }): void {
  if (error.code !== 'EPIPE') throw error;
  process.exit();
}

function readVersion(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
  const isManifest = typeof manifest === 'object' && manifest !== null && 'version' in manifest;
  return isManifest ? String(manifest.version) : 'unknown';
}
