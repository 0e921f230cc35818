import assert from 'node:assert/strict';
import type { Clock } from '../../../server/model/clock.ts';
import type { Provider } from '../../../server/model/target.ts';
import type { Flow, ResponseSink, UpstreamRequest } from '../../../server/upstream/exchange.ts';
import { createInProcessExchange } from '../../../server/upstream/in-process.ts';
import { createFakeClock } from '../../support/fake-clock.ts';
import { ask, scriptOf, textOf } from '../../support/simulated.ts';
import { makeProvider } from '../../support/upstream-rig.ts';

type Written = Readonly<Record<string, unknown>>;

const SPEED = { firstTokenMs: 100, tokensPerSecond: 50 };
const UNDELAYED = { firstTokenMs: 0, tokensPerSecond: 'max' };
const STREAM = ask('Tell me of the tide.', { stream: true, max_completion_tokens: 5 });

describe('in-process exchange', () => {
  it('delivers headers and pieces at their times, those that are due together at once', async () => {
    const { clock, sent } = send(STREAM, SPEED);
    await clock.advance(1000);
    const chunks = [...scriptOf(STREAM, { settings: SPEED }).chunks];
    const at = (ms: number) =>
      chunks
        .filter(({ atMs }) => atMs === ms)
        .map(({ text }) => text)
        .join('');
    assert.deepEqual(sent.log, [
      'at 0: sent, reused',
      'at 0: 200 text/event-stream; charset=utf-8',
      ...[100, 120, 140, 160, 180].map((ms) => `at ${ms}: data ${at(ms)}`),
      'at 180: end',
    ]);
    assert.equal(clock.pending(), 0);
  });

  it('calls nothing before send has returned', async () => {
    const { clock, sent } = send(STREAM, UNDELAYED);
    assert.deepEqual(sent.log, []);
    await clock.settle();
    assert.equal(sent.log.at(-1), 'at 0: end');
  });

  it('needs no timer where nothing is delayed, and gives the whole reply in few pieces', async () => {
    const body = ask('Write about rivers in 2000 words.', { stream: true });
    const { clock, sent } = send(body, UNDELAYED);
    assert.equal(clock.pending(), 0);
    await clock.settle();
    assert.equal(sent.text(), textOf(scriptOf(body, { settings: UNDELAYED })));
    assert.ok(sent.pieces.length < sent.text().length / 16_000);
    assert.ok(sent.pieces.every((piece) => piece.length < 20_000));
  });

  it('delivers nothing while it is paused, and afterwards all that has become due', async () => {
    const { clock, flow, sent } = send(STREAM, SPEED);
    await clock.advance(125);
    const before = sent.log.length;
    flow.pause();
    await clock.advance(25);
    flow.pause();
    await clock.advance(1000);
    assert.equal(sent.log.length, before);
    assert.equal(clock.pending(), 0);
    flow.resume();
    assert.equal(sent.log.length, before); // Not within resume, whose caller may be the sink.
    await clock.settle();
    assert.equal(sent.log.length, before + 2); // One piece, and the end.
    assert.equal(sent.text(), textOf(scriptOf(STREAM)));
  });

  it('stops in the middle of what is due when the sink pauses', async () => {
    const body = ask('Write about rivers in 2000 words.', { stream: true });
    const { clock, flow, sent } = send(body, UNDELAYED);
    sent.onData = () => flow.pause();
    await clock.settle();
    assert.equal(sent.pieces.length, 1);
    flow.resume();
    await clock.settle();
    assert.equal(sent.pieces.length, 2);
    sent.onData = () => undefined;
    flow.resume();
    await clock.settle();
    assert.equal(sent.text(), textOf(scriptOf(body)));
    assert.equal(sent.log.at(-1), 'at 0: end');
  });

  it('holds back headers and the end too while it is paused', async () => {
    const { clock, flow, sent } = send(STREAM, SPEED);
    flow.pause();
    await clock.advance(50);
    assert.deepEqual(sent.log, ['at 0: sent, reused']);
    flow.resume();
    await clock.advance(200);
    assert.equal(sent.log.at(-1), 'at 180: end');
  });

  for (const [when, ms] of [
    ['before it began', 0],
    ['between two pieces', 130],
    ['after its end', 500],
  ] as const) {
    it(`calls nothing after an abort ${when}`, async () => {
      const { clock, flow, sent } = send(STREAM, SPEED);
      if (ms > 0) await clock.advance(ms);
      flow.abort();
      flow.abort();
      const before = sent.log.length;
      flow.resume();
      await clock.advance(1000);
      assert.equal(sent.log.length, before);
      assert.equal(clock.pending(), 0);
    });
  }

  it('calls nothing after an abort by the sink', async () => {
    const { clock, flow, sent } = send(STREAM, UNDELAYED);
    sent.onData = () => flow.abort();
    await clock.settle();
    assert.equal(sent.pieces.length, 1);
    assert.match(sent.log.at(-1) ?? '', /data/);
  });

  it('breaks the connection as it is told to', async () => {
    const { clock, sent } = send(STREAM, { ...SPEED, faults: [{ kind: 'cut', afterChunks: 2, how: 'reset' }] });
    await clock.advance(1000);
    assert.equal(sent.log.at(-1), 'at 100: error UPSTREAM_RESET');
  });

  it('stalls without an end until it is aborted', async () => {
    const { clock, flow, sent } = send(STREAM, { ...SPEED, faults: [{ kind: 'stall', afterChunks: 2 }] });
    await clock.advance(3_600_000);
    assert.equal(sent.pieces.length, 1);
    assert.equal(clock.pending(), 0);
    flow.abort();
    assert.equal(sent.log.length, 3);
  });

  it('counts the calls of each model of each provider for its faults', async () => {
    const settings = { ...UNDELAYED, faults: [{ kind: 'status', status: 500, every: 2 }] };
    const rig = createRig();
    const provider = makeProvider({ settings });
    const statuses: number[] = [];
    for (const [model, from] of [
      ['a', provider],
      ['a', provider],
      ['b', provider],
      ['a', provider],
      ['a', makeProvider({ settings })],
    ] as const) {
      const sent = rig.send({ ...STREAM, model }, from);
      await rig.clock.settle();
      statuses.push(sent.status);
    }
    assert.deepEqual(statuses, [500, 200, 500, 500, 500]);
  });

  it('answers a body that is no JSON as a provider does', async () => {
    const rig = createRig();
    const sent = rig.send('{', makeProvider());
    await rig.clock.settle();
    assert.equal(sent.status, 400);
  });

  it('fails the call, not the process, when the sink throws or the settings are wrong', async () => {
    const { clock, sent } = send(STREAM, UNDELAYED);
    sent.onData = () => assert.fail('a fault of the sink');
    const other = send(STREAM, { seed: 'x' });
    await clock.settle();
    assert.equal(sent.log.at(-1), 'at 0: error INTERNAL');
    assert.deepEqual(other.sent.log, ['at 0: error CONFIG_INVALID']);
  });

  describe('closing', () => {
    it('is done at once where nothing runs', async () => {
      const { exchange } = createRig();
      await exchange.close();
    });

    it('lets replies end within the grace time', async () => {
      const { clock, exchange, sent } = send(STREAM, SPEED);
      const closed = exchange.close();
      await clock.advance(200);
      await closed;
      assert.equal(sent.log.at(-1), 'at 180: end');
      assert.equal(clock.pending(), 0);
    });

    it('ends the rest after it, and takes no more', async () => {
      const rig = createRig();
      const running = rig.send(
        STREAM,
        makeProvider({ settings: { ...SPEED, faults: [{ kind: 'stall', afterChunks: 2 }] } }),
      );
      const closed = rig.exchange.close();
      await rig.clock.advance(5_000);
      await closed;
      assert.equal(running.log.at(-1), 'at 5000: error SERVER_DRAINING');
      const late = rig.send(STREAM, makeProvider());
      assert.deepEqual(late.log, ['at 5000: error SERVER_DRAINING']);
    });
  });
});

