/** The log: what a line has, what never stands in it, and what a stuck reader costs. */
import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, constants, mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GatewayError } from '../../../server/model/errors.ts';
import { UNKNOWN_PRICES } from '../../../server/model/prices.ts';
import { Secret } from '../../../server/model/secret.ts';
import { createLog, describeError, hashEndUser, logCall } from '../../../server/telemetry/log.ts';
import { createRedact } from '../../../server/telemetry/redact.ts';
import { makeCall, usageOf } from '../../support/calls.ts';
import { createFakeClock } from '../../support/fake-clock.ts';

const KEY = 'very-secret-provider-key';
const PROMPT = 'the prompt that nobody may see';

function makeLog(level: 'info' | 'warn' = 'info') {
  const lines: Record<string, unknown>[] = [];
  const texts: string[] = [];
  const write = (text: string) => {
    texts.push(text);
    lines.push(JSON.parse(text) as Record<string, unknown>);
  };
  const redact = createRedact(() => [new Secret(KEY)]);
  return { log: createLog({ level, sink: { write }, redact }), lines, texts };
}

describe('the line of a call', () => {
  it('has what the call was and what became of it', async () => {
    const clock = createFakeClock();
    const { log, lines } = makeLog();
    const options = { requestId: 'r-1', endUser: 'jane@example.com', tags: { feature: 'search' } };
    const { call } = makeCall('complete', { clock, options });
    Object.assign(call.record, {
      client: 'checkout',
      team: 'payments',
      model: 'chat',
      admittedAtMs: 2,
      firstOutputAtMs: 30,
      usage: usageOf(10, 5, { cacheReadTokens: 0 }),
      finishReason: { kind: 'FINISH_KIND_STOP', raw: 'stop', stopSequence: undefined },
      upstreamModel: 'm-2026',
      traceId: 'a'.repeat(32),
    });
    const attempt = {
      deployment: 'acme/m',
      provider: 'acme',
      startedAtMs: 2,
      endedAtMs: 5,
      upstreamStatus: 503,
      usage: undefined,
      billedUsage: undefined,
      prices: UNKNOWN_PRICES,
    };
    call.record.attempts.push(
      { ...attempt, error: new GatewayError('UPSTREAM_5XX', PROMPT) },
      { ...attempt, error: undefined },
    );
    await clock.advance(41);
    logCall(log, call, { error: undefined, endedAtMs: clock.nowMs() });
    const { time, ...line } = lines[0] ?? {};
    assert.match(String(time), /^\d{4}-\d\d-\d\dT.*Z$/);
    assert.deepEqual(line, {
      level: 'info',
      msg: 'call',
      callId: 'call-1',
      requestId: 'r-1',
      client: 'checkout',
      team: 'payments',
      peer: '192.0.2.1:5000',
      rpc: 'complete',
      model: 'chat',
      deployment: 'acme/m',
      upstreamModel: 'm-2026',
      status: 'OK',
      attempts: 2,
      failures: ['acme/m UPSTREAM_5XX 503'],
      finish: 'stop',
      inputTokens: 10,
      outputTokens: 5,
      cacheReadTokens: 0,
      admittedMs: 2,
      firstOutputMs: 30,
      totalMs: 41,
      tags: { feature: 'search' },
      endUser: hashEndUser('payments', 'jane@example.com'),
      traceId: 'a'.repeat(32),
    });
  });

  it('is short for a call that came to nothing', () => {
    const { log, lines } = makeLog();
    const { call } = makeCall('embed');
    const violations = [{ field: 'inputs[0]', description: `wrong: ${PROMPT}` }];
    logCall(log, call, { error: new GatewayError('INVALID_REQUEST', PROMPT, { violations }), endedAtMs: 1 });
    const { time: _, ...line } = lines[0] ?? {};
    assert.deepEqual(line, {
      level: 'info',
      msg: 'call',
      callId: 'call-1',
      peer: '192.0.2.1:5000',
      rpc: 'embed',
      status: 'INVALID_ARGUMENT',
      reason: 'INVALID_REQUEST',
      fields: ['inputs[0]'],
      attempts: 0,
      totalMs: 1,
    });
  });

  it('is of level error for a fault of our own, with where it happened', () => {
    const { log, lines } = makeLog('warn');
    const { call } = makeCall('complete');
    logCall(log, call, { error: GatewayError.from(new TypeError('x is not a function')), endedAtMs: 1 });
    logCall(log, call, { error: new GatewayError('CANCELLED', ''), endedAtMs: 1 });
    assert.equal(lines.length, 1);
    const { level, err } = lines[0] as { level: string; err: { name: string; message: string; frames: string[] } };
    assert.deepEqual([level, err.name, err.message], ['error', 'TypeError', 'x is not a function']);
    assert.match(err.frames[0] ?? '', /log\.test\.ts/);
  });

  it('never has secrets or content, whatever an error says (I16)', () => {
    const { log, texts } = makeLog();
    const { call } = makeCall('complete', { options: { endUser: 'jane@example.com' } });
    const nested = new Error(`key ${KEY} and "${PROMPT}"`, { cause: parseFailure() });
    logCall(log, call, { error: GatewayError.from(nested), endedAtMs: 1 });
    logCall(log, call, { error: new GatewayError('UPSTREAM_REJECTED', PROMPT), endedAtMs: 1 });
    log.error({ err: nested }, 'something');
    const all = texts.join('');
    for (const canary of [KEY, 'prompt', 'jane']) assert.ok(!all.includes(canary), canary);
  });
});

