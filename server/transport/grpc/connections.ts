/**
 * The connections of a listener: counted, capped and known by their certificate. Every socket is held on to, so that a
 * shutdown ends in time: grpc-js waits for ever for a socket that never spoke HTTP/2 (faults.md section 6, item 10).
 */
import type { Http2Session, ServerHttp2Session } from 'node:http2';
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { Peer } from '../../model/call.ts';
import type { Clock } from '../../model/clock.ts';
import { cutSession, guardFrames } from './frame-guard.ts';
import type { AnyHttp2Server } from './http2-servers.ts';
import type { EdgeObserver } from './observer.ts';
import { classifyTlsError } from './tls-rejection.ts';

/** How many connections there may be. */
export interface ConnectionLimits {
  /** All of them, handshakes included. */
  readonly total: number;
  /** Handshakes under way, from everywhere and from one address. */
  readonly handshakes: number;
  readonly handshakesPerAddress: number;
  /** Of one certificate's names, or of one address where there is no TLS. */
  readonly perIdentity: number;
}

/** One connection that speaks HTTP/2. */
export interface Connection {
  readonly peer: Peer;
  readonly session: ServerHttp2Session;
  /** Beyond its identity's cap: its calls are told so, and it is closed. */
  readonly overLimit: boolean;
  /** Open streams. */
  streams: number;
}

/** What stands open. */
export interface ConnectionCounts {
  readonly sockets: number;
  readonly sessions: number;
  readonly streams: number;
}

/** How far beyond its cap an identity is still answered; from there on its connections are cut. */
const OVER_LIMIT_FACTOR = 2;

/** All connections of one listener. */
export class Connections {
  readonly #limits: ConnectionLimits;
  readonly #observer: EdgeObserver;
  readonly #clock: Clock;
  readonly #sockets = new Set<Socket>();
  readonly #handshakes = new Map<string, Socket>();
  readonly #handshakesByAddress = new Tally();
  readonly #sessions = new Map<Http2Session, Connection>();
  readonly #byIdentity = new Tally();
  readonly #idleWaiters: (() => void)[] = [];
  #streams = 0;

  constructor(limits: ConnectionLimits, observer: EdgeObserver, clock: Clock) {
    this.#limits = limits;
    this.#observer = observer;
    this.#clock = clock;
  }

  /** Watches a server from before its first connection. */
  attach(server: AnyHttp2Server): void {
    server.maxConnections = this.#limits.total;
    server.on('drop', () => this.#observer.onConnectionRefused('too_many'));
    server.prependListener('connection', (socket: Socket) => this.#onSocket(socket, isSecure(server)));
    if (isSecure(server)) {
      server.on('secureConnection', (socket: TLSSocket) => this.#endHandshake(keyOf(socket)));
      server.on('tlsClientError', (error: Error, socket: TLSSocket) => {
        this.#endHandshake(keyOf(socket));
        this.#observer.onTlsRejected(classifyTlsError(error, socket));
      });
    }
    server.prependListener('session', (session: ServerHttp2Session) => this.#onSession(session));
    server.on('sessionError', () => this.#observer.onConnectionRefused('protocol_error'));
  }

  /** The connection of a session; undefined once it is closed. */
  of(session: Http2Session | undefined): Connection | undefined {
    return session === undefined ? undefined : this.#sessions.get(session);
  }

  openStream(connection: Connection): void {
    connection.streams += 1;
    this.#streams += 1;
  }

  closeStream(connection: Connection): void {
    connection.streams -= 1;
    this.#streams -= 1;
    if (this.#streams === 0) for (const wake of this.#idleWaiters.splice(0)) wake();
  }

  counts(): ConnectionCounts {
    return { sockets: this.#sockets.size, sessions: this.#sessions.size, streams: this.#streams };
  }

  /** Resolves when no stream is open; nothing keeps new ones from opening. */
  whenIdle(): Promise<void> {
    return this.#streams === 0 ? Promise.resolve() : new Promise((resolve) => this.#idleWaiters.push(resolve));
  }

  /** Asks every client to open its next streams elsewhere (GOAWAY); open streams go on. */
  goAway(): void {
    for (const session of this.#sessions.keys()) if (!session.closed) session.close();
  }

  /** Cuts everything that is still open. */
  destroy(): void {
    for (const session of this.#sessions.keys()) session.destroy();
    for (const socket of this.#sockets) socket.destroy();
  }

  #onSocket(socket: Socket, secure: boolean): void {
    this.#sockets.add(socket);
    const key = keyOf(socket);
    const address = socket.remoteAddress ?? 'unknown';
    socket.once('close', () => {
      this.#sockets.delete(socket);
      this.#endHandshake(key);
    });
    if (!secure) return;
    const crowded =
      this.#handshakes.size >= this.#limits.handshakes ||
      this.#handshakesByAddress.of(address) >= this.#limits.handshakesPerAddress;
    if (crowded) {
      this.#observer.onConnectionRefused('too_many_handshakes');
      socket.destroy();
      return;
    }
    this.#handshakes.set(key, socket);
    this.#handshakesByAddress.add(address);
  }

  #endHandshake(key: string): void {
    const socket = this.#handshakes.get(key);
    if (socket === undefined) return;
    this.#handshakes.delete(key);
    this.#handshakesByAddress.remove(key.slice(0, key.lastIndexOf(' ')));
  }

  #onSession(session: ServerHttp2Session): void {
    const { socket } = session;
    const certificate = socket instanceof TLSSocket ? socket.getPeerX509Certificate() : undefined;
    const identity =
      certificate === undefined ? keyAddress(socket) : `${certificate.subject} ${certificate.subjectAltName}`;
    const held = this.#byIdentity.add(identity);
    const peer: Peer = { address: keyOf(socket).replace(' ', ':'), certificate: certificate?.raw, connection: session };
    const connection: Connection = { peer, session, overLimit: held > this.#limits.perIdentity, streams: 0 };
    this.#sessions.set(session, connection);
    session.once('close', () => {
      this.#sessions.delete(session);
      this.#byIdentity.remove(identity);
    });
    guardFrames(session, {
      clock: this.#clock,
      busy: () => connection.streams > 0,
      onFlood: () => this.#observer.onConnectionRefused('frame_flood'),
    });
    if (connection.overLimit) this.#observer.onConnectionRefused('too_many_of_identity');
    if (held > this.#limits.perIdentity * OVER_LIMIT_FACTOR) cutSession(session);
  }
}

/** Counts by name; a name at zero takes no room. */
class Tally {
  readonly #counts = new Map<string, number>();

  of(name: string): number {
    return this.#counts.get(name) ?? 0;
  }

  add(name: string): number {
    const count = this.of(name) + 1;
    this.#counts.set(name, count);
    return count;
  }

  remove(name: string): void {
    const count = this.of(name) - 1;
    if (count > 0) this.#counts.set(name, count);
    else this.#counts.delete(name);
  }
}

function isSecure(server: AnyHttp2Server): boolean {
  return 'setSecureContext' in server;
}

function keyAddress(socket: { readonly remoteAddress?: string | undefined }): string {
  return socket.remoteAddress ?? 'unknown';
}

/** A TCP connection by its far end: a TLS socket and the raw one below it have the same. */
function keyOf(socket: {
  readonly remoteAddress?: string | undefined;
  readonly remotePort?: number | undefined;
}): string {
  return `${keyAddress(socket)} ${socket.remotePort ?? 0}`;
}
