import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { GatewayError } from '../../../server/model/errors.ts';
import { UNKNOWN_PRICES } from '../../../server/model/prices.ts';
import { AdaptationMode, ForeignStateMode, type GatewayOptions, UsageConfidence } from '../../../server/model/wire.ts';
import type { Target } from '../../../server/providers/dialect.ts';
import type { InvokeDeps } from '../../../server/upstream/invocation.ts';
import { createInvoke } from '../../../server/upstream/invoke.ts';
import {
  ACME,
  ACME_LINES,
  API_KEY,
  createPlayedExchange,
  frames,
  isPending,
  makeCall,
  makeDeployment,
  makeInvokeDeps,
  makeProvider,
  rejection,
  SSE,
} from '../../support/upstream-rig.ts';

const JSON_TYPE = 'application/json';
const WHOLE = '{"text": "Hello", "tokens": 3}';

function rig(deployment = makeDeployment(), changes: Partial<InvokeDeps> = {}, options: Partial<GatewayOptions> = {}) {
  const exchange = createPlayedExchange();
  const deps = makeInvokeDeps(exchange, changes);
  const { call, abort } = makeCall('complete', deployment, options);
  const answer = createInvoke(deps)(call);
  answer.catch(() => undefined); // Looked at later.
  return { exchange, clock: deps.clock, call, abort, answer };
}

describe('a whole reply', () => {
  it('is collected, decoded and recorded', async () => {
    const { exchange, answer, call, clock } = rig();
    exchange.reply(JSON_TYPE, WHOLE.slice(0, 9), WHOLE.slice(9));
    await clock.advance(5);
    exchange.sink().onEnd();
    const { message, usage, upstreamModel } = await answer;
    assert.deepEqual(message.parts[0]?.content, {
      $case: 'text',
      value: { text: 'Hello', citations: [], logprobs: [] },
    });
    assert.equal(usage.outputTokens, 3);
    assert.equal(upstreamModel, 'model-1-2026');
    assert.deepEqual(call.attempt, {
      deployment: 'acme/model-1',
      provider: 'acme',
      prices: UNKNOWN_PRICES,
      startedAtMs: 0,
      endedAtMs: 5,
      upstreamStatus: 200,
      error: undefined,
      usage,
      billedUsage: undefined,
    });
  });

  it('is waited for without a limit but the deadline: no timer is set', async () => {
    const { exchange, clock, answer } = rig();
    exchange.reply(JSON_TYPE);
    await clock.advance(3_600_000);
    assert.equal(clock.pending(), 0);
    assert.ok(await isPending(answer));
  });

  it('13: at the deadline before its first byte the call has its own reason', async () => {
    const { abort, answer, exchange } = rig();
    exchange.reply(JSON_TYPE, '\n', '  \r\n'); // White space is a live connection, not a reply.
    abort(new GatewayError('DEADLINE_EXCEEDED', 'too late'));
    assert.equal((await rejection(answer)).reason, 'DEADLINE_EXCEEDED');
    assert.equal(exchange.flow.aborted, true);
  });

  it('48: at the deadline in the midst of it the provider has stalled', async () => {
    const { abort, answer, exchange, call } = rig();
    exchange.reply(JSON_TYPE, WHOLE.slice(0, 9));
    abort(new GatewayError('DEADLINE_EXCEEDED', 'too late'));
    const error = await rejection(answer);
    assert.equal(error.reason, 'UPSTREAM_STALLED');
    assert.equal(error.details.upstream?.provider, 'acme');
    assert.equal(call.attempt.error, error);
  });

  it('55: one that trickles in is UPSTREAM_TOO_SLOW; white space before it may trickle', async () => {
    const { exchange, clock, answer } = rig();
    exchange.reply(JSON_TYPE);
    for (let second = 0; second < 60; second++) {
      await clock.advance(1_000);
      exchange.sink().onData(Buffer.from('\n'));
    }
    assert.ok(await isPending(answer));
    for (let second = 0; second < 11; second++) {
      await clock.advance(1_000);
      exchange.sink().onData(Buffer.from('{'));
    }
    assert.equal((await rejection(answer)).reason, 'UPSTREAM_TOO_SLOW');
  });

  it('50: a broken connection is UPSTREAM_RESET', async () => {
    const { exchange, answer } = rig();
    exchange.reply(JSON_TYPE, WHOLE.slice(0, 9));
    exchange.sink().onError(new GatewayError('UPSTREAM_RESET', 'broken'));
    assert.equal((await rejection(answer)).reason, 'UPSTREAM_RESET');
  });

  it('64: what is not JSON is UPSTREAM_PROTOCOL, and is not quoted', async () => {
    for (const body of ['<html>secret</html>', '', '{"text": "secret', 'secret']) {
      const { exchange, answer } = rig();
      exchange.reply('text/html', ...(body === '' ? [] : [body]));
      exchange.sink().onEnd();
      const { reason, message } = await rejection(answer);
      assert.equal(reason, 'UPSTREAM_PROTOCOL');
      assert.doesNotMatch(message, /secret/);
    }
  });

  it('67: over the cap it is UPSTREAM_RESPONSE_TOO_LARGE; the cap grows with what the caller takes', async () => {
    const large = Buffer.from(`[${' '.repeat(99_999)}`);
    const small = rig();
    small.exchange.reply(JSON_TYPE);
    while (!small.exchange.flow.aborted) small.exchange.sink().onData(large);
    assert.equal((await rejection(small.answer)).reason, 'UPSTREAM_RESPONSE_TOO_LARGE');
    const raised = rig(undefined, {}, { maxReplyBytes: 1_000_000 });
    raised.exchange.reply(JSON_TYPE);
    for (let i = 0; i < 39; i++) raised.exchange.sink().onData(Buffer.alloc(100_000, ' '));
    raised.exchange.sink().onData(Buffer.from(WHOLE));
    raised.exchange.sink().onEnd();
    assert.equal((await raised.answer).usage.outputTokens, 3);
  });

  it('nested too deep to be decoded is the provider’s fault; what else a decoder trips over is the gateway’s', async () => {
    for (const [thrown, reason] of [
      [new RangeError('Maximum call stack size exceeded'), 'UPSTREAM_PROTOCOL'],
      [new TypeError('oops'), 'INTERNAL'],
    ] as const) {
      const decodeComplete = () => {
        throw thrown;
      };
      const dialects = new Map([[ACME_LINES.id, { ...ACME_LINES, decodeComplete }]]);
      const { exchange, answer } = rig(undefined, { dialects });
      exchange.reply(JSON_TYPE, WHOLE);
      exchange.sink().onEnd();
      assert.equal((await rejection(answer)).reason, reason);
    }
  });

  it('reads a member called __proto__ as any other', async () => {
    const { exchange, answer } = rig();
    exchange.reply(JSON_TYPE, '{"__proto__": {"text": "polluted"}, "tokens": 1}');
    exchange.sink().onEnd();
    assert.equal((await rejection(answer)).reason, 'UPSTREAM_PROTOCOL');
    assert.equal(Object.hasOwn(Object.prototype, 'text'), false);
  });
});

