import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { runCli } from '../../support/cli-rig.ts';

describe('kanmon completion', () => {
  /** What bash would offer at the end of a line. */
  async function offers(line: string): Promise<readonly string[]> {
    const { stdout } = await runCli(['completion', 'bash']);
    const words = line.split(' ').map((word) => `'${word}'`);
    const ask = `COMP_WORDS=(${words.join(' ')}); COMP_CWORD=${words.length - 1}; _kanmon; printf '%s\\n' "\${COMPREPLY[@]}"`;
    const found = execFileSync('bash', ['--norc', '-c', `${stdout}\n${ask}`], { encoding: 'utf8' });
    return found.split('\n').filter((word) => word !== '');
  }

  it('offers commands in bash', async () => {
    assert.deepEqual(await offers('kanmon co'), ['complete', 'config-schema', 'completion']);
    assert.deepEqual(await offers('kanmon help qu'), ['quickstart']);
  });

  it('offers the flags of a command in bash', async () => {
    assert.deepEqual(await offers('kanmon complete --m'), ['--model', '--max-tokens']);
    assert.deepEqual(await offers('kanmon health Hello --se'), ['--service', '--server-name']);
  });

  it('offers the values of an argument in bash', async () => {
    assert.deepEqual(await offers('kanmon completion z'), ['zsh']);
  });

  for (const shell of ['zsh', 'fish']) {
    it(`knows every command and flag in ${shell}`, async () => {
      const { stdout: bash } = await runCli(['completion', 'bash']);
      const { stdout } = await runCli(['completion', shell]);
      const words = [...bash.matchAll(/words="([^"]*)"/g)].flatMap(([, list]) => list?.split(' ') ?? []);
      assert.ok(words.length > 60);
      for (const word of words.filter((each) => each.length > 2))
        assert.ok(stdout.includes(word.replace(/^--/, '')), word);
      assert.equal((stdout.match(/'/g) ?? []).length % 2, 0, 'quotes come in pairs');
    });
  }
});
