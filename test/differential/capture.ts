/** Takes what an SDK sends, by a provider on loopback that answers 400 to everything. */
import assert from 'node:assert/strict';
import type { Recording } from '../support/recordings.ts';
import type { ReplayedRequest, ReplayServer } from '../support/replay-server.ts';

/** The one request that an SDK's call makes. @throws what the SDK throws before it sends anything */
export async function captureCall(
  server: ReplayServer,
  call: (baseUrl: string) => Promise<unknown>,
): Promise<ReplayedRequest> {
  const { baseUrl, requests } = server.serve(NOTHING, { status: 400 });
  const thrown: unknown = await call(baseUrl).then(
    () => undefined,
    (error: unknown) => error,
  );
  const [request, ...others] = requests;
  if (request === undefined) throw thrown;
  assert.ok(thrown instanceof Error, 'the SDK took a 400 for an answer');
  assert.equal(others.length, 0, 'the SDK tried again');
  return request;
}

const NOTHING: Recording = { name: 'none', form: 'reply', bytes: Buffer.from('{}'), text: '{}', chunks: [] };
