/**
 * Programs of others that tests call the gateway with. `.ci/tools` installs them into the folder that KANMON_TOOLS names, else
 * ~/.cache/kanmon. Where one is missing its tests skip and say so; in CI (CI=true) they fail instead.
 */
import { execFile } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** What a program wrote, and how it ended. */
export interface ToolResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Declares a suite that needs a tool. @param path of its executable, inside the folder of the tools */
export function describeWithTool(title: string, path: string, declare: (executable: string) => void): void {
  const executable = join(process.env.KANMON_TOOLS || join(homedir(), '.cache', 'kanmon'), path);
  describe(title, function () {
    this.timeout(120_000); // Others' programs start slowly on a busy machine.
    if (isExecutable(executable)) return declare(executable);
    it(`${path} is installed (bash .ci/tools does it)`, function () {
      if (process.env.CI === 'true') throw new Error(`${executable} is missing`);
      this.skip();
    });
  });
}

/** Runs a program to its end, without the network as far as it is known how to say so. Rejects only if it cannot be started. */
export async function runTool(executable: string, args: readonly string[]): Promise<ToolResult> {
  try {
    return {
      exitCode: 0,
      ...(await promisify(execFile)(executable, args, { timeout: 110_000, env: { ...process.env, GOPROXY: 'off' } })),
    };
  } catch (thrown) {
    const { code, stdout, stderr } = thrown as Partial<ToolResult> & { readonly code?: unknown }; // What execFile rejects with.
    if (typeof code !== 'number') throw thrown;
    return { exitCode: code, stdout: stdout ?? '', stderr: stderr ?? '' };
  }
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false; // Missing, or not to be run: both mean that it is not installed.
  }
}
