/** The calls of the goldens: their bodies as they lie there. */
import assert from 'node:assert/strict';
import { basename } from 'node:path';
import { GOLDEN_CASES } from '../golden/cases.ts';
import { GOLDEN_FOLDERS, readGoldens } from '../golden/goldens.ts';
import type { Json } from './sdk.ts';

/** One golden that is a call, not a refusal. */
export interface GoldenCall {
  readonly name: string;
  readonly path: string;
  readonly body: Json;
  readonly stream: boolean;
}

/** The calls of a folder. Goldens that are refusals make none. */
export function readGoldenCalls(folderName: string | undefined): readonly GoldenCall[] {
  if (folderName === undefined) return [];
  const folder = GOLDEN_FOLDERS.find(({ name }) => name === folderName) ?? assert.fail(`no goldens ${folderName}`);
  return readGoldens(folder).flatMap(({ path: file, found = '{}' }) => {
    const { path, body } = JSON.parse(found) as { path?: string; body?: Json };
    const name = basename(file, '.json');
    const stream = GOLDEN_CASES.find((golden) => golden.name === name)?.stream === true;
    return path === undefined || body === undefined ? [] : [{ name, path, body, stream }];
  });
}