describe('a reply that is streamed and folded', () => {
  const folded = makeDeployment({ completeVia: 'stream' });

  it('is the whole that it is the fold of', async () => {
    const { exchange, answer, call } = rig(folded);
    exchange.reply(SSE, frames({ t: 'Hel' }, { t: 'lo' }, { u: 2 }));
    assert.ok(await isPending(answer), 'not before it is whole');
    exchange.sink().onData(Buffer.from(frames({ f: 'stop' }, '[DONE]')));
    const { message, usage, finishReason, upstreamModel } = await answer;
    assert.deepEqual(message.parts[0]?.content, {
      $case: 'text',
      value: { text: 'Hello', citations: [], logprobs: [] },
    });
    assert.equal(usage.outputTokens, 2);
    assert.equal(finishReason.raw, 'stop');
    assert.equal(upstreamModel, 'model-1');
    assert.equal(call.attempt.usage, usage);
    assert.match(exchange.requests[0]?.body ?? '', /"stream":true/);
  });

  it('fails like a whole reply, as nothing of it was delivered', async () => {
    const reset = rig(folded);
    reset.exchange.reply(SSE, frames({ t: 'a' }));
    reset.exchange.sink().onError(new GatewayError('UPSTREAM_RESET', 'broken'));
    assert.equal((await rejection(reset.answer)).reason, 'UPSTREAM_RESET');
    const stalled = rig(folded);
    stalled.exchange.reply(SSE, frames({ t: 'a' }));
    await stalled.clock.advance(10_000);
    assert.equal((await rejection(stalled.answer)).reason, 'UPSTREAM_STALLED');
    const reported = rig(folded);
    reported.exchange.reply(SSE, frames({ t: 'a' }, { e: 'busy' }));
    assert.equal((await rejection(reported.answer)).reason, 'UPSTREAM_OVERLOADED');
    const cut = rig(folded);
    cut.exchange.reply(SSE, frames({ t: 'a' }));
    cut.exchange.sink().onEnd();
    assert.equal((await rejection(cut.answer)).reason, 'UPSTREAM_TRUNCATED');
  });

  it('may come whole all the same', async () => {
    const { exchange, answer } = rig(folded);
    exchange.reply(JSON_TYPE, WHOLE);
    exchange.sink().onEnd();
    assert.equal((await answer).usage.outputTokens, 3);
  });
});

