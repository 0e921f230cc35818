/** Runs the command line in this process, with streams in memory in place of a terminal. */
import { PassThrough, Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { runCommandLine } from '../../server/cli/run.ts';
import type { World } from '../../server/cli/world.ts';

/** What a run came to. */
export interface CliResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** What a test may say of the world. */
export type CliWorld = Partial<Pick<World, 'env' | 'startGateway' | 'onHangup' | 'interruption'>> & {
  readonly input?: string;
  /** Whether all streams are terminals. */
  readonly isTTY?: boolean;
};

/** Runs one command line. */
export async function runCli(
  args: readonly string[],
  { input = '', isTTY = false, ...more }: CliWorld = {},
): Promise<CliResult> {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const outputs = Promise.all([text(stdout), text(stderr)]);
  const exitCode = await runCommandLine(args, {
    env: { KANMON_DIR: '/nowhere' },
    stdin: Object.assign(Readable.from([input]), { isTTY }),
    stdout: Object.assign(stdout, { isTTY }),
    stderr: Object.assign(stderr, { isTTY }),
    commandName: 'kanmon',
    version: '1.2.3',
    interruption: () => new AbortController().signal,
    startGateway: () => Promise.reject(new Error('no gateway in this test')),
    onHangup: () => undefined,
    ...more,
  });
  stdout.end();
  stderr.end();
  const [out, err] = await outputs;
  return { exitCode, stdout: out, stderr: err };
}
