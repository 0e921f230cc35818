/** What is measured as CPU time per unit of work, and what the gateway is held to. */
import { closedLoop, type Load, streamsLoop } from './loads.ts';
import { STREAM_TOKENS } from './mock-wire.ts';

/** One figure: CPU microseconds per unit under a load. */
export interface Case {
  /** As --only takes it. */
  readonly id: string;
  readonly title: string;
  /** What the work is counted in. */
  readonly unit: 'call' | 'token';
  readonly load: Load;
  /** Time from the beginning of the load to the first window, in milliseconds. */
  readonly rampMs: number;
  /** Units a second that the load should reach; undefined: as many as the subject can. */
  readonly ratePerSecond?: number;
  /** Most that the gateway may cost, as a multiple of the Node reverse proxy; undefined: no target. */
  readonly target?: number;
}

const RAMP_MS = 300;
const STREAM_MS = 5 * STREAM_TOKENS;

/** All cases. */
export const CASES: readonly Case[] = [
  {
    id: 'unary',
    title: 'unary call, 16 in flight',
    unit: 'call',
    load: closedLoop(16, (caller) => caller.complete()),
    rampMs: RAMP_MS,
    target: 2,
  },
  {
    id: 'unary1',
    title: 'unary call, 1 in flight',
    unit: 'call',
    load: closedLoop(1, (caller) => caller.complete()),
    rampMs: RAMP_MS,
  },
  {
    id: 'embed',
    title: 'embedding call (1,536 floats), 16 in flight',
    unit: 'call',
    load: closedLoop(16, (caller) => caller.embed()),
    rampMs: RAMP_MS,
  },
  {
    id: 'token',
    title: 'token, 100 streams of one every 5 ms (20,000/s)',
    unit: 'token',
    load: streamsLoop(100, 'every5', STREAM_MS),
    rampMs: STREAM_MS + RAMP_MS,
    ratePerSecond: 20_000,
    target: 0.8,
  },
  {
    id: 'burst',
    title: 'token, undelayed, 16 streams',
    unit: 'token',
    load: streamsLoop(16, 'burst', 0),
    rampMs: RAMP_MS,
    target: 0.9,
  },
];
