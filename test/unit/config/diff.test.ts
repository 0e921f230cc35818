/** What a reload tells the log. */
import assert from 'node:assert/strict';
import { diffSnapshots } from '../../../server/config/diff.ts';
import { MINIMAL, snapshotOf } from '../../support/config-files.ts';

const BEFORE = `providers:
  openai: { host: openai, apiKey: "\${env:KEY}", headers: { x-team: "\${env:KEY}" }, proxy: "\${env:PROXY}" }
models:
  chat: { deployments: [{ provider: openai, model: gpt-5, tags: { region: us } }, { provider: openai, model: gpt-5-mini }] }
  old: { deployments: [{ provider: openai, model: gpt-4.1 }] }
clients:
  shop: { identity: { dns: [shop.example, till.example] }, models: [chat, old] }
  till: { identity: { dns: b.example }, models: [old] }
`;

const AFTER = `providers:
  openai: { host: openai, apiKey: "\${env:KEY}", headers: { x-team: "\${env:KEY}" }, proxy: "\${env:PROXY}" }
  claude: { host: anthropic, apiKey: "\${env:KEY}" }
models:
  chat: { deployments: [{ provider: openai, model: gpt-5, weight: 9, tags: { region: eu } }, { provider: claude, model: claude-opus-5 }] }
clients:
  shop: { team: payments, identity: { dns: shop.example }, models: [chat] }
  till: { identity: { dns: [b.example, till.example] }, models: [chat] }
`;

describe('diffSnapshots', () => {
  it('names what was added, removed and changed', async () => {
    const world = { env: { KEY: 'sk-old', PROXY: 'http://me:canary@proxy' } };
    const diff = diffSnapshots(await snapshotOf(BEFORE, world), await snapshotOf(AFTER, world));
    assert.deepEqual(diff, {
      changes: [
        'providers.claude: added',
        'models.chat.deployments.openai/gpt-5.weight: 1 → 9',
        'models.chat.deployments.openai/gpt-5.tags.region: us → eu',
        'models.chat.deployments.openai/gpt-5-mini: removed',
        'models.chat.deployments.claude/claude-opus-5: added',
        'models.old: removed',
        'clients.shop.team: none → payments',
        'clients.shop.models: chat, old → chat',
        'clients.till.models: old → chat',
        'identities.dns:till.example: shop → till',
      ],
      needsRestart: false,
    });
  });

  it('never shows a credential', async () => {
    const before = await snapshotOf(BEFORE, { env: { KEY: 'sk-canary-1', PROXY: 'http://me:canary-1@proxy' } });
    const after = await snapshotOf(BEFORE, { env: { KEY: 'sk-canary-2', PROXY: 'http://me:canary-2@proxy' } });
    assert.deepEqual(diffSnapshots(before, after).changes, [
      'providers.openai.apiKey: changed',
      'providers.openai.headers.x-team: changed',
      'providers.openai.proxyUrl: changed',
    ]);
  });

  it('says nothing of what is the same', async () => {
    const comment = await snapshotOf(`# A comment.\n${MINIMAL}`);
    assert.deepEqual(diffSnapshots(await snapshotOf(MINIMAL), comment), { changes: [], needsRestart: false });
  });

  it('tells the simulator its changed faults', async () => {
    const one = MINIMAL.replace('host: simulator', 'host: simulator, faults: [{ kind: cut }]');
    const two = MINIMAL.replace('host: simulator', 'host: simulator, faults: [{ kind: stall }]');
    const { changes } = diffSnapshots(await snapshotOf(one), await snapshotOf(two));
    assert.deepEqual(changes, ['providers.sim.settings.faults: {"kind":"cut","every":1} → {"kind":"stall","every":1}']);
  });
});
