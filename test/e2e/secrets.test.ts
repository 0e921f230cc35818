/**
 * Invariant I16: keys, prompts and replies are where they belong and nowhere else. One gateway, one call of every kind and
 * fault; then its log, its metrics, its spans and every status that it sent are searched.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type CompleteInput, KanmonError, userText } from '@kanmon/client';
import { PROVIDER_KEY, startTestGateway, type TestGateway } from '../support/gateway.ts';
import type { Recording } from '../support/recordings.ts';
import { openReplayServer, type ReplayOptions, type ReplayServer, type ReplaySlot } from '../support/replay-server.ts';
import { openSpanCollector, type SpanCollector } from '../support/span-collector.ts';
import { until } from '../support/until.ts';

// Plain words: no pattern could tell them from a message.
const PROMPT = 'velvet otters sign the quiet ledger';
const REPLY = 'amber lighthouses hum at noon';
const WORD = 'plum4711'; // Short enough for a JSON parser to quote it whole.
const END_USER = 'canary-end-user-81f3';
const SESSION = 'canary-session-77ab';
const PORTAL_TOKEN = 'canary-portal-token-5a4b3c2d1e';

const KEYS = [PROVIDER_KEY, PORTAL_TOKEN];
const CONTENT = [PROMPT, REPLY, WORD];

interface Scenario {
  readonly name: string;
  readonly body: string;
  readonly options?: ReplayOptions;
  /** Reason of the failure where it is whole; where it is streamed, if that differs. Absent: it ends well. */
  readonly reason?: string;
  readonly streamed?: string;
}

const HTML = { 'content-type': 'text/html' };
const SSE = { 'content-type': 'text/event-stream' };
const BOTH_KEYS = KEYS.join(' and ');

const SCENARIOS: readonly Scenario[] = [
  { name: 'a reply', body: chatReply(REPLY) },
  { name: 'a reply of a model that is named like the key', body: chatReply(REPLY, PROVIDER_KEY) },
  { name: 'a reply of a model that is named like the prompt', body: chatReply(REPLY, PROMPT) },
  {
    name: 'a 400 that quotes the keys',
    body: errorBody(`You sent ${BOTH_KEYS} and that is wrong.`, { code: PROVIDER_KEY, param: PORTAL_TOKEN }),
    options: { status: 400 },
    reason: 'UPSTREAM_REJECTED',
  },
  {
    name: 'a 400 whose text is cut within a key',
    body: errorBody(`${'x '.repeat(250)}${PORTAL_TOKEN}`),
    options: { status: 400 },
    reason: 'UPSTREAM_REJECTED',
  },
  {
    name: 'a 401 that quotes the key',
    body: errorBody(`Incorrect API key provided: ${PROVIDER_KEY}. ${PROMPT}`),
    options: { status: 401 },
    reason: 'UPSTREAM_CREDENTIALS',
  },
  {
    name: 'a 429 in plain text',
    body: `slow down, ${PROVIDER_KEY}`,
    options: { status: 429, headers: { 'content-type': 'text/plain', 'x-request-id': PROVIDER_KEY } },
    reason: 'UPSTREAM_RATE_LIMITED',
  },
  {
    name: 'a 500 page with the prompt',
    body: `<html><body>${PROMPT} ${REPLY} ${BOTH_KEYS}</body></html>`,
    options: { status: 500, headers: HTML },
    reason: 'UPSTREAM_5XX',
  },
  {
    name: 'a page with status 200',
    body: `<html><body>${PROMPT} ${REPLY} ${BOTH_KEYS}</body></html>`,
    options: { headers: HTML },
    reason: 'UPSTREAM_PROTOCOL',
  },
  {
    name: 'JSON that breaks off',
    body: `{"choices":[{"message":{"content":"${REPLY} ${PROMPT} ${BOTH_KEYS}`,
    reason: 'UPSTREAM_PROTOCOL',
  },
  {
    name: 'a redirect to a place with the key',
    body: '',
    options: { status: 302, headers: { location: `http://127.0.0.1:1/?key=${PROVIDER_KEY}&q=${PROMPT}` } },
    reason: 'UPSTREAM_REDIRECT',
  },
  {
    name: 'a stream that is cut',
    body: `data: ${chatChunk(REPLY)}\n\n`,
    options: { headers: SSE },
    reason: 'UPSTREAM_PROTOCOL',
    streamed: 'UPSTREAM_TRUNCATED',
  },
  {
    name: 'a stream that is reset',
    body: `data: ${chatChunk(REPLY)}\n\n`,
    options: { headers: SSE, ending: 'reset' },
    reason: 'UPSTREAM_RESET',
    streamed: 'UPSTREAM_STREAM_RESET',
  },
  {
    name: 'a stream with an event that is no JSON',
    body: `data: ${chatChunk(REPLY)}\n\ndata: ${PROMPT} ${BOTH_KEYS}\n\n`,
    options: { headers: SSE },
    reason: 'UPSTREAM_PROTOCOL',
  },
  {
    name: 'a stream with an error that quotes the keys',
    body: `data: ${chatChunk(REPLY)}\n\ndata: ${errorBody(`failed for ${BOTH_KEYS}`, { code: PROVIDER_KEY })}\n\n`,
    options: { headers: SSE },
    reason: 'UPSTREAM_PROTOCOL',
    streamed: 'UPSTREAM_STREAM_ERROR',
  },
];

