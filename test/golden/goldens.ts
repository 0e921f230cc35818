/**
 * Golden files: what each dialect makes of the canonical requests, as readable JSON in one folder a dialect.
 *
 *   npm run golden              says which files differ from what the code makes
 *   npm run golden -- --write   writes them; read the diff
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { GatewayError } from '../../server/model/errors.ts';
import { anthropicMessages } from '../../server/providers/anthropic/index.ts';
import { bedrockConverse } from '../../server/providers/bedrock/index.ts';
import { HOSTS } from '../../server/providers/catalog.ts';
import { cohereV2 } from '../../server/providers/cohere/index.ts';
import type { Dialect } from '../../server/providers/dialect.ts';
import { googleGemini } from '../../server/providers/gemini/index.ts';
import { openaiChat } from '../../server/providers/openai-chat/index.ts';
import { openaiResponses } from '../../server/providers/openai-responses/index.ts';
import { lacking, makeTarget } from '../support/targets.ts';
import { GOLDEN_CASES, type GoldenCase } from './cases.ts';

/** One folder of goldens: a dialect, as the host speaks it. */
export interface GoldenFolder {
  readonly name: string;
  readonly dialect: Dialect;
  readonly hostId: string;
  /** For dialects whose wire depends on who made the model. Default: a name that says nothing. */
  readonly upstreamModel?: string;
}

/** All folders. */
export const GOLDEN_FOLDERS: readonly GoldenFolder[] = [
  { name: 'openai-chat', dialect: openaiChat, hostId: 'openai' },
  { name: 'openai-responses', dialect: openaiResponses, hostId: 'openai-responses' },
  { name: 'anthropic', dialect: anthropicMessages, hostId: 'anthropic' },
  { name: 'gemini', dialect: googleGemini, hostId: 'gemini' },
  { name: 'bedrock', dialect: bedrockConverse, hostId: 'bedrock', upstreamModel: 'eu.anthropic.claude-test-v1:0' },
  { name: 'bedrock-nova', dialect: bedrockConverse, hostId: 'bedrock', upstreamModel: 'amazon.nova-test-v1:0' },
  { name: 'cohere', dialect: cohereV2, hostId: 'cohere' },
  { name: 'mistral', dialect: openaiChat, hostId: 'mistral' },
];

/** One golden file, and what it should hold. */
export interface Golden {
  readonly path: string;
  readonly expected: string;
  /** What it holds; undefined: there is no such file. */
  readonly found: string | undefined;
}

/** The goldens of a folder, one a case. */
export function readGoldens(folder: GoldenFolder): readonly Golden[] {
  return GOLDEN_CASES.map((golden) => {
    const path = join(import.meta.dirname, folder.name, `${golden.name}.json`);
    const found = existsSync(path) ? readFileSync(path, 'utf8') : undefined;
    return { path, expected: render(folder, golden), found };
  });
}

/** Files of a folder that belong to no case any more. */
export function strayGoldens({ name }: GoldenFolder): readonly string[] {
  const folder = join(import.meta.dirname, name);
  const names = new Set(GOLDEN_CASES.map((golden) => `${golden.name}.json`));
  const files = existsSync(folder) ? readdirSync(folder) : [];
  return files.filter((file) => !names.has(file)).map((file) => join(folder, file));
}

/** Writes the goldens of a folder, and takes stray ones away. */
export function writeGoldens(folder: GoldenFolder): void {
  mkdirSync(join(import.meta.dirname, folder.name), { recursive: true });
  for (const { path, expected } of readGoldens(folder)) writeFileSync(path, expected);
  for (const path of strayGoldens(folder)) rmSync(path);
}

function render(
  { dialect, hostId, upstreamModel = 'model-1' }: GoldenFolder,
  { generation, target, stream = false }: GoldenCase,
): string {
  const host = HOSTS.get(hostId);
  const capabilities = lacking(...(host?.lacks ?? []));
  const whole = makeTarget(dialect.id, { upstreamModel, quirks: host?.quirks ?? {}, capabilities, ...target });
  return `${JSON.stringify(
    encode(() => dialect.encodeComplete(generation, whole, stream)),
    undefined,
    2,
  )}\n`;
}

function encode(run: () => unknown): unknown {
  try {
    return run();
  } catch (thrown) {
    if (!(thrown instanceof GatewayError)) throw thrown;
    return { reason: thrown.reason, violations: thrown.details.violations };
  }
}
