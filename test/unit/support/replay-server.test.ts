/** The tests' own provider tells the truth: what a client gets is the recording, whatever the cuts. */
import assert from 'node:assert/strict';
import { request as httpRequest } from 'node:http';
import { seededRandom } from '../../../server/providers/simulator/random.ts';
import type { Recording } from '../../support/recordings.ts';
import { describeRecordings } from '../../support/recordings.ts';
import {
  cutBytes,
  openReplayServer,
  type ReplayServer,
  replayBody,
  replayStatus,
} from '../../support/replay-server.ts';

const CHAT = ['{"choices":[{"delta":{"content":"é👋"}}]}', '{"choices":[],"usage":{}}'];
const TYPED = ['{"type":"message_start"}', '{"type":"message_stop"}'];

describe('replay server', () => {
  let server: ReplayServer;

  before(async () => {
    server = await openReplayServer(7);
  });

  after(async () => {
    await server[Symbol.asyncDispose]();
  });

  it('sends chunks as events, with [DONE] where the dialect has it', async () => {
    const { body, contentType } = await get(server.serve(chunked('chat', CHAT)).baseUrl);
    assert.equal(contentType, 'text/event-stream; charset=utf-8');
    assert.equal(body, `data: ${CHAT[0]}\n\ndata: ${CHAT[1]}\n\ndata: [DONE]\n\n`);
  });

  it('names the event where the chunks have a type', async () => {
    const { body } = await get(server.serve(chunked('typed', TYPED)).baseUrl);
    assert.equal(body, `event: message_start\ndata: ${TYPED[0]}\n\nevent: message_stop\ndata: ${TYPED[1]}\n\n`);
  });

  it('cuts the bytes into many pieces, and keeps as many as it is told to', async () => {
    const replay = server.serve(chunked('chat', CHAT), { pieces: 40 });
    assert.ok((await get(replay.baseUrl)).pieces > 5);
    const cut = await get(server.serve(chunked('chat', CHAT), { keepBytes: 10 }).baseUrl);
    assert.equal(cut.body, 'data: {"ch');
  });

  it('records what it was asked', async () => {
    const replay = server.serve(chunked('chat', CHAT));
    await get(`${replay.baseUrl}/chat/completions?x=1`, '{"a":1}');
    assert.deepEqual(
      replay.requests.map(({ method, path, body }) => ({ method, path, body })),
      [{ method: 'POST', path: '/chat/completions?x=1', body: '{"a":1}' }],
    );
    assert.equal(replay.requests[0]?.headers['content-type'], 'application/json');
  });

  it('finds the status of a reply', () => {
    const reply = (name: string, text: string): Recording => ({ ...chunked(name, []), form: 'reply', text });
    assert.equal(replayStatus(reply('acme/chat-text.1', '{"choices":[]}')), 200);
    assert.equal(replayStatus(reply('acme/429-retry', '{}')), 429);
    assert.equal(replayStatus(reply('acme/refused', '{"error":{"message":"no"}}')), 400);
  });

  it('cuts bytes so that they join again', () => {
    const bytes = Buffer.from('häuser 👋');
    for (let seed = 0; seed < 50; seed++) {
      assert.deepEqual(Buffer.concat(cutBytes(bytes, 1 + (seed % 20), seededRandom(seed))), bytes);
    }
  });

  describeRecordings(
    'recordings over HTTP',
    ({ form, bytes }) => form !== 'binary' && bytes.length < 20_000,
    (recordings) => {
      for (const recording of recordings) {
        it(recording.name, async () => {
          const { body, status } = await get(server.serve(recording).baseUrl);
          assert.equal(body, replayBody(recording).body.toString());
          assert.equal(status, replayStatus(recording));
        });
      }
    },
  );
});

function chunked(name: string, chunks: readonly string[]): Recording {
  return { name, form: 'chunks', bytes: Buffer.from(chunks.join('\n')), text: chunks.join('\n'), chunks };
}

interface Got {
  readonly status: number | undefined;
  readonly contentType: string | undefined;
  readonly body: string;
  readonly pieces: number;
}

function get(url: string, body = ''): Promise<Got> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      url,
      { method: 'POST', headers: { 'content-type': 'application/json' } },
      (response) => {
        const pieces: Buffer[] = [];
        response.on('data', (piece: Buffer) => pieces.push(piece));
        response.on('end', () => {
          const contentType = response.headers['content-type'];
          resolve({
            status: response.statusCode,
            contentType,
            body: Buffer.concat(pieces).toString(),
            pieces: pieces.length,
          });
        });
      },
    );
    request.on('error', reject);
    request.end(body);
  });
}
