/** Providers: hosts of the catalogue with credentials. Pure. */
import type { Provider } from '../model/target.ts';
import { HOSTS } from '../providers/catalog.ts';
import type { CompileScope } from './compile-scope.ts';
import { compileSettings } from './compile-settings.ts';
import type { Path } from './faults.ts';
import { REFERENCE_FORMS } from './references.ts';
import type { ProviderConfig } from './schema.ts';
import { suggestName } from './suggest.ts';

type Host = NonNullable<ReturnType<(typeof HOSTS)['get']>>;

interface Entry {
  readonly name: string;
  readonly written: ProviderConfig;
  readonly host: Host;
  readonly path: Path;
}

/** Set by the gateway or by HTTP itself; a configured value would break requests or framing. */
const OWNED_HEADERS: ReadonlySet<string> = new Set([
  'accept',
  'accept-encoding',
  'connection',
  'content-encoding',
  'content-length',
  'content-type',
  'expect',
  'host',
  'keep-alive',
  'proxy-authorization',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

const CREDENTIAL_NAME = /auth|key|token|secret|cookie|credential|passw/i;
const HEADER_SAFE = /^[\x21-\x7e]+$/;

/** Compiles all providers. Those with an unknown host are left away. */
export function compileProviders(scope: CompileScope): ReadonlyMap<string, Provider> {
  const providers = new Map<string, Provider>();
  if (scope.config.providers.size === 0) scope.report(['providers'], 'there is none; at least one is needed');
  for (const [name, written] of scope.config.providers) {
    const path: Path = ['providers', name];
    const host = HOSTS.get(written.host);
    if (host === undefined) {
      const known = [...HOSTS.keys()];
      const hint = suggestName(written.host, known) || `; there are ${known.join(', ')}`;
      scope.report([...path, 'host'], `unknown host "${written.host}"${hint}`);
    } else {
      providers.set(name, compileProvider({ name, written, host, path }, scope));
    }
  }
  return providers;
}

function compileProvider(entry: Entry, scope: CompileScope): Provider {
  const { name, written, host, path } = entry;
  checkKeys(entry, scope);
  checkTls(entry, scope);
  return {
    name,
    hostId: host.id,
    baseUrl: compileBaseUrl(entry, scope),
    apiKeys: written.apiKey ?? [],
    headers: compileHeaders(entry, scope),
    proxyUrl: compileProxy(entry, scope),
    tls: written.tls,
    maxConnections: written.maxConnections,
    stateDomain: written.stateDomain ?? name,
    settings: compileSettings(written, host, { path, report: scope.report }),
  };
}

function checkKeys({ written, host, path }: Entry, { report }: CompileScope): void {
  if (written.apiKey === undefined) {
    if (host.keyRequired)
      report(path, `host ${host.id} needs an apiKey, for instance "\${env:${variableName(host.id)}}"`);
  } else if (host.sign === 'none' || host.sign === 'google') {
    const instead = host.sign === 'google' ? 'it has credentials instead' : 'leave it away';
    report([...path, 'apiKey'], `host ${host.id} takes no key; ${instead}`);
  } else if (!written.apiKey.every((key) => HEADER_SAFE.test(key.reveal()))) {
    report([...path, 'apiKey'], 'the key has spaces, line breaks or other characters that no header can carry');
  }
}

function variableName(hostId: string): string {
  return `${hostId.toUpperCase().replaceAll('-', '_')}_API_KEY`;
}

function checkTls({ written: { tls }, path }: Entry, { report }: CompileScope): void {
  if ((tls.cert === undefined) !== (tls.key === undefined)) {
    report([...path, 'tls'], 'a client certificate needs both cert and key');
  }
}

function compileBaseUrl(entry: Entry, { report }: CompileScope): string {
  const { written, host, path } = entry;
  const at = [...path, 'baseUrl'];
  if (written.baseUrl === undefined) return hostUrl(entry, report);
  if (host.place === 'in-process') report(at, `host ${host.id} runs in the gateway and has no URL; leave it away`);
  const url = URL.parse(written.baseUrl);
  if (url === null) {
    report(at, 'is not a URL');
    return '';
  }
  if (url.username !== '' || url.password !== '') report(at, 'must not have credentials in it; use apiKey or headers');
  if (url.search !== '' || url.hash !== '') report(at, 'must end with the path: no query and no fragment');
  if (url.protocol === 'http:' && !written.internal && !isLoopback(url.hostname)) {
    report(
      at,
      'http:// would carry keys and prompts in the clear; use https://, or say internal: true if this network is your own',
    );
  }
  if (url.protocol === 'http:' && Object.values(written.tls).some((value) => value !== undefined)) {
    report([...path, 'tls'], 'has no effect on an http:// URL');
  }
  return `${url.origin}${url.pathname.replace(/\/+$/, '')}`;
}

/** The row's own base URL, with settings in the place of their names in braces. */
function hostUrl({ written, host, path }: Entry, report: CompileScope['report']): string {
  const template = host.regionalUrls?.[written.region ?? ''] ?? host.baseUrl;
  if (template === undefined) report(path, `host ${host.id} needs a baseUrl, for instance http://127.0.0.1:8000/v1`);
  return (template ?? '').replaceAll(/\{(\w+)\}/g, (_, key: string) => {
    const value = key === 'region' || key === 'project' || key === 'resource' ? written[key] : undefined;
    if (value === undefined) report(path, `host ${host.id} needs ${key}, or a baseUrl of its own`);
    return value ?? '';
  });
}

/** Whether a host name in a URL or an address means this machine. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '[::1]' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}

function compileHeaders({ written, host, path }: Entry, scope: CompileScope): ReadonlyMap<string, string> {
  const headers = new Map<string, string>();
  for (const [name, value] of written.headers) {
    const at = [...path, 'headers', name];
    const lower = name.toLowerCase();
    if (OWNED_HEADERS.has(lower)) scope.report(at, 'is set by the gateway itself; leave it away');
    if (headers.has(lower)) scope.report(at, 'is there twice, in different letters');
    if (written.apiKey !== undefined && lower === (host.keyHeader ?? 'authorization')) {
      scope.report(at, 'carries the apiKey already; leave one of them away');
    }
    if (CREDENTIAL_NAME.test(name) && !scope.isReferenced(at)) {
      scope.report(at, `looks like a credential: write it as a reference, ${REFERENCE_FORMS}`);
    }
    headers.set(lower, value);
  }
  return headers;
}

function compileProxy({ written, path }: Entry, scope: CompileScope): string | undefined {
  if (written.proxy === undefined) return undefined;
  const at = [...path, 'proxy'];
  const url = URL.parse(written.proxy);
  if (url === null) scope.report(at, 'is not a URL');
  else if ((url.username !== '' || url.password !== '') && !scope.isReferenced(at)) {
    scope.report(at, `has credentials in it: write it as a reference, ${REFERENCE_FORMS}`);
  }
  return written.proxy;
}
