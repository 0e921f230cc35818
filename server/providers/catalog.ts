/**
 * Every host that the gateway knows: one row each, by family in hosts/. A new provider that speaks a known dialect is a row
 * there and an expectation in test/e2e/hosts.test.ts. A row's `source` says which page it follows and when that was read.
 */
import type { Host } from './host.ts';
import { ANTHROPIC_HOSTS } from './hosts/anthropic.ts';
import { AZURE_HOSTS } from './hosts/azure.ts';
import { COMPATIBLE_HOSTS } from './hosts/compatible.ts';
import { GOOGLE_HOSTS } from './hosts/google.ts';
import { MAKER_HOSTS } from './hosts/makers.ts';
import { ON_PREMISES_HOSTS } from './hosts/on-premises.ts';
import { OPENAI_HOSTS } from './hosts/openai.ts';
import { makeRow } from './hosts/row.ts';

const SIMULATOR = makeRow({
  id: 'simulator',
  title: 'the embedded simulator',
  dialectId: 'openai.chat',
  baseUrl: 'http://simulator.invalid/v1', // Never resolved: in-process requests do not leave the process.
  sign: 'none',
  keyRequired: false,
  lacks: ['audioOutput', 'videoInput', 'imageOutput'],
  place: 'in-process',
  source: 'server/providers/simulator',
  proof: 'recording',
});

const ROWS: readonly Host[] = [
  ...OPENAI_HOSTS,
  ...AZURE_HOSTS,
  ...ANTHROPIC_HOSTS,
  ...GOOGLE_HOSTS,
  ...MAKER_HOSTS,
  ...COMPATIBLE_HOSTS,
  ...ON_PREMISES_HOSTS,
  SIMULATOR,
];

/** Hosts by id. */
export const HOSTS: ReadonlyMap<string, Host> = new Map(ROWS.map((host) => [host.id, host]));

/** Ids of the dialects that hosts speak. */
export const DIALECT_IDS: ReadonlySet<string> = new Set(ROWS.map(({ dialectId }) => dialectId));
