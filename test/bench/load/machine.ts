/** What the figures were measured on. */
import { execFileSync } from 'node:child_process';
import { arch, cpus, loadavg, platform, release } from 'node:os';

/** Machine and versions. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly system: string;
  readonly node: string;
  /** By name, where they are there. */
  readonly peers: Readonly<Record<string, string>>;
  /** Processes that wanted to run in the minute before the bench began: other work on the machine shows here. */
  readonly loadBefore: number;
}

/** Reads it. */
export function describeMachine(): Machine {
  const all = cpus();
  const peers = { nginx: versionOf('nginx', ['-v']), go: versionOf('go', ['version']) };
  return {
    cpu: all[0]?.model ?? 'unknown',
    cores: all.length,
    system: `${platform()} ${release().split('.').slice(0, 2).join('.')} ${arch()}`,
    node: process.version,
    peers: Object.fromEntries(Object.entries(peers).filter(([, version]) => version !== '')),
    loadBefore: Math.round((loadavg()[0] ?? 0) * 10) / 10,
  };
}

function versionOf(command: string, args: readonly string[]): string {
  try {
    const output = execFileSync('sh', ['-c', `${command} ${args.join(' ')} 2>&1`], { encoding: 'utf8' });
    return /\d+\.\d+(\.\d+)?/.exec(output)?.[0] ?? '';
  } catch {
    return ''; // Not there.
  }
}
