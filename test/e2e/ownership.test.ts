/**
 * Whatever a caller sends, the request to the provider is the gateway's own: the configured model, place and key, our stream
 * flag, no n, nothing stored, and no header but the gateway's. Through the whole gateway, over real gRPC and real HTTP.
 */
import assert from 'node:assert/strict';
import { type CompleteInput, KanmonError } from '@kanmon/client';
import fc from 'fast-check';
import { PROVIDER_KEY, startTestGateway, type TestGateway } from '../support/gateway.ts';
import {
  HARMLESS_MEMBERS,
  hostileEmbed,
  hostileGeneration,
  hostileMetadata,
  hostileOptions,
  LISTED_TOOL_TYPES,
  STOLEN_MEMBERS,
  TURNING_METADATA,
} from '../support/hostile.ts';
import { type Recording, readFixtures } from '../support/recordings.ts';
import {
  openReplayServer,
  type ReplayedRequest,
  type ReplayServer,
  type ReplaySlot,
} from '../support/replay-server.ts';

const MODEL = 'configured-model';
const RUNS = 80;

interface Dialect {
  readonly id: string;
  readonly host: string;
  readonly path: string;
  /** Headers with their exact values; the key's among them. */
  readonly headers: Readonly<Record<string, string>>;
  readonly reply: string;
}

const DIALECTS: readonly Dialect[] = [
  {
    id: 'openai.chat',
    host: 'openai-compatible',
    path: '/chat/completions',
    headers: { authorization: `Bearer ${PROVIDER_KEY}` },
    reply: 'openai-chat/text',
  },
  {
    id: 'anthropic.messages',
    host: 'anthropic',
    path: '/v1/messages',
    headers: { 'x-api-key': PROVIDER_KEY, 'anthropic-version': '2023-06-01' },
    reply: 'anthropic/text',
  },
];

const CONFIGURED_HEADER = { 'x-configured': 'yes' };
const FREE_HEADERS = ['content-length', 'traceparent', 'anthropic-beta'];
const TRACEPARENT = /^00-[0-9a-f]{32}-[0-9a-f]{16}-0[01]$/;
const BETAS = /^(?:mcp-client-2025-11-20|fast-mode-2026-02-01|computer-use-2025-11-24|,)+$/;

describe('what a caller sends', () => {
  for (const dialect of DIALECTS) {
    for (const allowed of ['nothing', 'everything'] as const) {
      describe(`to ${dialect.id}, where the configuration lists ${allowed}`, () => declareDialect(dialect, allowed));
    }
  }
});

