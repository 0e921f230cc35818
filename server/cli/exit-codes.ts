/** What the program's exit code says, in one table: scripts rely on it. */
import { KanmonError } from '@kanmon/client';
import { CommanderError } from 'commander';
import { GatewayError } from '../model/errors.ts';

/** Exit codes by name. */
export const EXIT = { done: 0, failed: 1, usage: 2, notNow: 3, notAllowed: 4, interrupted: 130 } as const;

/** The same for readers. */
export const EXIT_CODES: readonly { readonly code: number; readonly means: string }[] = [
  { code: EXIT.done, means: 'Done.' },
  { code: EXIT.failed, means: 'The call failed, and would fail again as it is.' },
  { code: EXIT.usage, means: 'Wrong usage or a wrong configuration: nothing was called.' },
  {
    code: EXIT.notNow,
    means: 'Not now: the gateway cannot be reached, is busy or not serving, or a limit or deadline passed.',
  },
  { code: EXIT.notAllowed, means: 'The gateway does not know the caller, or does not let it do this.' },
  { code: EXIT.interrupted, means: 'Interrupted by Ctrl-C or SIGTERM.' },
];

/** A mistake of whoever typed the command. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** The command did its work, and this is its result. */
export class ExitWith extends Error {
  override readonly name = 'ExitWith';
  readonly exitCode: number;

  constructor(exitCode: number) {
    super(`exit code ${exitCode}`);
    this.exitCode = exitCode;
  }
}

/** The exit code for what a command threw. */
export function exitCodeOf(thrown: unknown): number {
  if (thrown instanceof ExitWith) return thrown.exitCode;
  if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? EXIT.done : EXIT.usage;
  if (thrown instanceof UsageError) return EXIT.usage;
  if (thrown instanceof GatewayError) return thrown.reason === 'CONFIG_INVALID' ? EXIT.usage : EXIT.failed;
  return thrown instanceof KanmonError ? exitCodeOfCall(thrown) : EXIT.failed;
}

function exitCodeOfCall({ code, pushbackMs }: KanmonError): number {
  switch (code) {
    case 'CANCELLED':
      return EXIT.interrupted;
    case 'UNAVAILABLE':
    case 'DEADLINE_EXCEEDED':
      return EXIT.notNow;
    case 'RESOURCE_EXHAUSTED':
    case 'ABORTED':
      return pushbackMs === -1 ? EXIT.failed : EXIT.notNow;
    case 'UNAUTHENTICATED':
    case 'PERMISSION_DENIED':
      return EXIT.notAllowed;
    default:
      return EXIT.failed;
  }
}
