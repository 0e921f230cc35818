/** Rows 61 to 64: providers that refuse the gateway, refuse the request, send it elsewhere, or talk nonsense. */
import { ok, strictEqual } from 'node:assert/strict';
import { chatReply, errorReply, STREAM_HEAD } from '../support/chat-wire.ts';
import { type ExpectedFault, type FaultRig, generation, PROMPT, startFaultRig } from '../support/fault-rig.ts';
import { PROVIDER_KEY } from '../support/gateway.ts';
import { steps } from '../support/misbehaving-server.ts';
import { httpReply, openRawServer, type RawServer } from '../support/raw-server.ts';

const DENIED = { error: { message: `Incorrect API key provided: ${PROVIDER_KEY}`, code: 'invalid_api_key' } };
/** Words that quote the key, whole and cut, hidden characters and half of an emoji. */
const REJECTED = {
  error: {
    message: `Bad temperature for ${PROVIDER_KEY} (${PROVIDER_KEY.slice(0, 20)}…)\u0000\u202e \ud83d ${'x '.repeat(600)}`,
    type: 'invalid_request_error',
    param: 'temperature',
    code: 'invalid_value',
  },
};
const REDIRECTS = [301, 302, 303, 307, 308];
const HTML = '<html><body>Welcome to the hotel, please sign in</body></html>';

const NONSENSE: Readonly<Record<string, string>> = {
  'an HTML page': httpReply(HTML, 'content-type: text/html\r\n'),
  'cut JSON': httpReply('{"choices": [{"mess', 'content-type: application/json\r\n'),
  'an empty body': httpReply('', 'content-type: application/json\r\n'),
  'a JSON array': httpReply('[1, 2]', 'content-type: application/json\r\n'),
  'no choices': httpReply('{"id": "x"}', 'content-type: application/json\r\n'),
};

