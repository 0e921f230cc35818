/** References to variables and files: `${env:NAME}` and `${file:/path}`. Pure: what they stand for is given. */
import { isAbsolute, resolve } from 'node:path';

/** A file as it was read. */
export type FileContent =
  | { readonly text: string; readonly problem?: undefined }
  | { readonly text?: undefined; readonly problem: string };

/** A text found, or why there is none. Neither message holds a secret. */
export type Resolved = { readonly ok: true; readonly text: string } | { readonly ok: false; readonly message: string };

/** Resolves what a configuration refers to, and notes which files that takes. */
export interface References {
  /** Puts in what the references in a text stand for. */
  readonly resolve: (text: string) => Resolved;
  /** The text of a file. */
  readonly readFile: (path: string) => Resolved;
  /** The absolute path of a file that is there. */
  readonly findFile: (path: string) => Resolved;
  /** Every file that was asked for. */
  readonly asked: ReadonlySet<string>;
  /** Those of them whose texts are in the result. */
  readonly used: ReadonlySet<string>;
}

/** What references are resolved from. */
export interface ReferenceSources {
  /** Folder at which relative paths start. */
  readonly folder: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** By absolute path. A file that is not among them is taken as empty. */
  readonly files: ReadonlyMap<string, FileContent>;
}

/** How a secret is written, for messages. */
export const REFERENCE_FORMS = `"\${env:NAME}" or "\${file:/path}"`;

const REFERENCE = /\$\{([^:}]*):?([^}]*)\}/g;
const WHOLE_REFERENCE = /^\$\{(env|file):[^}]+\}$/;

/** Whether a text is one reference and nothing else. */
export function isReference(text: string): boolean {
  return WHOLE_REFERENCE.test(text);
}

/** Makes a resolver. */
export function createReferences({ folder, env, files }: ReferenceSources): References {
  const asked = new Set<string>();
  const used = new Set<string>();

  const look = (path: string): Resolved => {
    const absolute = isAbsolute(path) ? path : resolve(folder, path);
    const content = files.get(absolute);
    asked.add(absolute);
    if (content?.problem !== undefined) return { ok: false, message: `cannot read ${path}: ${content.problem}` };
    return { ok: true, text: absolute };
  };
  const readFile = (path: string): Resolved => {
    const found = look(path);
    if (!found.ok) return found;
    used.add(found.text);
    return { ok: true, text: files.get(found.text)?.text ?? '' };
  };
  const resolveOne = (scheme: string, name: string): Resolved => {
    if (scheme === 'env') return resolveVariable(name, env);
    if (scheme !== 'file') return { ok: false, message: `has a reference of another form than ${REFERENCE_FORMS}` };
    const content = readFile(name);
    return content.ok ? { ok: true, text: content.text.replace(/\r?\n$/, '') } : content;
  };
  return { resolve: (text) => replaceAll(text, resolveOne), readFile, findFile: look, asked, used };
}

function resolveVariable(name: string, env: ReferenceSources['env']): Resolved {
  const value = Object.hasOwn(env, name) ? env[name] : undefined;
  if (value === undefined) return { ok: false, message: `the environment has no variable ${name}` };
  return { ok: true, text: value };
}

function replaceAll(text: string, resolveOne: (scheme: string, name: string) => Resolved): Resolved {
  const problems: string[] = [];
  const replaced = text.replace(REFERENCE, (_, scheme: string, name: string) => {
    const found = resolveOne(scheme, name);
    if (!found.ok) problems.push(found.message);
    return found.ok ? found.text : '';
  });
  const [message] = problems;
  return message === undefined ? { ok: true, text: replaced } : { ok: false, message };
}
