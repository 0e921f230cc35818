/** Runs one command line. */
import { exitCodeOf } from './exit-codes.ts';
import { printError } from './print-error.ts';
import { buildProgram } from './program.ts';
import type { World } from './world.ts';

/** Runs a command line (without the program's name) and gives its exit code. Never rejects. */
export async function runCommandLine(args: readonly string[], world: World): Promise<number> {
  try {
    await buildProgram(world).parseAsync(args, { from: 'user' });
    return 0;
  } catch (thrown) {
    await printError(thrown, world, args.includes('--json'));
    return exitCodeOf(thrown);
  }
}