describe('the request', () => {
  it('goes to the base URL, with the headers of host, dialect, configuration and trace, signed last', () => {
    const { exchange } = rig(makeDeployment({ provider: makeProvider({ baseUrl: 'https://api.acme.example/v1/' }) }));
    const [request] = exchange.requests;
    assert.equal(request?.method, 'POST');
    assert.equal(request?.path, '/v1/chat');
    assert.equal(request?.connectTimeoutMs, 2_000);
    assert.deepEqual(JSON.parse(request?.body ?? ''), { model: 'model-1', messages: 1, stream: false });
    assert.deepEqual(request?.headers, {
      'user-agent': 'kanmon',
      'acme-version': '1',
      'acme-mode': 'test',
      'x-title': 'tests',
      traceparent: '00-trace-span-01',
      accept: 'application/json',
      'accept-encoding': 'identity',
      'content-type': 'application/json',
      authorization: `Bearer ${API_KEY}`,
    });
  });

  it('is signed as its host says', () => {
    const hosts = (changes: Partial<typeof ACME>) => ({ hosts: new Map([[ACME.id, { ...ACME, ...changes }]]) });
    const keyed = rig(undefined, hosts({ sign: 'api-key', keyHeader: 'x-key' }));
    assert.equal(keyed.exchange.requests[0]?.headers['x-key'], API_KEY);
    const open = rig(undefined, hosts({ sign: 'none' }));
    assert.doesNotMatch(JSON.stringify(open.exchange.requests[0]), /canary/);
    const keyless = makeDeployment({ provider: makeProvider({ apiKeys: [] }) });
    const optional = rig(keyless, hosts({ keyRequired: false }));
    assert.equal(optional.exchange.requests[0]?.headers.authorization, undefined);
  });

  it('without a key that its host demands is not sent', async () => {
    const { exchange, answer } = rig(makeDeployment({ provider: makeProvider({ apiKeys: [] }) }));
    assert.equal((await rejection(answer)).reason, 'INTERNAL');
    assert.equal(exchange.requests.length, 0);
  });

  it('is shaped by the host before it is serialised', () => {
    const shape: typeof ACME.shape = (encoded, target) => ({
      ...encoded,
      path: `/${target.upstreamModel}`,
      body: { a: 1 },
    });
    const { exchange } = rig(undefined, { hosts: new Map([[ACME.id, { ...ACME, shape }]]) });
    assert.equal(exchange.requests[0]?.path, '/v1/model-1');
    assert.equal(exchange.requests[0]?.body, '{"a":1}');
  });

  it('is encoded for the call’s modes, with end user and session key hashed with the team', () => {
    const targets: Target[] = [];
    const encodeComplete: typeof ACME_LINES.encodeComplete = (generation, target, stream) => {
      targets.push(target);
      return ACME_LINES.encodeComplete(generation, target, stream);
    };
    const dialects = new Map([[ACME_LINES.id, { ...ACME_LINES, encodeComplete }]]);
    rig(undefined, { dialects });
    rig(
      undefined,
      { dialects },
      {
        adaptation: AdaptationMode.STRICT,
        onForeignState: ForeignStateMode.STRIP,
        endUser: 'ann',
        sessionKey: 'ann',
      },
    );
    const [plain, full] = targets;
    assert.deepEqual([plain?.adaptation, plain?.onForeignState, plain?.endUserHash], ['adapt', 'pin', undefined]);
    assert.deepEqual([full?.adaptation, full?.onForeignState], ['strict', 'strip']);
    assert.equal(full?.endUserHash, hash('sha256', '["payments","ann"]', 'hex').slice(0, 32));
  });

  it('goes to the in-process exchange for a host of that place', () => {
    const inProcess = createPlayedExchange();
    const { exchange } = rig(undefined, { inProcess, hosts: new Map([[ACME.id, { ...ACME, place: 'in-process' }]]) });
    assert.equal(exchange.requests.length, 0);
    assert.equal(inProcess.requests.length, 1);
  });
});

describe('the other calls', () => {
  it('Embed is encoded and decoded by the dialect, and refused where it has none', async () => {
    const exchange = createPlayedExchange();
    const deps = makeInvokeDeps(exchange);
    const { call } = makeCall('embed');
    const answer = createInvoke(deps)(call);
    exchange.reply(JSON_TYPE, '{}');
    exchange.sink().onEnd();
    assert.equal((await answer).dimensions, 3);
    assert.equal(exchange.requests[0]?.path, '/v1/embed');
    const { embed: _, ...without } = ACME_LINES;
    const none = createInvoke({ ...deps, dialects: new Map([[ACME_LINES.id, without]]) })(makeCall('embed').call);
    assert.equal((await rejection(none)).reason, 'PARAMETER_UNSUPPORTED');
  });

  it('CountTokens asks the provider, or else is estimated', async () => {
    const exchange = createPlayedExchange();
    const deps = makeInvokeDeps(exchange);
    const estimated = await createInvoke(deps)(makeCall('countTokens').call);
    assert.deepEqual(
      [estimated.inputTokens, estimated.confidence, estimated.counter],
      [5, UsageConfidence.ESTIMATED, 'rule of thumb'],
    );
    assert.equal(exchange.requests.length, 0);
    const countTokens = {
      encode: () => ({ path: '/count', headers: {}, body: {}, adaptations: [] }),
      decode: () => 6,
    };
    const dialects = new Map([[ACME_LINES.id, { ...ACME_LINES, countTokens }]]);
    const counted = createInvoke({ ...deps, dialects })(makeCall('countTokens').call);
    exchange.reply(JSON_TYPE, '{}');
    exchange.sink().onEnd();
    const { inputTokens, confidence, counter } = await counted;
    assert.deepEqual([inputTokens, confidence, counter], [6, UsageConfidence.REPORTED, '/count']);
  });
});
