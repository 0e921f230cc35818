/** kanmon complete: one answer, whole. */
import { CompleteResponse, textOf } from '@kanmon/client';
import { Command } from 'commander';
import { addConnectionOptions, type ConnectionFlags, withConnection } from './connection.ts';
import { addExamples } from './examples.ts';
import { addGenerationOptions, type GenerationFlags, toRequest } from './generation.ts';
import { writeJson, writeLine } from './output.ts';
import { withProgress } from './progress.ts';
import { readPrompt } from './prompt.ts';
import { summarize } from './summary.ts';
import type { World } from './world.ts';

/** The command. The answer goes to the standard output, a line about the call to the standard error. */
export function completeCommand(world: World): Command {
  const command = new Command('complete')
    .description('ask for an answer and print it whole')
    .argument('[prompt...]', 'what to ask; without it, or as "-", the standard input')
    .action((words: string[], flags: ConnectionFlags & GenerationFlags) => complete(words, flags, world));
  return addExamples(addConnectionOptions(addGenerationOptions(command)), world.commandName, [
    ['Ask the model chat', 'kanmon complete "Why is the sky blue?"'],
    ['Ask about a file, with instructions', 'kanmon complete --system "Sum it up in one sentence." < report.txt'],
    ['The whole reply as JSON, for jq', 'kanmon complete --json "Name a colour." | jq .usage'],
  ]);
}

async function complete(
  words: readonly string[],
  flags: ConnectionFlags & GenerationFlags,
  world: World,
): Promise<void> {
  const request = toRequest(await readPrompt(words, world), flags);
  await withConnection(flags, world, async ({ client, call }) => {
    const reply = await withProgress(world, `waiting for ${flags.model}`, client.complete(request, call));
    if (flags.json) return writeJson(world.stdout, CompleteResponse.toJSON(reply));
    await writeLine(world.stdout, textOf(reply.message));
    await writeLine(world.stderr, summarize(reply));
  });
}
