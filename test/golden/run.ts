/** `npm run golden [-- --write]`: see goldens.ts. */
import { relative } from 'node:path';
import { GOLDEN_FOLDERS, readGoldens, strayGoldens, writeGoldens } from './goldens.ts';

for (const folder of GOLDEN_FOLDERS) {
  if (process.argv.includes('--write')) writeGoldens(folder);
  const wrong = readGoldens(folder).filter(({ expected, found }) => expected !== found);
  for (const path of [...wrong.map((golden) => golden.path), ...strayGoldens(folder)]) {
    console.error(`differs: ${relative(process.cwd(), path)}`);
    process.exitCode = 1;
  }
}