function declareDialect(dialect: Dialect, allowed: 'nothing' | 'everything'): void {
  let server: ReplayServer;
  let slot: ReplaySlot;
  let gateway: TestGateway;

  before(async () => {
    server = await openReplayServer();
    slot = server.openSlot();
    gateway = await startTestGateway(configFor(dialect, slot, allowed));
  });

  after(async () => {
    await gateway[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
  });

  /** Makes a call, checks whatever it sent, and says whether it sent anything. */
  async function send(call: () => Promise<unknown>, rules: Rules): Promise<boolean> {
    const before = slot.requests.length;
    const error: unknown = await call().then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    const sent = slot.requests.slice(before);
    assert.ok(sent.length <= 1, 'one call, one request');
    for (const request of sent) checkRequest(request, rules);
    if (sent.length === 0) assert.ok(error instanceof KanmonError && REFUSALS.has(error.code), String(error));
    return sent.length > 0;
  }

  const calls = {
    generation: hostileGeneration('whole', dialect.id),
    options: hostileOptions(),
    metadata: hostileMetadata(),
  };
  async function inOneOfThreeWays(way: 'whole' | 'folded' | 'streamed', request: CompleteInput & Metadata) {
    const { metadata, generation, options } = request;
    const model = generation?.model === 'whole' && way === 'folded' ? 'folded' : (generation?.model ?? '');
    const input = { generation: { ...generation, model }, options: options ?? {} };
    slot.play(fixture(dialect.reply), { pieces: 1 });
    const rules = { dialect, path: dialect.path, streamed: way !== 'whole', configured: slot.baseUrl };
    const { client } = gateway;
    const call =
      way === 'streamed'
        ? () => client.stream(input, { metadata }).final()
        : () => client.complete(input, { metadata });
    return send(call, rules);
  }

  it('never changes the request of a generation', async () => {
    let sent = 0;
    await fc.assert(
      fc.asyncProperty(fc.constantFrom('whole', 'folded', 'streamed'), fc.record(calls), async (way, request) => {
        if (await inOneOfThreeWays(way, request)) sent += 1;
      }),
      { numRuns: RUNS, endOnFailure: true },
    );
    assert.ok(sent >= RUNS / 4, `only ${sent} of ${RUNS} calls were let through: nothing is shown`);
  }).timeout(20_000);

  it('never passes a member that is the gateway’s own, in any spelling', async () => {
    for (const member of STOLEN_MEMBERS) {
      const providerOptionsJson = { [dialect.id]: `{${JSON.stringify(member)}:true}` };
      const generation = {
        model: 'whole',
        messages: [{ role: 'ROLE_USER', parts: [TEXT] }],
        providerOptionsJson,
      } as const;
      const isSent = await inOneOfThreeWays('streamed', { generation, metadata: {} });
      assert.ok(!isSent || !NEVER_PASS.test(member), `${member} was let through`);
    }
  });

  if (dialect.id === 'openai.chat') {
    it('is not turned by headers of HTTP itself, and goes on being served', async () => {
      const generation = { model: 'whole', messages: [{ role: 'ROLE_USER', parts: [TEXT] }] } as const;
      for (const [name, value] of TURNING_METADATA) {
        slot.play(fixture(dialect.reply), { pieces: 1 });
        const rules = { dialect, path: dialect.path, streamed: false, configured: slot.baseUrl };
        const client = gateway.connect({}); // Its connection may not live through it.
        const before = slot.requests.length;
        await client.complete({ generation }, { metadata: { [name]: value }, timeoutMs: 200 }).catch(() => undefined);
        for (const request of slot.requests.slice(before)) checkRequest(request, rules);
        assert.ok(await send(() => gateway.client.complete({ generation }), rules), `after ${name}`);
      }
    }).timeout(20_000);

    it('never changes the request of an embedding', async () => {
      let sent = 0;
      await fc.assert(
        fc.asyncProperty(hostileEmbed('embed', dialect.id), hostileMetadata(), async (request, metadata) => {
          slot.play(fixture('openai-embeddings/out-of-order'), { pieces: 1 });
          const rules = { dialect, path: '/embeddings', streamed: false, configured: slot.baseUrl };
          if (await send(() => gateway.client.embed(request, { metadata }), rules)) sent += 1;
        }),
        { numRuns: RUNS / 2, endOnFailure: true },
      );
      assert.ok(sent >= RUNS / 8, `only ${sent} calls were let through: nothing is shown`);
    }).timeout(10_000);
    return;
  }

  it('never changes the request of a count', async () => {
    let sent = 0;
    await fc.assert(
      fc.asyncProperty(calls.generation, calls.metadata, async (generation, metadata) => {
        slot.play(COUNT, { pieces: 1 });
        const rules = { dialect, path: '/v1/messages/count_tokens', streamed: false, configured: slot.baseUrl };
        if (await send(() => gateway.client.countTokens({ generation }, { metadata }), rules)) sent += 1;
      }),
      { numRuns: RUNS / 2, endOnFailure: true },
    );
    assert.ok(sent >= RUNS / 8, `only ${sent} calls were let through: nothing is shown`);
  }).timeout(10_000);
}

interface Metadata {
  readonly metadata: Record<string, string>;
}

const TEXT = { content: { $case: 'text', value: { text: 'Hello' } } } as const;

/** In any spelling and dialect, listed or not. */
const NEVER_PASS =
  /^(?:__proto__|constructor|prototype|models?|stream|stream_options|n|store|background|headers|extra_\w+|messages|max_tokens|api_key|base_url)$/i;
/** The configuration refuses to list these. */
const UNLISTABLE = new Set(['model', 'stream', 'stream_options', 'n', 'store', 'headers', 'messages']);
const REFUSALS = new Set(['INVALID_ARGUMENT', 'NOT_FOUND', 'UNIMPLEMENTED', 'FAILED_PRECONDITION']);

const COUNT: Recording = {
  name: 'count',
  form: 'reply',
  bytes: Buffer.from('{"input_tokens":5}'),
  text: '{"input_tokens":5}',
  chunks: [],
};

interface Rules {
  readonly dialect: Dialect;
  readonly path: string;
  readonly streamed: boolean;
  readonly configured: string;
}

function checkRequest(request: ReplayedRequest, rules: Rules): void {
  assert.deepEqual([request.method, request.path], ['POST', rules.path]);
  checkHeaders(request, rules);
  assert.ok(!request.body.includes(PROVIDER_KEY), 'the key is in its header and nowhere else');
  const body = JSON.parse(request.body) as Readonly<Record<string, unknown>>;
  assert.equal(body.model, MODEL);
  assert.equal(body.stream, rules.streamed ? true : undefined);
  assert.notEqual(body.store, true);
  const spellings = Object.keys(body).map((member) => member.toLowerCase());
  assert.equal(new Set(spellings).size, spellings.length, 'hosts that ignore case would read a member twice');
  for (const stolen of ['n', '__proto__', 'headers', 'extra_headers', 'extra_body', 'background', 'store']) {
    assert.ok(!spellings.includes(stolen), stolen);
  }
}

/** Exactly the gateway's own, each once. */
function checkHeaders({ rawHeaders }: ReplayedRequest, { dialect, streamed, configured }: Rules): void {
  const names = rawHeaders.filter((_, index) => index % 2 === 0).map((name) => name.toLowerCase());
  assert.equal(new Set(names).size, names.length, `a header came twice: ${names}`);
  const headers = Object.fromEntries(names.map((name, index) => [name, rawHeaders[2 * index + 1] ?? '']));
  const free = Object.fromEntries(FREE_HEADERS.map((name) => [name, headers[name]]));
  for (const name of FREE_HEADERS) delete headers[name];
  assert.deepEqual(headers, {
    host: new URL(configured).host,
    connection: 'keep-alive',
    'user-agent': 'kanmon',
    accept: streamed ? 'text/event-stream' : 'application/json',
    'accept-encoding': 'identity',
    'content-type': 'application/json',
    ...CONFIGURED_HEADER,
    ...dialect.headers,
  });
  if (free.traceparent !== undefined) assert.match(free.traceparent, TRACEPARENT);
  if (free['anthropic-beta'] !== undefined) assert.match(free['anthropic-beta'], BETAS);
}

function configFor(dialect: Dialect, slot: ReplaySlot, allowed: 'nothing' | 'everything') {
  const members = [...HARMLESS_MEMBERS, ...STOLEN_MEMBERS].filter((name) => !UNLISTABLE.has(name.toLowerCase()));
  const everything = {
    providerOptions: { [dialect.id]: members },
    providerTools: [...LISTED_TOOL_TYPES],
    opaqueItems: ['tool_reference', 'server_tool_use'],
    uris: true,
  };
  const model = (more: object) => ({
    deployments: [{ provider: 'upstream', model: MODEL, ...more }],
    retry: { attempts: 1 },
    ...(allowed === 'everything' && { allow: everything }),
  });
  return {
    providers: {
      upstream: {
        host: dialect.host,
        baseUrl: slot.baseUrl,
        apiKey: '$' + '{env:PROVIDER_KEY}',
        headers: CONFIGURED_HEADER,
      },
    },
    models: {
      whole: model({}),
      folded: model({ completeVia: 'stream' }),
      ...(dialect.id === 'openai.chat' && { embed: model({ vectorSpace: 'space' }) }),
    },
  };
}

function fixture(name: string): Recording {
  const found = readFixtures().find((recording) => recording.name === name && recording.form === 'reply');
  assert.ok(found, `no fixture ${name}`);
  return found;
}
