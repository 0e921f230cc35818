/** Three calls to a fresh gateway, by the same client that services use. */
import { createClient, type KanmonClient, textOf, userText } from '@kanmon/client';
import { write, writeLine } from '../output.ts';
import { summarize } from '../summary.ts';
import type { World } from '../world.ts';
import type { QuickstartFiles } from './files.ts';

const TIMEOUT_MS = 60_000;
const SIMULATED_TOKENS = 60; // Enough to see, and soon over.

/** Makes the calls and prints what came back. @throws KanmonError */
export async function takeTour(
  address: string,
  { ca, cert, key, isSimulated }: QuickstartFiles,
  world: World,
): Promise<void> {
  const client = createClient({ address, ca, cert, key, defaultTimeoutMs: TIMEOUT_MS });
  const signal = world.interruption();
  // A model that reasons would spend so small a limit on its thoughts.
  const limits = isSimulated ? { maxOutputTokens: SIMULATED_TOKENS } : {};
  const stop: Stop = { client, signal, limits, world };
  try {
    await tourComplete(stop);
    await tourStream(stop);
    await tourEmbed(stop);
  } finally {
    client.close();
  }
}

interface Stop {
  readonly client: KanmonClient;
  readonly signal: AbortSignal;
  readonly limits: { readonly maxOutputTokens?: number };
  readonly world: World;
}

async function tourComplete({ client, signal, limits, world: { stdout } }: Stop): Promise<void> {
  const messages = [userText('What is a gateway?')];
  await writeLine(stdout, '\n▸ Complete: "What is a gateway?"');
  const reply = await client.complete({ generation: { model: 'chat', messages, ...limits } }, { signal });
  await writeLine(stdout, `  ${textOf(reply.message)}\n  ${summarize(reply)}`);
}

async function tourStream({ client, signal, limits, world: { stdout } }: Stop): Promise<void> {
  const messages = [userText('Tell me about rivers.')];
  await write(stdout, '\n▸ Stream: "Tell me about rivers."\n  ');
  const answer = client.stream({ generation: { model: 'chat', messages, ...limits } }, { signal });
  for await (const piece of answer.text()) await write(stdout, piece);
  await writeLine(stdout, `\n  ${summarize(await answer.final())}`);
}

async function tourEmbed({ client, signal, world: { stdout } }: Stop): Promise<void> {
  const inputs = ['a small cat', 'a little cat', 'quarterly revenue'];
  await writeLine(stdout, `\n▸ Embed: ${inputs.map((input) => JSON.stringify(input)).join(', ')}`);
  const result = await client.embed({ model: 'embed', inputs }, { signal });
  const [first, ...others] = result.vectors;
  const nearness = others.map((other, index) => `${inputs[index + 1]} ${cosine(first, other).toFixed(2)}`).join(', ');
  await writeLine(
    stdout,
    `  ${result.vectors.length} vectors of ${result.dimensions}; nearness to ${inputs[0]}: ${nearness}`,
  );
  await writeLine(stdout, `  ${summarize(result)}`);
}

function cosine(a: Float32Array = new Float32Array(), b: Float32Array = new Float32Array()): number {
  const dot = (x: Float32Array, y: Float32Array) => x.reduce((sum, value, index) => sum + value * (y[index] ?? 0), 0);
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
}
