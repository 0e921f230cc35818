/** Mistral as a host of chat completions: what differs there is data, a row of the catalogue. */
import { HOSTS } from '../../../server/providers/catalog.ts';
import type { Host } from '../../../server/providers/host.ts';

/** The host's row. */
export const MISTRAL: Host = findRow();

function findRow(): Host {
  const host = HOSTS.get('mistral');
  if (host === undefined) throw new Error('the catalogue has no mistral');
  return host;
}