/** Requests that the gateway itself refuses: their texts are the caller's, and still nobody else's. */
const REFUSED: readonly CompleteInput[] = [
  { generation: { ...generation(), providerOptionsJson: { 'openai.chat': `{"x": ${WORD}}` } } },
  { generation: { ...generation(), providerOptionsJson: { 'openai.chat': `{"${PROMPT}": 1}` } } },
  { generation: { ...generation(), tools: [tool(`{"type": ${WORD}`)] } },
  { generation: { ...generation(), messages: [{ role: 'ROLE_UNSPECIFIED', parts: [] }, userText(PROMPT)] } },
  { generation: { ...generation(), providerOptionsJson: { [PROMPT]: PROMPT } } },
  { generation: generation(), options: { requestId: `no id: ${PROMPT}`, tags: { note: `${PROMPT} `.repeat(9) } } },
];

describe('secrets', () => {
  let server: ReplayServer;
  let slot: ReplaySlot;
  let collector: SpanCollector;
  let gateway: TestGateway;
  const statuses: string[] = [];
  const warnings: string[] = [];
  const onWarning = ({ stack = '' }: Error) => warnings.push(stack);
  let calls = 0;

  before(async () => {
    process.on('warning', onWarning);
    server = await openReplayServer();
    slot = server.openSlot();
    collector = await openSpanCollector();
    gateway = await startTestGateway(configFor(slot, collector));
  });

  after(async () => {
    process.off('warning', onWarning);
    await gateway[Symbol.asyncDispose]();
    await collector[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
  });

  const options = { endUser: END_USER, sessionKey: SESSION, receipt: 'RECEIPT_LEVEL_FULL' } as const;

  async function reasonOf(call: Promise<unknown>): Promise<string | undefined> {
    calls += 1;
    const thrown: unknown = await call.then(
      () => undefined,
      (error: unknown) => error,
    );
    if (thrown === undefined) return undefined;
    assert.ok(thrown instanceof KanmonError, 'it failed otherwise than by a status');
    const { message, violations, metadata, callFailure, help } = thrown;
    statuses.push(JSON.stringify({ message, violations, metadata, callFailure, help }));
    return thrown.reason;
  }

  for (const { name, body, options: replay, reason, streamed = reason } of SCENARIOS) {
    it(`survive ${name}`, async () => {
      slot.play(recordingOf(body), { pieces: 3, ...replay });
      const { client } = gateway;
      assert.equal(await reasonOf(client.complete({ generation: generation('whole'), options })), reason);
      assert.equal(
        await reasonOf(client.complete({ generation: generation('folded'), options })),
        foldedReason(streamed),
      );
      assert.equal(await reasonOf(client.stream({ generation: generation('whole'), options }).final()), streamed);
      for (const request of slot.requests) {
        assert.ok(!`${request.path} ${request.body}`.includes(PROVIDER_KEY));
        for (const canary of [END_USER, SESSION]) assert.ok(!request.body.includes(canary), 'only hashes go upstream');
      }
    });
  }

  it('survive requests that are refused', async () => {
    for (const input of REFUSED) {
      assert.match((await reasonOf(gateway.client.complete(input))) ?? '', /^(?:INVALID_REQUEST|OPTION_NOT_ALLOWED)$/);
    }
  });

  it('are in no status', () => {
    assert.ok(statuses.length > SCENARIOS.length, 'calls failed');
    assertNone(statuses.join('\n'), [...KEYS, ...CONTENT, END_USER, SESSION]);
  });

  it('are in no metric', async () => {
    const page = await gateway.metrics();
    assert.ok(page.includes('reason="UPSTREAM_REJECTED"'), 'failures are counted');
    assertNone(page, [...KEYS, ...CONTENT, END_USER, SESSION]);
  });

  it('are in no line of the log, nor in a warning of the process', async () => {
    await until(() => gateway.logs().filter(({ msg }) => msg === 'call').length >= calls);
    const key = readFileSync(join(dirname(gateway.configPath), 'server.key'), 'utf8').split('\n')[1] ?? '';
    assert.ok(key.length > 20, 'a line of the private key');
    assertNone(gateway.logText(), [...KEYS, ...CONTENT, END_USER, SESSION, key]);
    assertNone(warnings.join('\n'), [...KEYS, ...CONTENT, END_USER, SESSION, key]);
  });

  it('are in no span', async () => {
    await until(() => collector.bytes().includes('UPSTREAM_REJECTED'));
    await gateway.gateway.telemetry.shutdown(2000);
    const bytes = collector.bytes();
    assert.ok(bytes.includes('kanmon.call_id'), 'spans of calls came');
    for (const canary of [...KEYS, ...CONTENT, END_USER, SESSION]) assert.ok(!bytes.includes(canary), canary);
  });
});

/** What was delivered is not known to a Complete, so that a break in the midst has no other name. */
function foldedReason(streamed: string | undefined): string | undefined {
  if (streamed === 'UPSTREAM_STREAM_RESET') return 'UPSTREAM_RESET';
  return streamed === 'UPSTREAM_STREAM_ERROR' ? 'UPSTREAM_REJECTED' : streamed;
}

function assertNone(text: string, canaries: readonly string[]): void {
  for (const canary of canaries) {
    const place = text.indexOf(canary);
    assert.ok(place < 0, `${canary} is in …${text.slice(Math.max(0, place - 80), place + 80)}…`);
    // Neither may it come in pieces that a JSON text has escaped, nor without its beginning or end.
    assert.ok(!text.includes(canary.slice(0, -3)), `the beginning of ${canary}`);
    assert.ok(!text.includes(canary.slice(3)), `the end of ${canary}`);
  }
}

function generation(model = 'whole') {
  return { model, messages: [userText(PROMPT)] };
}

function tool(parametersJson: string) {
  return { kind: { $case: 'function', value: { name: 'look', parametersJson } } } as const;
}

function chatReply(content: string, model = 'upstream-1'): string {
  const choices = [{ index: 0, message: { role: 'assistant', content }, finish_reason: 'stop' }];
  return JSON.stringify({ id: 'c', model, choices, usage: { prompt_tokens: 6, completion_tokens: 5 } });
}

function chatChunk(content: string): string {
  return JSON.stringify({ id: 'c', model: 'upstream-1', choices: [{ index: 0, delta: { content } }] });
}

function errorBody(message: string, more: object = {}): string {
  return JSON.stringify({ error: { message, type: 'invalid_request_error', ...more } });
}

function recordingOf(text: string): Recording {
  return { name: 'canary', form: 'reply', bytes: Buffer.from(text), text, chunks: [] };
}

function configFor(slot: ReplaySlot, collector: SpanCollector) {
  const reference = (name: string) => `$\u007benv:${name}}`; // Not a template of JavaScript's.
  const deployments = [{ provider: 'upstream', model: 'upstream-1' }];
  const model = { deployments, retry: { attempts: 1 } };
  return {
    providers: {
      upstream: {
        host: 'openai-compatible',
        baseUrl: slot.baseUrl,
        apiKey: reference('PROVIDER_KEY'),
        headers: { 'x-portal-token': reference('PORTAL_TOKEN') },
      },
    },
    models: { whole: model, folded: { ...model, completeVia: 'stream' } },
    env: { PORTAL_TOKEN },
    more: { telemetry: { otlp: collector.url, sample: '100%' } },
  };
}
