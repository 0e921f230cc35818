/** kanmon provider: what it says is read by the gateway's dialects, and what it does wrong is really wrong. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { UsageError } from '../../../server/cli/exit-codes.ts';
import { type Behaviour, parseScenario, type Rule } from '../../../server/cli/provider/scenario.ts';
import { openScriptedProvider, type ScriptedProvider } from '../../../server/cli/provider/scripted-provider.ts';
import { GatewayError } from '../../../server/model/errors.ts';
import {
  type ChatMessage,
  type FinishReason,
  type StreamEvent,
  StreamFold,
  type Usage,
} from '../../../server/model/wire.ts';
import { DIALECTS } from '../../../server/providers/dialects.ts';
import type { Framing } from '../../../server/providers/host.ts';
import { openFramer } from '../../../server/upstream/framing/framing.ts';
import { Pipeline } from '../../../server/upstream/pipeline.ts';
import { runCli } from '../../support/cli-rig.ts';
import { makeTarget } from '../../support/targets.ts';

interface Place {
  readonly dialectId: string;
  readonly path: string;
  readonly streamPath?: string;
  readonly framing?: Framing;
}

const CHAT: Place = { dialectId: 'openai.chat', path: '/v1/chat/completions' };
const BEDROCK: Place = {
  dialectId: 'bedrock.converse',
  path: '/model/m%3A0/converse',
  streamPath: '/model/m%3A0/converse-stream',
  framing: 'aws-event-stream',
};
const GEMINI: Place = {
  dialectId: 'google.gemini',
  path: '/v1beta/models/m:generateContent',
  streamPath: '/v1beta/models/m:streamGenerateContent?alt=sse',
};
const PLACES: readonly Place[] = [
  CHAT,
  { dialectId: 'openai.responses', path: '/v1/responses' },
  { dialectId: 'anthropic.messages', path: '/v1/messages' },
  GEMINI,
  { ...GEMINI, streamPath: '/v1beta/models/m:streamGenerateContent', framing: 'json-array' },
  BEDROCK,
  { dialectId: 'cohere.v2', path: '/v2/chat' },
];

const ANSWER = {
  text: 'Grüße, 世界 — two  words',
  toolCalls: [{ name: 'weather', arguments: { city: 'Tōkyō' } }],
  usage: { input: 11, output: 7 },
} as const;

describe('scripted provider', () => {
  let provider: ScriptedProvider;
  const open = async (...rules: Rule[]) => {
    provider = await openScriptedProvider({ rules });
  };
  afterEach(() => provider[Symbol.asyncDispose]());
  const post = (path: string, json: object = {}) =>
    fetch(provider.baseUrl + path, { method: 'POST', body: JSON.stringify(json) });

  for (const place of PLACES) {
    const { dialectId, path, streamPath = path, framing = 'sse' } = place;

    it(`speaks ${dialectId}, framed as ${framing}`, async () => {
      await open({ answer: ANSWER });
      const target = makeTarget(dialectId);
      const dialect = DIALECTS.get(dialectId) ?? assert.fail();
      checkAnswer(dialect.decodeComplete(await (await post(path)).json(), target));
      const stream = await post(streamPath, { stream: true });
      checkAnswer(readStream(place, new Uint8Array(await stream.arrayBuffer())));
      if (dialectId === 'bedrock.converse') assert.equal(provider.requests[0]?.request.model, 'm:0');
    });

    it(`breaks streams with an error as ${dialectId} does (${framing})`, async () => {
      await open({ answer: ANSWER, events: { errorAfter: 2 } });
      const bytes = new Uint8Array(await (await post(streamPath, { stream: true })).arrayBuffer());
      assert.throws(
        () => readStream(place, bytes),
        (thrown) => thrown instanceof GatewayError && thrown.details.upstream !== undefined,
      );
    });

    it(`says errors as ${dialectId} does (${framing})`, async () => {
      await open({ status: 429, headers: { 'Retry-After': '7' } });
      const reply = await post(path);
      const error = DIALECTS.get(dialectId)?.decodeError(
        reply.status,
        new Map(reply.headers),
        'application/json',
        await reply.text(),
      );
      assert.equal(error?.reason, 'UPSTREAM_RATE_LIMITED');
      assert.equal(error.details.retryAfterMs, 7_000);
      assert.match(error.message, /The scenario says so/);
    });
  }

  it('answers by the first rule that fits and is not used up, and by 404 after the last', async () => {
    await open(
      { when: { model: 'a*' }, status: 503, times: 2 },
      { when: { path: '*/chat/*', stream: false }, body: 'x', times: 2 },
    );
    const statuses = [];
    for (const model of ['ab', 'b', 'a', 'abc', 'abc']) statuses.push((await post(CHAT.path, { model })).status);
    assert.deepEqual(statuses, [503, 200, 503, 200, 404]);
    assert.deepEqual(
      provider.requests.map(({ rule }) => rule),
      [0, 1, 0, 1, undefined],
    );
    assert.equal((await post('/elsewhere')).status, 404);
  });

  it('tells another usage than it bills, or none', async () => {
    const text = 'one two three';
    await open({ answer: { text, usage: { input: 999, output: 0 } }, times: 1 }, { answer: { text, usage: null } });
    const read = async () => ((await (await post(CHAT.path)).json()) as { readonly usage?: object }).usage;
    assert.deepEqual(await read(), { prompt_tokens: 999, completion_tokens: 0, total_tokens: 999 });
    assert.equal(await read(), undefined);
    assert.deepEqual(provider.billed, { input: 2, output: 6 });
  });

  it('sends whatever body, type and headers it is told', async () => {
    await open({ status: 502, headers: { 'content-type': 'text/html' }, body: '<html>Bad Gateway</html>' });
    const reply = await post(CHAT.path);
    assert.deepEqual([reply.status, reply.headers.get('content-type')], [502, 'text/html']);
    assert.equal(await reply.text(), '<html>Bad Gateway</html>');
  });

  it('drops, repeats and enlarges events by their numbers', async () => {
    const faults = { drop: [1], repeat: [2], oversize: { at: 3, bytes: 5_000 } };
    await open({ answer: { text: 'a b c' }, events: faults });
    const events = (await (await post(CHAT.path, { stream: true })).text()).split('\n\n');
    const contents = events.map((event) => /"content":"(.*?)"/.exec(event)?.[1]);
    assert.deepEqual(contents.slice(0, 4), ['', ' b', ' b', ' c']);
    assert.ok((events[3]?.length ?? 0) > 5_000);
  });

  it('sends frames with wrong checksums', async () => {
    await open({ answer: { text: 'a b' }, events: { wrongChecksum: [1] } });
    const bytes = new Uint8Array(await (await post(BEDROCK.streamPath ?? '')).arrayBuffer());
    assert.throws(() => readStream(BEDROCK, bytes), /wrong checksum/);
  });

  it('packs bodies, rightly or not', async () => {
    await open({ gzip: 'right', times: 1 }, { gzip: 'corrupt' });
    assert.match(await (await post(CHAT.path)).text(), /scripted provider/);
    await assert.rejects(async () => (await post(CHAT.path)).text());
  });

  for (const ending of ['cut', 'reset', 'half-close'] as const) {
    it(`breaks off: ${ending}`, async () => {
      await open({ cutAfterBytes: 20, ending });
      const reply = await post(CHAT.path, { stream: true });
      await assert.rejects(reply.text(), TypeError);
      assert.ok(provider.billed.output > 0, 'what was made is billed');
    });
  }

  for (const [name, rule] of Object.entries({
    'after some bytes': { cutAfterBytes: 20, ending: 'stall' },
    'before its headers': { simulate: { faults: [{ kind: 'stall' }], firstTokenMs: 0 } },
    'for a while': { delayMs: 3_600_000 },
  } satisfies Record<string, Behaviour>)) {
    it(`is silent ${name}, until the caller goes`, async () => {
      await open(rule);
      const gone = new AbortController();
      const reply = fetch(provider.baseUrl + CHAT.path, {
        method: 'POST',
        body: JSON.stringify({ model: 'm', messages: [{ role: 'user', content: 'Hi' }] }),
        signal: gone.signal,
      }).then((response) => response.text());
      while (provider.requests.length === 0) await new Promise(setImmediate);
      gone.abort();
      await assert.rejects(reply, { name: 'AbortError' });
    });
  }

  it('trickles: the same bytes, a few at a time', async () => {
    await open({ body: 'slowly', trickle: { bytes: 2, everyMs: 5 } });
    const startedAt = performance.now();
    assert.equal(await (await post(CHAT.path)).text(), 'slowly');
    assert.ok(performance.now() - startedAt >= 9, 'three pieces have two pauses');
  });

  it("plays the simulator's scripts, its faults too", async () => {
    await open({
      simulate: { tokensPerSecond: 'max', firstTokenMs: 0, faults: [{ kind: 'status', status: 500, every: 2 }] },
    });
    const call = { model: 'm', messages: [{ role: 'user', content: 'Hi' }] };
    const statuses = [];
    for (let count = 0; count < 4; count++) statuses.push((await post(CHAT.path, call)).status);
    assert.equal(statuses.filter((status) => status === 500).length, 2);
    assert.ok(provider.billed.input > 0 && provider.billed.output > 0);
  });
});

describe('scenarios', () => {
  it('reads the example of the documentation', () => {
    assert.ok(parseScenario(readExample()).rules.length > 3);
  });

  it('names every fault', () => {
    const read = () => parseScenario('rules: [{ status: 99, wehn: {} }, { ending: explode }]');
    assert.throws(read, (thrown) => thrown instanceof UsageError && thrown.message.split('\n').length === 3);
    assert.throws(read, /scenario\.rules\.0\.status: must be >= 200/);
    assert.throws(read, /additional properties \(wehn\)/);
    for (const text of ['', 'rules: []', 'rules: [{]']) assert.throws(() => parseScenario(text), UsageError);
  });
});

describe('kanmon provider', () => {
  const folder = mkdtempSync(join(tmpdir(), 'kanmon-provider-'));
  after(() => rmSync(folder, { recursive: true }));

  it('serves until it is interrupted, and says what was billed', async () => {
    const stop = new AbortController();
    stop.abort();
    const { exitCode, stderr } = await runCli(['provider'], { interruption: () => stop.signal });
    assert.equal(exitCode, 0);
    assert.match(stderr, /listening on http:\/\/127\.0\.0\.1:\d+, until interrupted\n0 requests; 0 input and 0 output/);
  });

  it('refuses what it cannot read', async () => {
    const file = join(folder, 'wrong.yaml');
    writeFileSync(file, 'rules: [{ statsu: 1 }]');
    for (const args of [[file], [join(folder, 'none.yaml')], ['--port', 'x']]) {
      const { exitCode, stderr } = await runCli(['provider', ...args]);
      assert.equal(exitCode, 2);
      assert.match(stderr, /statsu|cannot be read|0 to 65535/);
    }
  });
});

function readExample(): string {
  const blocks = readFileSync('docs/provider.md', 'utf8').matchAll(/```yaml\n(.*?)```/gs);
  return [...blocks].map(([, yaml = '']) => yaml).find((yaml) => yaml.startsWith('rules:')) ?? '';
}

interface Read {
  readonly message: ChatMessage;
  readonly finishReason: FinishReason | undefined;
  readonly usage: Usage | undefined;
}

function readStream({ dialectId, framing = 'sse' }: Place, bytes: Uint8Array): Read {
  const dialect = DIALECTS.get(dialectId) ?? assert.fail();
  const limits = { heldBytes: 1 << 18, heldFrames: 64 };
  const framer = openFramer(framing, { maxFrameBytes: 1 << 20 });
  const pipeline = new Pipeline(framer, dialect.openStream(makeTarget(dialectId)), limits);
  const fold = new StreamFold();
  const take = (events: readonly StreamEvent[]) => fold.pushAll(events);
  pipeline.push(bytes, take);
  pipeline.end(take);
  const { finishReason, usage } = fold.finished() ?? {};
  return { message: fold.message(), finishReason, usage };
}

function checkAnswer({ message, finishReason, usage }: Read): void {
  const texts = message.parts.flatMap(({ content }) => (content?.$case === 'text' ? [content.value.text] : []));
  const calls = message.parts.flatMap(({ content }) => (content?.$case === 'toolCall' ? [content.value] : []));
  assert.equal(texts.join(''), ANSWER.text);
  assert.deepEqual(
    calls.map(({ name }) => name),
    ['weather'],
  );
  assert.deepEqual(JSON.parse(calls[0]?.input?.value ?? ''), ANSWER.toolCalls[0].arguments);
  assert.equal(finishReason?.kind, 'FINISH_KIND_TOOL_CALLS');
  assert.deepEqual([usage?.inputTokens, usage?.outputTokens], [11, 7]);
}
