/** What a command sees of the process: passed in, so that tests run commands without one. */
import type { Readable, Writable } from 'node:stream';

/** Where a command reads; a terminal or not. */
export type Input = Readable & { readonly isTTY?: boolean | undefined };

/** Where a command writes; a terminal or not. */
export type Output = Writable & { readonly isTTY?: boolean | undefined; readonly columns?: number | undefined };

/** A gateway that runs in this process. */
export interface RunningGateway {
  /** Port of the service. */
  readonly port: number;
  /** Looks at the configuration now. */
  readonly reload: () => Promise<void>;
  /** Lets calls finish, within the times of the configuration, and ends. */
  readonly stop: () => Promise<void>;
}

/** How to run a gateway. */
export interface GatewayLaunch {
  readonly configPath: string;
  /** Descriptor of the log; the standard output if left away. */
  readonly logFd?: number;
}

/** The process, as far as commands need it. */
export interface World {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stdin: Input;
  readonly stdout: Output;
  readonly stderr: Output;
  /** How this program is started, for examples: kanmon, or npm run kanmon --. */
  readonly commandName: string;
  readonly version: string;
  /** A signal that the first Ctrl-C or SIGTERM from now on aborts; the second one ends the process. */
  readonly interruption: () => AbortSignal;
  /** Starts a gateway and gives it back when it serves. */
  readonly startGateway: (launch: GatewayLaunch) => Promise<RunningGateway>;
  /** Calls back on each SIGHUP from now on. */
  readonly onHangup: (listener: () => void) => void;
}
