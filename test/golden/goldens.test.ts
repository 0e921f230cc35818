import assert from 'node:assert/strict';
import { basename } from 'node:path';
import { GOLDEN_FOLDERS, readGoldens, strayGoldens } from './goldens.ts';

for (const folder of GOLDEN_FOLDERS) {
  describe(`goldens of ${folder.dialect.id} at ${folder.hostId} (npm run golden -- --write)`, () => {
    for (const { path, expected, found } of readGoldens(folder)) {
      it(basename(path, '.json'), () => assert.equal(expected, found));
    }

    it('has no file that belongs to no case', () => assert.deepEqual(strayGoldens(folder), []));
  });
}
