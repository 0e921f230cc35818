/** Rows 65 and 66: streams whose bytes are cut anywhere, whose lines end oddly, and which report errors under status 200. */
import { deepStrictEqual, strictEqual } from 'node:assert/strict';
import { chunkOf, event, STREAM_HEAD, textEvent } from '../support/chat-wire.ts';
import { type ExpectedFault, type FaultRig, generation, readText, startFaultRig } from '../support/fault-rig.ts';
import { steps } from '../support/misbehaving-server.ts';
import { httpChunk } from '../support/raw-server.ts';

const TEXT = 'Grüße, 世界 👩‍👩‍👧 – «fin»';
const PATIENT = { timeouts: { firstToken: '5s', idle: '5s' } };
const CLOSE_HEAD = 'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n';
const WHOLE = sse('\n', chunkOf({ content: TEXT }), chunkOf({}, 'stop'), '[DONE]');

/** The same stream in every form that the standard knows. */
const FORMS: Readonly<Record<string, string>> = {
  CRLF: sse('\r\n', chunkOf({ content: TEXT }), chunkOf({}, 'stop'), '[DONE]'),
  CR: sse('\r', chunkOf({ content: TEXT }), chunkOf({}, 'stop'), '[DONE]'),
  BOM: `\ufeff${WHOLE}`,
  comments: `: ping\n\n${WHOLE.replaceAll('\n\n', '\n\n: keep-alive\n\nevent: ping\n\nretry: 3000\n\nid: 7\n\n')}`,
  'several-data-lines': `data: ${JSON.stringify(chunkOf({ content: TEXT }), null, 2).replaceAll('\n', '\ndata: ')}\n\n${sse('\n', chunkOf({}, 'stop'))}`,
  'no-space': WHOLE.replaceAll('data: ', 'data:'),
};

const SAID = { error: { message: 'The server had an error', type: 'server_error', code: 'server_error' } };
const ERRORS: Readonly<Record<string, string>> = {
  'error-object': event(SAID),
  'error-event': httpChunk(`event: error\ndata: ${JSON.stringify(SAID)}\n\n`),
};

describe('rows 65 and 66: odd streams', () => {
  let rig: FaultRig;

  before(async () => {
    rig = await startFaultRig({
      bytewise: { script: () => [steps.send(CLOSE_HEAD), steps.trickle(WHOLE, 1, 0), steps.end], model: PATIENT },
      'cut-in-character': {
        script: () => [
          steps.send(CLOSE_HEAD + sse('\n', chunkOf({ content: 'one ' }))),
          steps.send(cutInCharacter()),
          steps.end,
        ],
      },
      ...Object.fromEntries(
        Object.entries(FORMS).map(([name, text]) => [
          name,
          { script: () => [steps.send(CLOSE_HEAD), steps.trickle(text, 7, 0), steps.end], model: PATIENT },
        ]),
      ),
      ...Object.fromEntries(
        Object.entries(ERRORS).flatMap(([name, said]) => [
          [`${name}-first`, { script: () => [steps.send(STREAM_HEAD + said), steps.stall] }],
          [`${name}-later`, { script: () => [steps.send(STREAM_HEAD + textEvent('one ') + said), steps.stall] }],
        ]),
      ),
      recovers: {
        script: (_request, index) => [
          steps.send(index === 0 ? STREAM_HEAD + event(SAID) : CLOSE_HEAD + WHOLE),
          index === 0 ? steps.stall : steps.end,
        ],
        attempts: 2,
      },
    });
  });

  after(() => rig[Symbol.asyncDispose]());

  afterEach(() => rig.assertQuiet());

  async function textOf(model: string): Promise<string> {
    let text = '';
    await readText(rig.client.stream(generation(model)), (piece) => {
      text += piece;
    });
    return text;
  }

  it('row 65: characters that are cut at every byte are joined exactly', async () => {
    strictEqual(await textOf('bytewise'), TEXT);
  });

  it('row 65: an end within a character is an end too early', async () => {
    await rig.assertFault(rig.client.stream(generation('cut-in-character')).final(), {
      code: 'UNAVAILABLE',
      reason: 'UPSTREAM_TRUNCATED',
      pushbackMs: -1,
      attempts: ['UPSTREAM_TRUNCATED 200'],
      lastSequence: 2,
    });
  });

  it('row 66: CRLF, CR, a byte order mark, comments and data in several lines are read', async () => {
    const names = Object.keys(FORMS);
    deepStrictEqual(
      await Promise.all(names.map(textOf)),
      names.map(() => TEXT),
    );
  });

  for (const name of Object.keys(ERRORS)) {
    it(`row 66: an ${name} after 200 keeps its reason before output, and ends a stream that has begun`, async () => {
      const first: ExpectedFault = {
        code: 'UNAVAILABLE',
        reason: 'UPSTREAM_5XX',
        pushbackMs: 1000,
        retryAfterMs: 1000,
        attempts: ['UPSTREAM_5XX 200'],
      };
      const later: ExpectedFault = {
        code: 'UNAVAILABLE',
        reason: 'UPSTREAM_STREAM_ERROR',
        pushbackMs: -1,
        attempts: ['UPSTREAM_STREAM_ERROR 200'],
        lastSequence: 2,
      };
      const [, error] = await Promise.all([
        rig.assertFault(rig.client.stream(generation(`${name}-first`)).final(), first),
        rig.assertFault(rig.client.stream(generation(`${name}-later`)).final(), later),
      ]);
      strictEqual(error.metadata.reportedReason, 'UPSTREAM_5XX');
      for (const when of ['first', 'later']) await rig.provider(`${name}-${when}`).connections[0]?.closed;
    });
  }

  it('row 66: before output it is tried again, unseen', async () => {
    strictEqual(await textOf('recovers'), TEXT);
    strictEqual(rig.provider('recovers').requests.length, 2);
  });
});

function sse(lineEnd: string, ...data: readonly unknown[]): string {
  return data
    .map((item) => `data: ${typeof item === 'string' ? item : JSON.stringify(item)}${lineEnd}${lineEnd}`)
    .join('');
}

/** An event up to the middle of a character of four bytes. */
function cutInCharacter(): Uint8Array {
  const bytes = Buffer.from(sse('\n', chunkOf({ content: '👩' })));
  return bytes.subarray(0, bytes.indexOf(Buffer.from('👩')) + 2);
}
