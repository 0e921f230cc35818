/** The flags of the commands that generate, and the request that they make. */
import { type CompleteInput, systemText, userText } from '@kanmon/client';
import { type Command, InvalidArgumentError } from 'commander';

/** What the flags say. */
export interface GenerationFlags {
  readonly model: string;
  readonly system?: string;
  readonly maxTokens?: number;
  readonly temperature?: number;
  readonly tag?: Readonly<Record<string, string>>;
  readonly json?: boolean;
}

/** Adds the flags. */
export function addGenerationOptions(command: Command): Command {
  return command
    .option('-m, --model <alias>', 'model, by its alias in the gateway', 'chat')
    .option('-s, --system <text>', 'instructions of the application')
    .option('--max-tokens <count>', 'limit of the answer in tokens', parseCount)
    .option('--temperature <number>', 'randomness, 0 to 2', parseNumber)
    .option('--tag <key=value>', 'label for logs and usage; may be repeated', collectTag)
    .option('--json', 'print what came over the wire as JSON');
}

/** The request for one prompt. */
export function toRequest(prompt: string, flags: GenerationFlags): CompleteInput {
  const { model, system, maxTokens, temperature, tag } = flags;
  return {
    generation: {
      model,
      messages: [...(system === undefined ? [] : [systemText(system)]), userText(prompt)],
      ...(maxTokens === undefined ? {} : { maxOutputTokens: maxTokens }),
      ...(temperature === undefined ? {} : { temperature }),
    },
    options: { ...(tag === undefined ? {} : { tags: tag }) },
  };
}

/** A whole number of at least 1. */
export function parseCount(text: string): number {
  const count = Number(text);
  if (/^\d+$/.test(text) && count >= 1 && count <= 2_147_483_647) return count;
  throw new InvalidArgumentError('It must be a whole number of at least 1.');
}

function parseNumber(text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && Number.isFinite(value)) return value;
  throw new InvalidArgumentError('It must be a number.');
}

function collectTag(text: string, before: Readonly<Record<string, string>> = {}): Record<string, string> {
  const at = text.indexOf('=');
  if (at < 1) throw new InvalidArgumentError('Write key=value.');
  return { ...before, [text.slice(0, at)]: text.slice(at + 1) };
}
