/** Certificates on disk: a directory of ca.pem, server.pem and one pair a client, each with its key beside it. */
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Authority, type CertificatePair, createAuthority, openAuthority, type Validity } from './authority.ts';

/** What to write. */
export interface CertificateRequest {
  readonly directory: string;
  /** Host names and IP addresses of the server beside the loopback's. */
  readonly serverNames: readonly string[];
  /** SPIFFE ids of the clients, by the name of their files. */
  readonly clients: ReadonlyMap<string, string>;
  /** Of the leaves. */
  readonly validity: Validity;
}

/** One pair of files, as paths. */
export interface WrittenPair {
  readonly name: string;
  readonly certPath: string;
  readonly keyPath: string;
  /** Whether it was there before and was kept. */
  readonly kept: boolean;
}

/** What was written. */
export interface WrittenCertificates {
  readonly authority: WrittenPair;
  readonly server: WrittenPair;
  readonly clients: readonly WrittenPair[];
}

const RESERVED = new Set(['ca', 'server']);

/**
 * Issues and writes a server's and the clients' certificates; an authority that is there already is kept, so that what
 * was issued earlier stays good. Leaves are always new: running it again renews them.
 * @throws Error if the authority on disk is broken or expired, or a client's name is one of ours.
 */
export async function writeCertificates(request: CertificateRequest): Promise<WrittenCertificates> {
  const { directory, serverNames, clients, validity } = request;
  for (const name of clients.keys()) assertFileName(name);
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const { authority, written } = await openOrCreate(directory, validity.now ?? new Date());
  const server = await writePair(directory, 'server', await authority.issueServer(serverNames, validity));
  const pairs: WrittenPair[] = [];
  for (const [name, spiffeId] of clients) {
    pairs.push(await writePair(directory, name, await authority.issueClient(spiffeId, validity)));
  }
  return { authority: written, server, clients: pairs };
}

async function openOrCreate(directory: string, now: Date): Promise<{ authority: Authority; written: WrittenPair }> {
  const existing = await readPair(directory, 'ca');
  if (existing === undefined) {
    const authority = await createAuthority(undefined, { now });
    return { authority, written: await writePair(directory, 'ca', authority) };
  }
  const paths = pathsOf(directory, 'ca');
  const authority = await openAuthority(existing).catch((cause: unknown) => {
    throw new Error(`${paths.certPath} with ${paths.keyPath} is no usable CA: move both away to get a new one`, {
      cause,
    });
  });
  if (authority.notAfter <= now) {
    throw new Error(
      `the CA in ${paths.certPath} expired on ${authority.notAfter.toISOString()}: move it and ${paths.keyPath} away to get a new one`,
    );
  }
  return { authority, written: { name: 'ca', ...paths, kept: true } };
}

async function readPair(directory: string, name: string): Promise<CertificatePair | undefined> {
  const { certPath, keyPath } = pathsOf(directory, name);
  const [cert, key] = await Promise.all([readIfThere(certPath), readIfThere(keyPath)]);
  if (cert === undefined && key === undefined) return undefined;
  if (cert === undefined || key === undefined) {
    throw new Error(`of ${certPath} and ${keyPath} only one is there: restore the other, or move it away`);
  }
  return { cert, key };
}

async function writePair(directory: string, name: string, { cert, key }: CertificatePair): Promise<WrittenPair> {
  const paths = pathsOf(directory, name);
  await replaceFile(paths.keyPath, key, 0o600);
  await replaceFile(paths.certPath, cert, 0o644);
  return { name, ...paths, kept: false };
}

/** Never half a file: a gateway may be watching it. */
async function replaceFile(path: string, text: string, mode: number): Promise<void> {
  const draft = `${path}.new`;
  await writeFile(draft, text, { mode });
  await rename(draft, path);
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

function pathsOf(directory: string, name: string): { readonly certPath: string; readonly keyPath: string } {
  return { certPath: join(directory, `${name}.pem`), keyPath: join(directory, `${name}.key`) };
}

function assertFileName(name: string): void {
  if (RESERVED.has(name))
    throw new Error(`a client's files cannot be called ${name}: give it another name, name=spiffe://…`);
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(name))
    throw new Error(`${JSON.stringify(name)} cannot be the name of a file`);
}
