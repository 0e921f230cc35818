/**
 * Bodies that come compressed although every request asks for `identity`. Decompressed piece by piece: the receiver's caps
 * count what comes out, and its abort or pause reaches the decompressor, so a bomb is never blown up in memory.
 */
import type { Transform } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate, createZstdDecompress } from 'node:zlib';
import { GatewayError } from '../model/errors.ts';

/** Where decompressed bytes go. */
export interface Inflated {
  readonly onData: (chunk: Uint8Array) => void;
  readonly onEnd: () => void;
  readonly onError: (error: GatewayError) => void;
  /** The decompressor is behind: no more bytes for now; and on again. */
  readonly onFull: () => void;
  readonly onDrain: () => void;
}

/** One body being decompressed. */
export interface Inflater {
  write(chunk: Uint8Array): void;
  end(): void;
  pause(): void;
  resume(): void;
  /** Drops everything; nothing is called after. */
  destroy(): void;
}

const DECOMPRESSORS: ReadonlyMap<string, () => Transform> = new Map<string, () => Transform>([
  ['gzip', createGunzip],
  ['x-gzip', createGunzip],
  ['deflate', createInflate],
  ['br', createBrotliDecompress],
  ['zstd', createZstdDecompress],
]);

/** Whether a body of this content-encoding is as it is. */
export function isIdentity(encoding: string | undefined): boolean {
  return encoding === undefined || encoding === '' || encoding === 'identity';
}

/** Opens the decompression of one body. @throws GatewayError UPSTREAM_PROTOCOL for an encoding that nobody asked for. */
export function openInflater(encoding: string, to: Inflated, where: string): Inflater {
  const create = DECOMPRESSORS.get(encoding.trim().toLowerCase());
  if (create === undefined) {
    throw new GatewayError('UPSTREAM_PROTOCOL', `${where}: the reply has a content-encoding that was not asked for`);
  }
  const stream = create();
  stream.on('data', to.onData);
  stream.on('end', to.onEnd);
  stream.on('drain', to.onDrain);
  stream.on('error', (cause) => {
    to.onError(new GatewayError('UPSTREAM_PROTOCOL', `${where}: the reply does not decompress`, { cause }));
  });
  return {
    write(chunk) {
      if (!stream.write(chunk)) to.onFull();
    },
    end: () => void stream.end(),
    pause: () => void stream.pause(),
    resume: () => void stream.resume(),
    destroy: () => void stream.removeAllListeners('data').removeAllListeners('end').destroy(),
  };
}
