/** The simulator's settings: how they are written in a configuration, and what they mean for a script. */
import { GatewayError } from '../../model/errors.ts';
import { asObject, type JsonObject } from '../shared/json.ts';

/** One way in which the simulator misbehaves. The first fault that fits a call happens to it. */
export interface Fault {
  /** The upstream model that it befalls; undefined: every one. */
  readonly model: string | undefined;
  /** It befalls calls 1, 1 + every, 1 + 2 × every … of a model: with 2, the first fails and its retry succeeds. */
  readonly every: number;
  readonly does: FaultKind;
}

/**
 * What goes wrong. `afterChunks` is how many chunks of a stream still come; a stream that is shorter goes unharmed. A
 * unary reply has two halves: 0 means before the first, more means between them.
 */
export type FaultKind =
  | StatusFault
  /** Silence, before the headers (`afterChunks` undefined) or within the body. `forMs` undefined: for ever. */
  | { readonly kind: 'stall'; readonly afterChunks: number | undefined; readonly forMs: number | undefined }
  /** The reply stops short: by an orderly end, or by a broken connection. */
  | { readonly kind: 'cut'; readonly afterChunks: number; readonly how: 'end' | 'reset' }
  /** A chunk that is not JSON; the stream goes on behind it. */
  | { readonly kind: 'malformed'; readonly afterChunks: number }
  /** An error in the place of a chunk, and then the end. */
  | {
      readonly kind: 'error-event';
      readonly afterChunks: number;
      readonly message: string;
      readonly code: string | null;
    };

/** An error reply. */
export interface StatusFault {
  readonly kind: 'status';
  readonly status: number;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly message: string;
  readonly code: string | null;
  /** Body in place of OpenAI's error object; undefined: that. */
  readonly body: string | undefined;
}

/** Settings of one simulated provider. */
export interface SimulatorSettings {
  /** Another seed gives other answers. */
  readonly seed: number;
  /** Time from the request to the first token, in milliseconds. */
  readonly firstTokenMs: number;
  /** Time from one token to the next, in milliseconds; 0: undelayed. */
  readonly tokenMs: number;
  readonly faults: readonly Fault[];
}

const DEFAULT_MESSAGE = 'The simulator was told to fail.';

/**
 * Settings from their written form, with defaults for what is absent: seed 1, first token after 40 ms, 80 tokens a second,
 * no faults. What the members may be in a configuration, config/schema.ts says; here they are read once more without trust.
 * @throws GatewayError CONFIG_INVALID for a member of the wrong type or a fault of no kind.
 */
export function parseSimulatorSettings(written: JsonObject): SimulatorSettings {
  const perSecond = written.tokensPerSecond === 'max' ? 0 : numberOf(written, 'tokensPerSecond', 80);
  const faults = written.faults ?? [];
  if (!Array.isArray(faults)) throw invalid('faults', 'a list');
  return {
    seed: numberOf(written, 'seed', 1),
    firstTokenMs: numberOf(written, 'firstTokenMs', 40),
    tokenMs: perSecond > 0 ? 1000 / perSecond : 0,
    faults: faults.map((fault: unknown) => parseFault(asObject(fault) ?? {})),
  };
}

function parseFault(written: JsonObject): Fault {
  return {
    model: textOf(written, 'model'),
    every: Math.max(1, numberOf(written, 'every', 1)),
    does: parseFaultKind(written),
  };
}

function parseFaultKind(written: JsonObject): FaultKind {
  const afterChunks = numberOf(written, 'afterChunks', 0);
  const message = textOf(written, 'message') ?? DEFAULT_MESSAGE;
  const code = textOf(written, 'code') ?? null;
  switch (written.kind) {
    case 'status':
      return {
        kind: 'status',
        status: numberOf(written, 'status', 500),
        headers: headersOf(written.headers),
        message,
        code,
        body: textOf(written, 'body'),
      };
    case 'stall':
      return {
        kind: 'stall',
        afterChunks: written.afterChunks === undefined ? undefined : afterChunks,
        forMs: written.forMs === undefined ? undefined : numberOf(written, 'forMs', 0),
      };
    case 'cut':
      return { kind: 'cut', afterChunks, how: written.how === 'reset' ? 'reset' : 'end' };
    case 'malformed':
      return { kind: 'malformed', afterChunks };
    case 'error-event':
      return { kind: 'error-event', afterChunks, message, code };
    default:
      throw invalid('faults[].kind', 'one of status, stall, cut, malformed, error-event');
  }
}

function headersOf(written: unknown): Readonly<Record<string, string>> {
  const entries = Object.entries(asObject(written) ?? {});
  return Object.fromEntries(entries.map(([name, value]) => [name.toLowerCase(), String(value)]));
}

function numberOf(written: JsonObject, name: string, fallback: number): number {
  const value = written[name];
  if (value === undefined) return fallback;
  if (typeof value !== 'number' || !Number.isFinite(value) || value < 0) throw invalid(name, 'a number, not negative');
  return value;
}

function textOf(written: JsonObject, name: string): string | undefined {
  const value = written[name];
  if (value !== undefined && typeof value !== 'string') throw invalid(name, 'text');
  return value;
}

function invalid(name: string, expected: string): GatewayError {
  return new GatewayError('CONFIG_INVALID', `simulator: ${name} must be ${expected}`);
}
