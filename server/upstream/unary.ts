/** Whole replies: collected, parsed, decoded. Bounded by the call's deadline alone, as a provider is silent until it is done. */
import { GatewayError } from '../model/errors.ts';
import type { Usage } from '../model/wire.ts';
import { Body } from './body.ts';
import type { UpstreamRequest } from './exchange.ts';
import { Passage, type PassageDeps, type ReplyReader } from './passage.ts';
import { TrickleGuard } from './trickle.ts';

/** What decoding a reply gives: the value, and usage for the record of the attempt. */
export interface DecodedReply<T> {
  readonly value: T;
  readonly usage: Usage | undefined;
}

/** Decodes the text of a reply; headers by lower-case names. @throws GatewayError */
export type DecodeReply<T> = (
  text: string,
  contentType: string,
  headers: ReadonlyMap<string, string>,
) => DecodedReply<T>;

/** Sends a request and decodes its whole reply. @throws GatewayError */
export function exchangeWhole<T>(
  deps: PassageDeps,
  request: UpstreamRequest | Promise<UpstreamRequest>,
  decode: DecodeReply<T>,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const passage = new Passage(deps);
    const trickle = new TrickleGuard(deps.clock, deps.call.snapshot.times.slowProviderMs);
    passage.send(request, new WholeReader({ passage, trickle, decode, resolve, reject }));
  });
}

interface WholeReaderDeps<T> {
  readonly passage: Passage;
  readonly trickle: TrickleGuard;
  readonly decode: DecodeReply<T>;
  readonly resolve: (value: T) => void;
  readonly reject: (error: GatewayError) => void;
}

class WholeReader<T> implements ReplyReader {
  usage: Usage | undefined;
  readonly #deps: WholeReaderDeps<T>;
  readonly #body = new Body();
  #headers: ReadonlyMap<string, string> = new Map();
  /** Whether more than white space has come: some providers send that while they think. */
  #began = false;

  constructor(deps: WholeReaderDeps<T>) {
    this.#deps = deps;
  }

  onHead(_status: number, headers: ReadonlyMap<string, string>): void {
    this.#headers = headers;
  }

  onData(chunk: Uint8Array): void {
    this.#began ||= !isBlank(chunk);
    if (!this.#began) return;
    this.#body.add(chunk);
    this.#deps.trickle.add(chunk.length);
  }

  onEnd(): void {
    const contentType = this.#headers.get('content-type') ?? '';
    const { value, usage } = this.#deps.decode(this.#body.text(), contentType, this.#headers);
    this.usage = usage;
    this.#deps.passage.succeed();
    this.#deps.resolve(value);
  }

  broken(error: GatewayError): GatewayError {
    return error;
  }

  aborted(error: GatewayError): GatewayError {
    if (error.reason !== 'DEADLINE_EXCEEDED' || !this.#began) return error;
    return new GatewayError('UPSTREAM_STALLED', 'the provider stopped in the middle of its reply', { cause: error });
  }

  onFailure(error: GatewayError): void {
    this.#deps.reject(error);
  }
}

const SPACE = 0x20;

function isBlank(chunk: Uint8Array): boolean {
  return chunk.every((byte) => byte <= SPACE);
}
