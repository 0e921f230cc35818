/** Opens connections to one provider: TCP or a proxy's tunnel, TLS on it, all within one time limit. */
import { isIP, type LookupFunction, connect as openTcp, type Socket } from 'node:net';
import { type ConnectionOptions, connect as openTls, type TLSSocket } from 'node:tls';
import type { buildConnector } from 'undici';
import { GatewayError } from '../model/errors.ts';
import type { Provider } from '../model/target.ts';
import { openTunnel } from './proxy.ts';
import { type ConnectPhase, connectError } from './transport-errors.ts';

/** How one provider's connections are opened. */
export interface ConnectSettings {
  readonly provider: Provider;
  /** Limit for the whole: name, TCP, tunnel and TLS. Asked for each connection. */
  readonly timeoutMs: () => number;
  /** Resolves names; undefined: the system's resolver. */
  readonly lookup: LookupFunction | undefined;
}

/** Makes undici's connector for a provider. It fails with GatewayErrors: UPSTREAM_DNS, UPSTREAM_CONNECT, UPSTREAM_TLS. */
export function createConnector(settings: ConnectSettings): buildConnector.connector {
  const secure = secureOptions(settings.provider);
  const sessions: { last: Buffer | undefined } = { last: undefined };
  return ({ hostname, port, protocol }, callback) => {
    const isTls = protocol === 'https:';
    const address: Address = { host: hostname, port: Number(port) || (isTls ? 443 : 80) };
    new Opening(settings, callback).start(address, isTls ? withSession(secure, sessions) : undefined);
  };
}

/** Silence after which the kernel asks whether the provider is still there: long thinking keeps connections silent. */
const KEEP_ALIVE_PROBE_MS = 30_000;

interface Address {
  readonly host: string;
  readonly port: number;
}

interface SecureOptions {
  readonly options: ConnectionOptions;
  readonly onSession: (session: Buffer) => void;
}

/** One connection on its way. Calls back exactly once. */
class Opening {
  readonly #settings: ConnectSettings;
  readonly #callback: buildConnector.Callback;
  readonly #where: string;
  #timer: NodeJS.Timeout | undefined;
  #phase: ConnectPhase = 'tcp';
  #socket: Socket | undefined;
  #abandonTunnel: (() => void) | undefined;
  #done = false;

  constructor(settings: ConnectSettings, callback: buildConnector.Callback) {
    this.#settings = settings;
    this.#callback = callback;
    this.#where = `provider ${settings.provider.name}`;
  }

  start(address: Address, secure: SecureOptions | undefined): void {
    const { provider, lookup, timeoutMs } = this.#settings;
    const limitMs = timeoutMs();
    this.#timer = setTimeout(() => this.#expire(limitMs), limitMs);
    if (provider.proxyUrl === undefined) {
      const socket = openTcp({
        ...address,
        noDelay: true,
        keepAlive: true,
        keepAliveInitialDelay: KEEP_ALIVE_PROBE_MS,
        ...(lookup && { lookup }),
      });
      this.#watch(socket);
      socket.once('connect', () => this.#secure(socket, address, secure));
      return;
    }
    this.#abandonTunnel = openTunnel(provider.proxyUrl, address, (error, socket) => {
      if (socket === undefined) this.#fail(error);
      else if (this.#done) socket.destroy();
      else {
        this.#watch(socket);
        this.#secure(socket, address, secure);
      }
    });
  }

  #secure(plain: Socket, address: Address, secure: SecureOptions | undefined): void {
    if (secure === undefined) {
      this.#succeed(plain);
      return;
    }
    this.#phase = 'tls';
    const servername = isIP(address.host) === 0 ? address.host : undefined;
    // The name is checked against the address even where the address cannot be sent as a server name.
    const socket = openTls({
      host: address.host,
      ...(servername !== undefined && { servername }),
      ...secure.options,
      socket: plain,
    });
    this.#watch(socket);
    socket.on('session', secure.onSession);
    socket.once('secureConnect', () => this.#succeed(socket));
  }

  #watch(socket: Socket | TLSSocket): void {
    this.#socket = socket;
    // Stays after success: a socket without such a listener would crash the process in the moment before undici has its own.
    socket.on('error', (error) => this.#fail(error));
    socket.once('close', () => {
      if (socket === this.#socket) this.#fail(undefined); // not the one below TLS: TLS says better what happened
    });
  }

  #succeed(socket: Socket): void {
    if (!this.#finish()) return;
    this.#callback(null, socket);
  }

  #fail(error: unknown): void {
    if (!this.#finish()) return;
    this.#socket?.destroy();
    this.#callback(connectError(error, this.#phase, this.#where), null);
  }

  #expire(limitMs: number): void {
    this.#abandonTunnel?.();
    this.#fail(new GatewayError('UPSTREAM_CONNECT', `${this.#where}: no connection within ${limitMs} ms`));
  }

  #finish(): boolean {
    if (this.#done) return false;
    this.#done = true;
    clearTimeout(this.#timer);
    return true;
  }
}

function secureOptions({ tls }: Provider): ConnectionOptions {
  return {
    minVersion: 'TLSv1.2',
    rejectUnauthorized: true,
    ALPNProtocols: ['http/1.1'],
    ...(tls.ca !== undefined && { ca: tls.ca }),
    ...(tls.cert !== undefined && { cert: tls.cert }),
    ...(tls.key !== undefined && { key: tls.key.reveal() }),
    ...(tls.serverName !== undefined && { servername: tls.serverName }),
  };
}

/** Sessions are resumed only within one pool: its connections were verified with the very same settings. */
function withSession(options: ConnectionOptions, sessions: { last: Buffer | undefined }): SecureOptions {
  return {
    options: sessions.last === undefined ? options : { ...options, session: sessions.last },
    onSession: (session) => {
      sessions.last = session;
    },
  };
}