/** What came back, and when. */
class Sent {
  readonly log: string[] = [];
  readonly pieces: string[] = [];
  status = 0;
  /** What the sink does with a piece, once it is noted. */
  onData: () => void = () => undefined;

  text(): string {
    return this.pieces.join('');
  }
}

function createRig() {
  const clock = createFakeClock();
  const exchange = createInProcessExchange({ clock });
  const start = (body: Written | string, provider: Provider): { readonly flow: Flow; readonly sent: Sent } => {
    const sent = new Sent();
    const flow = exchange.send(requestOf(body, provider), sinkOf(sent, clock));
    return { flow, sent };
  };
  return { clock, exchange, start, send: (body: Written | string, provider: Provider) => start(body, provider).sent };
}

/** One request to a simulator with some settings. */
function send(body: Written, settings: Written) {
  const rig = createRig();
  return { ...rig, ...rig.start(body, makeProvider({ settings })) };
}

function requestOf(body: Written | string, provider: Provider): UpstreamRequest {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return { provider, method: 'POST', path: '/v1/chat/completions', headers: {}, body: text, connectTimeoutMs: 1000 };
}

function sinkOf(sent: Sent, clock: Clock): ResponseSink {
  const note = (what: string): void => void sent.log.push(`at ${clock.nowMs()}: ${what}`);
  return {
    onSent: (reused) => note(reused ? 'sent, reused' : 'sent'),
    onHeaders(status, headers) {
      sent.status = status;
      note(`${status} ${headers.get('content-type')}`);
    },
    onData(chunk) {
      const text = new TextDecoder('utf-8', { fatal: true }).decode(chunk);
      sent.pieces.push(text);
      note(`data ${text}`);
      sent.onData();
    },
    onEnd: () => note('end'),
    onError: (error) => note(`error ${error.reason}`),
  };
}
