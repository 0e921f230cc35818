/** Listeners and how connections are treated. Pure. */
import { isLoopback } from './compile-providers.ts';
import type { CompileScope } from './compile-scope.ts';
import type { Path } from './faults.ts';
import type { ServerTlsConfig } from './schema.ts';
import type { ListenConfig, Listener, ServerTls } from './snapshot.ts';

/** Compiles `listen`. */
export function compileListen(scope: CompileScope): ListenConfig {
  const { grpc, adminHttp, adminGrpc, limits } = scope.config.listen;
  const listeners = {
    grpc: compileListener(grpc.address, grpc.tls, ['listen', 'grpc'], scope),
    adminHttp:
      adminHttp === 'off' ? undefined : compileListener(adminHttp.address, undefined, ['listen', 'adminHttp'], scope),
    adminGrpc: compileAdminGrpc(scope),
  };
  checkClashes(listeners, scope);
  return {
    ...listeners,
    adminSubjects: new Set(adminGrpc === 'off' ? [] : adminGrpc.clients.map(normaliseSubject)),
    reflection: grpc.reflection,
    keepaliveIntervalMs: limits.keepaliveInterval,
    keepaliveTimeoutMs: limits.keepaliveTimeout,
    maxConnectionAgeMs: limits.maxConnectionAge,
    maxConnectionIdleMs: limits.maxConnectionIdle,
    maxConnectionsPerIdentity: limits.maxConnectionsPerIdentity,
    maxStreamsPerConnection: limits.maxStreamsPerConnection,
    handshakeTimeoutMs: limits.handshakeTimeout,
    certReloadMs: limits.certReload,
  };
}

function compileAdminGrpc(scope: CompileScope): Listener | undefined {
  const { adminGrpc } = scope.config.listen;
  if (adminGrpc === 'off') return undefined;
  const path: Path = ['listen', 'adminGrpc'];
  const listener = compileListener(adminGrpc.address, adminGrpc.tls, path, scope);
  if (adminGrpc.tls === undefined && !isLoopback(listener.host)) {
    scope.report([...path, 'address'], 'off loopback the admin listener needs tls and clients');
  }
  if (adminGrpc.tls !== undefined && adminGrpc.clients.length === 0) {
    scope.report(path, 'with tls it needs clients: the subjects that may use it');
  }
  if (adminGrpc.tls === undefined && adminGrpc.clients.length > 0) {
    scope.report([...path, 'clients'], 'nobody can be recognised without tls');
  }
  return listener;
}

function compileListener(
  address: string,
  tls: ServerTlsConfig | undefined,
  path: Path,
  { report }: CompileScope,
): Listener {
  const colon = address.lastIndexOf(':');
  const host = address.slice(0, Math.max(0, colon)).replace(/^\[|\]$/g, '');
  const port = Number(address.slice(colon + 1));
  if (port > 65_535) report([...path, 'address'], 'ports end at 65535');
  return { host, port, tls: tls === undefined ? undefined : compileTls(tls) };
}

function compileTls(tls: ServerTlsConfig): ServerTls {
  return { certPath: tls.cert, keyPath: tls.key, clientCaPath: tls.clientCa, clientAuth: tls.clientAuth };
}

function checkClashes(listeners: Readonly<Record<string, Listener | undefined>>, { report }: CompileScope): void {
  const open = Object.entries(listeners).filter(([, listener]) => listener !== undefined && listener.port !== 0);
  for (const [index, [name, listener]] of open.entries()) {
    const clash = open
      .slice(0, index)
      .find(([, other]) => other?.port === listener?.port && meet(other?.host, listener?.host));
    if (clash !== undefined) report(['listen', name, 'address'], `is taken by listen.${clash[0]} already`);
  }
}

/** Whether two hosts share addresses: the same, or one of them all. */
function meet(a: string | undefined, b: string | undefined): boolean {
  return a === b || [a, b].some((host) => host === '0.0.0.0' || host === '::');
}

function normaliseSubject(subject: string): string {
  return subject.startsWith('dns:') ? subject.toLowerCase() : subject;
}
