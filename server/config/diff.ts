/** What differs between two snapshots, in lines for the log. Pure; never shows a secret. */
import { Secret } from '../model/secret.ts';
import type { Provider } from '../model/target.ts';
import type { Model, Snapshot } from './snapshot.ts';

/** What differs, and whether some of it takes effect only with a restart. */
export interface SnapshotDiff {
  readonly changes: readonly string[];
  readonly needsRestart: boolean;
}

/** A value as it is shown, one that is only compared, or named values. */
type Tree =
  | { readonly kind: 'shown'; readonly text: string }
  | { readonly kind: 'hidden'; readonly text: string }
  | { readonly kind: 'branch'; readonly branches: ReadonlyMap<string, Tree> };

/** Compares two snapshots. */
export function diffSnapshots(before: Snapshot, after: Snapshot): SnapshotDiff {
  const changes: string[] = [];
  compare(viewSnapshot(before), viewSnapshot(after), '', changes);
  const needsRestart = changes.some(isListen);
  const lines = changes.map((change) => (isListen(change) ? `${change} (needs a restart)` : change));
  return { changes: lines, needsRestart };
}

function isListen(change: string): boolean {
  return change.startsWith('listen.');
}

function compare(before: Tree | undefined, after: Tree | undefined, path: string, changes: string[]): void {
  if (before?.kind === 'branch' && after?.kind === 'branch') {
    const { branches } = after;
    for (const key of new Set([...before.branches.keys(), ...branches.keys()])) {
      compare(before.branches.get(key), branches.get(key), path === '' ? key : `${path}.${key}`, changes);
    }
  } else if (before === undefined) {
    changes.push(`${path}: added${after?.kind === 'shown' ? ` (${after.text})` : ''}`);
  } else if (after === undefined) {
    changes.push(`${path}: removed`);
  } else if (before.kind === 'shown' && after.kind === 'shown') {
    if (before.text !== after.text) changes.push(`${path}: ${before.text} → ${after.text}`);
  } else if (before.kind === 'branch' || after.kind === 'branch' || before.text !== after.text) {
    changes.push(`${path}: changed`);
  }
}

/** What an operator wrote, without what merely follows from it. */
function viewSnapshot(snapshot: Snapshot): Tree {
  const { providers, models, clients, clientsBySubject, listen, sizes, times, drain, telemetry } = snapshot;
  return branch([
    ['listen', view(listen)],
    ['providers', mapTree(providers, viewProvider)],
    ['models', mapTree(models, viewModel)],
    ['clients', mapTree(clients, ({ team, models: granted }) => view({ team, models: granted }))],
    ['identities', mapTree(clientsBySubject, ({ name }) => shown(name))],
    ['sizes', view(sizes)],
    ['times', view(times)],
    ['drain', view(drain)],
    ['telemetry', view(telemetry)],
  ]);
}

function viewProvider({ apiKeys, ...rest }: Provider): Tree {
  const apiKey = apiKeys.length === 0 ? undefined : new Secret(JSON.stringify(apiKeys.map((key) => key.reveal())));
  return view({ apiKey, ...rest, ...hideCredentials(rest) });
}

/** Headers and proxies may carry credentials, and certificates are long: only that they changed is told. */
function hideCredentials({ headers, proxyUrl, tls }: Omit<Provider, 'apiKeys'>) {
  const { ca, cert, key, serverName } = tls;
  return {
    headers: new Map([...headers].map(([name, value]) => [name, new Secret(value)])),
    proxyUrl: proxyUrl === undefined ? undefined : new Secret(proxyUrl),
    tls: { ca: hide(ca), cert: hide(cert), key, serverName },
  };
}

function hide(text: string | undefined): Secret | undefined {
  return text === undefined ? undefined : new Secret(text);
}

function viewModel({ info, deployments, retry }: Model): Tree {
  // Of prices only that they changed is told: they are many.
  const byId = new Map(
    deployments.map(({ id, provider: _, prices, ...rest }) => [
      id,
      { ...rest, prices: new Secret(JSON.stringify(prices, asEntries)) },
    ]),
  );
  return view({ description: info.description, lifecycle: info.lifecycle, deployments: byId, retry });
}

function asEntries(_: string, value: unknown): unknown {
  return value instanceof Map ? [...value] : value;
}

function mapTree<T>(map: ReadonlyMap<string, T>, viewOne: (value: T) => Tree): Tree {
  return branch(Array.from(map, ([key, value]) => [key, viewOne(value)] as const));
}

function view(value: unknown): Tree {
  if (value instanceof Secret) return { kind: 'hidden', text: value.reveal() };
  if (value instanceof Set || Array.isArray(value)) return shown([...value].map(showItem).sort().join(', ') || 'none');
  if (value instanceof Map) return mapTree(value, view);
  if (typeof value !== 'object' || value === null) return shown(String(value) || 'none');
  const present = Object.entries(value).filter(([, inner]) => inner !== undefined);
  return branch(present.map(([key, inner]) => [key, view(inner)] as const));
}

function showItem(item: unknown): string {
  return typeof item === 'string' ? item : JSON.stringify(item);
}

function shown(text: string): Tree {
  return { kind: 'shown', text };
}

function branch(entries: readonly (readonly [string, Tree])[]): Tree {
  return { kind: 'branch', branches: new Map(entries) };
}