describe('rows 61 to 64: providers that refuse', () => {
  let rig: FaultRig;
  let attacker: RawServer;

  before(async () => {
    attacker = await openRawServer((socket) => void socket.end(chatReply('gotcha')));
    const location = `location: http://127.0.0.1:${attacker.port}/v1/chat/completions\r\n`;
    const denies = (status: number) => ({ script: () => [steps.send(errorReply(status, DENIED))] });
    const redirects = (status: number) => ({
      script: () => [steps.send(errorReply(status, '', location))],
      attempts: 3,
    });
    rig = await startFaultRig({
      401: { ...denies(401), attempts: 3 },
      403: denies(403),
      'denied-fallback': { ...denies(401), fallback: true },
      rejects: { script: () => [steps.send(errorReply(400, REJECTED))], attempts: 3 },
      'rejects-fallback': { script: () => [steps.send(errorReply(400, REJECTED))], fallback: true },
      ...Object.fromEntries(REDIRECTS.map((status) => [status, redirects(status)])),
      ...Object.fromEntries(
        Object.entries(NONSENSE).map(([name, reply]) => [slug(name), { script: () => [steps.send(reply)] }]),
      ),
      'bad-event': { script: () => [steps.send(`${STREAM_HEAD}d\r\ndata: {oops\n\n\r\n`), steps.stall] },
    });
  });

  after(async () => {
    await rig[Symbol.asyncDispose]();
    await attacker[Symbol.asyncDispose]();
  });

  afterEach(() => rig.assertQuiet());

  for (const status of ['401', '403']) {
    it(`row 61: ${status} is the gateway's own matter: INTERNAL UPSTREAM_CREDENTIALS, never UNAUTHENTICATED`, async () => {
      const error = await rig.assertFault(rig.client.complete(generation(status)), {
        code: 'INTERNAL',
        reason: 'UPSTREAM_CREDENTIALS',
        pushbackMs: -1,
        attempts: [`UPSTREAM_CREDENTIALS ${status}`],
      });
      ok(!/sk-|Incorrect/.test(error.message), error.message);
      strictEqual(rig.provider(status).requests.length, 1, 'the same key is not tried again');
    });
  }

  it('row 61: another deployment answers, and the refusing one is asked last from then on', async () => {
    for (let call = 0; call < 3; call += 1) {
      strictEqual((await rig.client.complete(generation('denied-fallback'))).provider, 'simulator');
    }
    strictEqual(rig.provider('denied-fallback').requests.length, 1);
  });

  it("row 62: 400 is INVALID_ARGUMENT with the provider's words, cleaned, cut and without the key", async () => {
    const rejected: ExpectedFault = {
      code: 'INVALID_ARGUMENT',
      reason: 'UPSTREAM_REJECTED',
      pushbackMs: -1,
      attempts: ['UPSTREAM_REJECTED 400'],
      message: /^The provider answered 400: Bad temperature for \[redacted\]/,
    };
    const error = await rig.assertFault(rig.client.complete(generation('rejects')), rejected);
    ok(!/[\p{Cc}\p{Cf}]/u.test(error.message), 'no control characters');
    ok(!error.message.includes(PROVIDER_KEY.slice(0, 12)), 'no part of the key either');
    strictEqual(error.metadata.upstreamParam, 'temperature');
    strictEqual(error.metadata.upstreamCode, 'invalid_value');
    await rig.assertFault(rig.client.stream(generation('rejects')).final(), rejected);
    strictEqual(rig.provider('rejects').requests.length, 2, 'once a call');
    await rig.assertFault(rig.client.complete(generation('rejects-fallback')), rejected);
  });

  it('row 63: a redirect is not followed: UPSTREAM_REDIRECT', async () => {
    await Promise.all(
      REDIRECTS.map(async (status) => {
        const redirect: ExpectedFault = {
          code: 'UNAVAILABLE',
          reason: 'UPSTREAM_REDIRECT',
          pushbackMs: 1000,
          retryAfterMs: 1000,
          attempts: [`UPSTREAM_REDIRECT ${status}`],
        };
        await rig.assertFault(rig.client.complete(generation(`${status}`)), redirect);
        await rig.assertFault(rig.client.stream(generation(`${status}`)).final(), redirect);
      }),
    );
    strictEqual(attacker.sockets.length, 0);
  });

  const PROTOCOL: ExpectedFault = {
    code: 'UNAVAILABLE',
    reason: 'UPSTREAM_PROTOCOL',
    pushbackMs: 1000,
    retryAfterMs: 1000,
    attempts: ['UPSTREAM_PROTOCOL 200'],
  };

  for (const name of Object.keys(NONSENSE)) {
    it(`row 64: ${name} with status 200 is UPSTREAM_PROTOCOL, and is not quoted`, async () => {
      // A stream without a byte is one that ended too early; a whole reply without one is none.
      const reason = name === 'an empty body' ? 'UPSTREAM_TRUNCATED' : 'UPSTREAM_PROTOCOL';
      const [error] = await Promise.all([
        rig.assertFault(rig.client.complete(generation(slug(name))), PROTOCOL),
        rig.assertFault(rig.client.stream(generation(slug(name))).final(), {
          ...PROTOCOL,
          reason,
          attempts: [`${reason} 200`],
        }),
      ]);
      ok(!/hotel|mess|\[1/.test(error.message), error.message);
    });
  }

  it('row 64: an event that is no JSON is UPSTREAM_PROTOCOL, and the connection is closed', async () => {
    await rig.assertFault(rig.client.stream(generation('bad-event')).final(), PROTOCOL);
    await rig.provider('bad-event').connections[0]?.closed;
  });

  it('rows 61 to 64: the prompt was sent to the providers and stayed there', () => {
    ok(rig.provider('rejects').requests.every(({ body }) => body.includes(PROMPT)));
  });
});

function slug(name: string): string {
  return name.replaceAll(' ', '-');
}
