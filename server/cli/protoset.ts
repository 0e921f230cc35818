/** kanmon protoset: the contract as a FileDescriptorSet, for tools that have no reflection to ask. */
import { writeFile } from 'node:fs/promises';
import { Command } from 'commander';
import { protosetBytes } from '../model/protoset.ts';
import { addExamples } from './examples.ts';
import { UsageError } from './exit-codes.ts';
import { write } from './output.ts';
import type { World } from './world.ts';

/** The command. */
export function protosetCommand(world: World): Command {
  const command = new Command('protoset')
    .description('write the contract as a FileDescriptorSet, for grpcurl, ghz and others')
    .option('-o, --out <file>', 'where to write it; else the standard output')
    .action((flags: { readonly out?: string }) => protoset(flags.out, world));
  return addExamples(command, world.commandName, [
    ['To a file', 'kanmon protoset --out kanmon.protoset'],
    ['Then', 'grpcurl -protoset kanmon.protoset -cacert ca.pem -cert client.pem -key client.key 127.0.0.1:7443 list'],
  ]);
}

async function protoset(out: string | undefined, { stdout }: World): Promise<void> {
  if (out !== undefined) return writeFile(out, protosetBytes());
  if (stdout.isTTY) throw new UsageError('it is binary and would spoil the terminal: use --out, or redirect it');
  await write(stdout, protosetBytes());
}
