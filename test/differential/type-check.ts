/** Asks the compiler whether arguments are what an SDK's own types say. */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

/** One argument, and the type that it should have. */
export interface TypedArgument {
  /** A name of its own, without slashes. */
  readonly name: string;
  readonly type: string;
  readonly argument: unknown;
}

/**
 * The compiler's first words about each argument that does not have its type, by name. Arguments are written as literals, so
 * that members which the type does not know are errors too.
 */
export async function typeErrors(typed: readonly TypedArgument[]): Promise<ReadonlyMap<string, string>> {
  const folder = mkdtempSync(join(tmpdir(), 'kanmon-types-'));
  try {
    symlinkSync(resolve('node_modules'), join(folder, 'node_modules'));
    writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions: OPTIONS, include: ['*.ts'] }));
    for (const { name, type, argument } of typed) {
      writeFileSync(join(folder, `${name}.ts`), `${PLAIN}export const argument: ${type} = ${literal(argument)};\n`);
    }
    return readErrors(await compile(folder));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** A type whose enums are their values. */
const PLAIN = `type Plain<T> = T extends string ? \`\${T}\` : T extends Blob | Uint8Array | Function ? T
  : T extends object ? { [K in keyof T]: Plain<T[K]> } : T;
`;

const OPTIONS = {
  target: 'es2025',
  module: 'nodenext',
  types: ['node'],
  strict: true,
  noEmit: true,
  skipLibCheck: true,
};

function compile(folder: string): Promise<string> {
  const compiler = resolve('node_modules/.bin/tsc');
  return new Promise((done, fail) => {
    execFile(compiler, ['--project', folder, '--pretty', 'false'], { maxBuffer: 1 << 24 }, (error, stdout) => {
      // It ends with 1 or 2 where it has found errors; whatever else it says is no answer.
      if (error instanceof Error && !stdout.includes('error TS')) fail(error);
      else done(stdout);
    });
  });
}

function readErrors(output: string): ReadonlyMap<string, string> {
  const errors = new Map<string, string>();
  for (const line of output.split('\n')) {
    const [, name, words] = /([\w.-]+)\.ts\(\d+,\d+\): (error TS.*)$/.exec(line) ?? [];
    if (words !== undefined && name === undefined) throw new Error(line);
    if (name !== undefined && words !== undefined && !errors.has(name)) errors.set(name, words);
    else if (line.startsWith('error')) throw new Error(line);
  }
  return errors;
}

/** A value as an expression. */
function literal(value: unknown): string {
  if (value instanceof Uint8Array) return `Uint8Array.of(${value.join(', ')})`;
  if (Array.isArray(value)) return `[${value.map(literal).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  return `{ ${Object.entries(value)
    .map(([name, inner]) => `${JSON.stringify(name)}: ${literal(inner)}`)
    .join(', ')} }`;
}
