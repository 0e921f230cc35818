/** kanmon health: whether a gateway serves. */
import { Command } from 'commander';
import { addConnectionOptions, type ConnectionFlags, withConnection } from './connection.ts';
import { addExamples } from './examples.ts';
import { EXIT, ExitWith } from './exit-codes.ts';
import { writeJson, writeLine } from './output.ts';
import { withProgress } from './progress.ts';
import type { World } from './world.ts';

interface HealthFlags extends ConnectionFlags {
  readonly service: string;
  readonly json?: boolean;
}

/** The command; its exit code says the same as its output. */
export function healthCommand(world: World): Command {
  const command = new Command('health')
    .description('ask whether a gateway serves (grpc.health.v1); exit code 3 if not')
    .option('--service <name>', 'one of its services; else the gateway as a whole', '')
    .option('--json', 'print it as JSON')
    .action((flags: HealthFlags) => health(flags, world));
  return addExamples(addConnectionOptions(command), world.commandName, [
    ['In a script', 'kanmon health --timeout 2s || echo "not serving"'],
    ['One service', 'kanmon health --service kanmon.v1.GatewayService'],
  ]);
}

async function health(flags: HealthFlags, world: World): Promise<void> {
  await withConnection(flags, world, async ({ client, call, address }) => {
    const status = await withProgress(world, `asking ${address}`, client.health(flags.service, call));
    await (flags.json ? writeJson(world.stdout, { status }) : writeLine(world.stdout, status));
    if (status !== 'SERVING') throw new ExitWith(EXIT.notNow);
  });
}