describe('an error in the log', () => {
  const redact = createRedact(() => [new Secret(KEY), new Secret('abc')]);

  it('is described without what is quoted, and without keys by their looks', () => {
    const text = (message: string) => {
      const { message: told } = describeError(new Error(message), redact);
      return told;
    };
    assert.equal(text(`a "quoted" and 'other' and \`third\` word`), 'a "…" and \'…\' and `…` word');
    assert.equal(text('sk-proj-abcdefghijklmnop1234 failed'), '*** failed');
    assert.equal(text('Bearer abcdefgh12345678'), '***');
    assert.equal(text('abc stays: too short a secret'), 'abc stays: too short a secret');
  });

  it('may be anything at all', () => {
    assert.deepEqual(describeError('text', redact), { type: 'string' });
    assert.deepEqual(describeError(undefined, redact), { type: 'undefined' });
  });
});

function parseFailure(): unknown {
  try {
    return JSON.parse(PROMPT);
  } catch (error) {
    return error;
  }
}

describe('a process whose log nobody reads (row 103)', function () {
  this.timeout(20_000);
  const PROGRAM = new URL('../../support/log-program.ts', import.meta.url).pathname;
  let child: ChildProcess | undefined;

  afterEach(() => child?.kill('SIGKILL'));

  function start(mode: string, stdout: 'pipe' | number = 'pipe'): ChildProcess {
    const args = ['--conditions=kanmon-source', PROGRAM, mode];
    child = spawn(process.execPath, args, { stdio: ['ignore', stdout, 'inherit', 'ipc'] });
    return child;
  }

  async function expectDropsAndEnd(program: ChildProcess): Promise<void> {
    const [report] = (await once(program, 'message')) as [{ written: number; dropped: number }];
    assert.ok(report.dropped > 0 && report.dropped < report.written, JSON.stringify(report));
    assert.deepEqual(await once(program, 'exit'), [0, null]);
  }

  it('goes on, counts what it drops, and ends, where its output is a socket', async () => {
    const program = start('stuck'); // Node gives its children sockets.
    program.stdout?.pause();
    await expectDropsAndEnd(program);
  });

  it('does so where its output is a pipe', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'kanmon-log-'));
    const path = join(folder, 'pipe');
    execFileSync('mkfifo', [path]);
    const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK); // Opened, and never read.
    const writer = openSync(path, constants.O_WRONLY);
    try {
      await expectDropsAndEnd(start('stuck', writer));
    } finally {
      closeSync(reader);
      closeSync(writer);
      rmSync(folder, { recursive: true });
    }
  });

  it('writes every line to a reader that reads, in order', async () => {
    const program = start('read');
    let text = '';
    program.stdout?.on('data', (chunk: Buffer) => {
      text += chunk.toString();
    });
    await Promise.all([once(program, 'exit'), once(program.stdout ?? assert.fail(), 'end')]);
    const numbers = text
      .trimEnd()
      .split('\n')
      .map((line) => (JSON.parse(line) as { n: number }).n);
    assert.deepEqual(
      numbers,
      Array.from({ length: numbers.length }, (_, index) => index),
    );
    assert.equal(numbers.length, 5000);
  });

  it('outlives a reader that goes away', async () => {
    const program = start('gone');
    program.stdout?.destroy();
    const [report] = (await once(program, 'message')) as [{ written: number; dropped: number }];
    assert.ok(report.dropped > 0, JSON.stringify(report));
    assert.deepEqual(await once(program, 'exit'), [0, null]);
  });
});
