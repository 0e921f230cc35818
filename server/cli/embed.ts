/** kanmon embed: vectors of texts. */
import { EmbedResponse, type EmbedResult } from '@kanmon/client';
import { Command } from 'commander';
import { addConnectionOptions, type ConnectionFlags, withConnection } from './connection.ts';
import { addExamples } from './examples.ts';
import { UsageError } from './exit-codes.ts';
import { parseCount } from './generation.ts';
import { writeJson, writeLine } from './output.ts';
import { withProgress } from './progress.ts';
import { readPrompt } from './prompt.ts';
import { summarize } from './summary.ts';
import type { World } from './world.ts';

interface EmbedFlags extends ConnectionFlags {
  readonly model: string;
  readonly dimensions?: number;
  readonly json?: boolean;
}

const SHOWN_VALUES = 4;

/** The command: each argument is one input; without any, each line of the standard input is one. */
export function embedCommand(world: World): Command {
  const command = new Command('embed')
    .description('turn texts into vectors')
    .argument('[text...]', 'texts, one vector each; without any, the lines of the standard input')
    .option('-m, --model <alias>', 'model, by its alias in the gateway', 'embed')
    .option('--dimensions <count>', "length of the vectors; else the model's own", parseCount)
    .option('--json', 'print the reply with whole vectors as JSON')
    .action((texts: string[], flags: EmbedFlags) => embed(texts, flags, world));
  return addExamples(addConnectionOptions(command), world.commandName, [
    ['Two vectors', 'kanmon embed "a cat" "a dog"'],
    ['One vector a line, as JSON', 'kanmon embed --json < lines.txt'],
  ]);
}

async function embed(texts: readonly string[], flags: EmbedFlags, world: World): Promise<void> {
  const inputs =
    texts.length > 0 ? texts : (await readPrompt(texts, world)).split(/\r?\n/).filter((line) => line !== '');
  if (inputs.includes('')) throw new UsageError('a text to embed is empty');
  const { model, dimensions, json } = flags;
  const request = {
    model,
    inputs,
    ...(dimensions === undefined ? {} : { dimensions }),
    ...(json ? { encoding: 'EMBED_ENCODING_FLOATS' as const } : {}), // Numbers that a reader of JSON can use.
  };
  await withConnection(flags, world, async ({ client, call }) => {
    const result = await withProgress(world, `waiting for ${model}`, client.embed(request, call));
    if (json) return writeJson(world.stdout, EmbedResponse.toJSON(result));
    await printVectors(inputs, result, world);
  });
}

async function printVectors(inputs: readonly string[], result: EmbedResult, { stdout, stderr }: World): Promise<void> {
  for (const [index, vector] of result.vectors.entries()) {
    const shown = Array.from(vector.subarray(0, SHOWN_VALUES), (value) => value.toFixed(4)).join(', ');
    await writeLine(stdout, `${JSON.stringify(inputs[index])}: [${shown}, … ${vector.length} in all]`);
  }
  await writeLine(stderr, `${summarize(result)} · space ${result.vectorSpaceId}`);
}
