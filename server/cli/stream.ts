/** kanmon stream: one answer, as it comes. */
import { type KanmonClient, StreamEvent } from '@kanmon/client';
import { Command } from 'commander';
import { addConnectionOptions, type ConnectionFlags, withConnection } from './connection.ts';
import { addExamples } from './examples.ts';
import { addGenerationOptions, type GenerationFlags, toRequest } from './generation.ts';
import { write, writeLine } from './output.ts';
import { startProgress } from './progress.ts';
import { readPrompt } from './prompt.ts';
import { summarize } from './summary.ts';
import type { World } from './world.ts';

type Stream = ReturnType<KanmonClient['stream']>;

/** The command. Text goes to the standard output as it comes, a line about the call to the standard error. */
export function streamCommand(world: World): Command {
  const command = new Command('stream')
    .description('ask for an answer and print it as it comes')
    .argument('[prompt...]', 'what to ask; without it, or as "-", the standard input')
    .action((words: string[], flags: ConnectionFlags & GenerationFlags) => stream(words, flags, world));
  return addExamples(addConnectionOptions(addGenerationOptions(command)), world.commandName, [
    ['Watch an answer being written', 'kanmon stream "Tell me a story."'],
    ['The events as JSON, one a line', 'kanmon stream --json "Count to three."'],
  ]);
}

async function stream(words: readonly string[], flags: ConnectionFlags & GenerationFlags, world: World): Promise<void> {
  const request = toRequest(await readPrompt(words, world), flags);
  await withConnection(flags, world, async ({ client, call }) => {
    const stop = startProgress(world.stderr, `waiting for ${flags.model}`);
    try {
      const answer = client.stream(request, call);
      await (flags.json ? printEvents(answer, world, stop) : printText(answer, world, stop));
    } finally {
      stop();
    }
  });
}

async function printEvents(answer: Stream, { stdout }: World, onFirst: () => void): Promise<void> {
  for await (const event of answer) {
    onFirst();
    await writeLine(stdout, JSON.stringify(StreamEvent.toJSON(event)));
  }
}

async function printText(answer: Stream, { stdout, stderr }: World, onFirst: () => void): Promise<void> {
  let written = false;
  try {
    for await (const piece of answer.text()) {
      onFirst();
      written = true;
      await write(stdout, piece);
    }
  } finally {
    if (written) await writeLine(stdout);
  }
  await writeLine(stderr, summarize(await answer.final()));
}
