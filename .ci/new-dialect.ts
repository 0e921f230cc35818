/**
 * Makes the skeleton of a new dialect: a small one that works and passes the laws of every dialect, to be changed file by file.
 *
 *   npm run new:dialect -- acme-chat
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const SKELETON = join(import.meta.dirname, 'skeleton');
const LAWS = 'test/unit/skeleton/laws.test.ts';
const NAME = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;

/** Writes the files of a dialect below a folder, the repository's. Gives their paths. @throws Error if it is there already */
export function createDialect(name: string, root: string): readonly string[] {
  if (!NAME.test(name)) throw new Error(`"${name}" is no name: small letters and digits, in words joined by hyphens`);
  const [folder, tests] = [`server/providers/${name}`, `test/unit/${name}`];
  if (existsSync(join(root, folder))) throw new Error(`${folder} is there already`);
  const files = readdirSync(SKELETON).map((file) => [`${folder}/${file}`, join(SKELETON, file)] as const);
  const all = [...files, [`${tests}/laws.test.ts`, join(import.meta.dirname, '..', LAWS)] as const];
  for (const path of [folder, tests]) mkdirSync(join(root, path), { recursive: true });
  for (const [path, from] of all) writeFileSync(join(root, path), rename(readFileSync(from, 'utf8'), name));
  return all.map(([path]) => path);
}

/** The skeleton's names and paths become the dialect's. */
function rename(text: string, name: string): string {
  const words = name.split('-').map((word) => word.slice(0, 1).toUpperCase() + word.slice(1));
  const pascal = words.join('');
  const camel = pascal.slice(0, 1).toLowerCase() + pascal.slice(1);
  return text
    .replaceAll('../../../.ci/skeleton/', `../../../server/providers/${name}/`)
    .replaceAll("'../../server/providers/", "'../")
    .replaceAll("'../../server/model/", "'../../model/")
    .replaceAll('skeletonDialect', camel)
    .replaceAll('SkeletonStream', `${pascal}Stream`)
    .replaceAll('skeleton.v1', `${name}.v1`)
    .replaceAll('skeleton.example', `${name}.example`)
    .replaceAll('Skeleton', words.join(' '));
}

if (import.meta.main) {
  const [name = ''] = process.argv.slice(2);
  for (const path of createDialect(name, process.cwd())) console.log(path);
  console.log(`
Next (docs/contributing.md, "Add a dialect"):
  1. biome check --write server/providers/${name} test/unit/${name}
  2. put it into server/providers/dialects.ts, and a row for its host into server/providers/hosts/
  3. npm run mocha -- test/unit/${name}, then change wire, encode, decode, stream and error to what the provider says
  4. a folder of goldens in test/golden/goldens.ts, npm run golden -- --write`);
}
