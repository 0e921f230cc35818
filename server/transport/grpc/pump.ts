/**
 * From an answer to the caller: batches with back-pressure. nice-grpc takes the next message from the generator only when
 * the last one has found room in the connection, and the pump reads the provider only then, so a slow caller slows the
 * provider down, and what arrives meanwhile leaves together. One flat generator: every nested one would cost each message
 * its own turns of the microtask queue.
 */
import type { Entered } from '../../config/snapshot.ts';
import type { Call, StreamAnswer } from '../../model/call.ts';
import type { Clock } from '../../model/clock.ts';
import { maxReplyBytes } from '../../model/reply-size.ts';
import { sleep } from '../../model/sleep.ts';
import { spentUsage } from '../../model/usage.ts';
import type { Duration, StreamEvent, StreamStarted } from '../../model/wire.ts';
import { encodeBatch, joinDeltas, splitLargeParts } from './batching.ts';
import { closing, replyTooLarge } from './reply.ts';
import { SentEvents } from './sent-events.ts';
import type { SlowReaders } from './slow-readers.ts';
import { durationToMs } from './validate/options.ts';

/** What the pump needs. */
export interface PumpDeps {
  readonly clock: Clock;
  readonly slowReaders: SlowReaders;
  /** Ends the call for good: its caller does not read. */
  readonly onTooSlow: (sent: SentEvents) => void;
}

type StreamCall = Call<'stream'> & Entered;
type About = Omit<StreamAnswer, 'first' | 'rest'>;

/**
 * The messages of a stream, encoded. Ends after the finished event.
 * @throws GatewayError what the answer or its rest fails with, RESPONSE_TOO_LARGE, or the reason of the call's signal.
 */
export async function* pump(
  call: StreamCall,
  answer: Promise<StreamAnswer>,
  deps: PumpDeps,
): AsyncGenerator<Uint8Array> {
  const { clock } = deps;
  const { signal } = call;
  const deltaMs = toMs(call.options.maxDeltaInterval);
  const heartbeatMs = toMs(call.options.heartbeatInterval);
  const sent = new SentEvents();
  const watch = deps.slowReaders.open(call.snapshot.times.slowReaderMs, () => deps.onTooSlow(sent));
  let source: StreamAnswer['rest'] | undefined;
  let sequence = 0;
  try {
    if (heartbeatMs > 0) yield* heartbeats(answer, { sequence, call, clock, sent });
    const { first, rest, ...about } = await answer;
    source = rest;
    let events: readonly StreamEvent[] | undefined = [started(call, about), ...first];
    while (events !== undefined) {
      const whole = complete(events, about, call, clock);
      const messages = encode(sequence, whole, call);
      sequence += whole.length;
      call.record.outputDelivered = true;
      call.record.lastSequence = sequence - 1;
      for (const message of messages) {
        sent.note(message === messages.at(-1) ? sequence - 1 : sequence - whole.length - 1);
        watch.waiting();
        yield message;
        watch.taken();
        if (signal.aborted) throw signal.reason;
      }
      if (deltaMs > 0) await sleep(clock, deltaMs, signal);
      const next = rest.read();
      if (heartbeatMs > 0) yield* heartbeats(next, { sequence, call, clock, sent });
      const arrived = await next;
      events = deltaMs > 0 && arrived !== undefined ? joinDeltas(arrived) : arrived;
    }
  } finally {
    watch.close();
    call.record.usage ??= spentUsage(call.record.attempts);
    source?.cancel(); // Harmless at the end; at any other exit nobody reads on.
  }
}

function toMs(duration: Duration | undefined): number {
  return duration === undefined ? 0 : durationToMs(duration);
}

function started(call: StreamCall, about: About): StreamEvent {
  const value: StreamStarted = {
    callId: call.id,
    model: call.record.model,
    upstreamModel: about.upstreamModel,
    provider: about.deployment.provider.name,
    createTime: new Date(call.receivedAtWallMs),
    resumeToken: '',
  };
  return { event: { $case: 'started', value } };
}

/** Adds to a finished event what the gateway knows, and cuts what is too large for one event. */
function complete(
  events: readonly StreamEvent[],
  about: About,
  call: StreamCall,
  clock: Clock,
): readonly StreamEvent[] {
  const split = splitLargeParts(events);
  const last = split.at(-1)?.event;
  if (last?.$case !== 'finished') return split;
  call.record.usage = last.value.usage;
  call.record.finishReason = last.value.finishReason;
  const consumed = { deployment: about.deployment, usage: last.value.usage };
  const value = { ...last.value, ...closing(call, consumed, clock.nowMs()), adaptations: about.adaptations };
  return [...split.slice(0, -1), { event: { $case: 'finished', value } }];
}

function encode(sequence: number, events: readonly StreamEvent[], call: StreamCall): readonly Uint8Array[] {
  const maxBytes = maxReplyBytes(call.options);
  const messages = encodeBatch(sequence, events, maxBytes);
  if (messages !== undefined) return messages;
  throw replyTooLarge(encodeBatch(sequence, events, Number.POSITIVE_INFINITY)?.[0]?.length ?? 0, maxBytes);
}

interface Beating {
  readonly sequence: number;
  readonly call: StreamCall;
  readonly clock: Clock;
  readonly sent: SentEvents;
}

/** Empty batches for as long as nothing comes. */
async function* heartbeats(
  awaited: Promise<unknown>,
  { sequence, call, clock, sent }: Beating,
): AsyncGenerator<Uint8Array> {
  const intervalMs = toMs(call.options.heartbeatInterval);
  const arrived = awaited.then(
    () => true,
    () => true, // Whoever awaits it next throws it.
  );
  const empty = encodeBatch(sequence, [], Number.POSITIVE_INFINITY) ?? [];
  while (!(await Promise.race([arrived, sleep(clock, intervalMs, call.signal).then(() => false)]))) {
    sent.note(sequence - 1);
    yield* empty;
  }
}
