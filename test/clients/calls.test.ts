import assert from 'node:assert/strict';
import { type CompleteRequest, type EmbedRequest, EmbedResponse, ListModelsResponse, textOf } from '@kanmon/client';
import { ClientRig, failure, REQUEST, untilAborted } from '../support/client-rig.ts';
import { answer, failCall } from '../support/scripted-gateway.ts';

describe('client: calls', () => {
  const rig = new ClientRig();
  afterEach(() => rig.close());

  describe('complete', () => {
    it('sends what was written, a request id and the size of reply that it takes', async () => {
      let seen: CompleteRequest | undefined;
      const client = await rig.connect({
        complete: async (request) => {
          seen = request;
          return answer('Hi');
        },
      });
      const reply = await client.complete({ ...REQUEST, options: { tags: { feature: 'search' } } });
      assert.equal(textOf(reply.message), 'Hi');
      assert.deepEqual(seen?.generation?.messages.map(textOf), ['Hello']);
      assert.deepEqual(seen.options?.tags, { feature: 'search' });
      assert.match(seen.options.requestId, /^[0-9a-f-]{36}$/);
      assert.equal(seen.options.maxReplyBytes, 64 * 1024 * 1024);
    });

    it('keeps a request id and a size of reply that the caller names', async () => {
      let seen: CompleteRequest | undefined;
      const client = await rig.connect({
        complete: async (request) => {
          seen = request;
          return answer('');
        },
      });
      await client.complete({ ...REQUEST, options: { requestId: 'mine', maxReplyBytes: 1000 } });
      assert.equal(seen?.options?.requestId, 'mine');
      assert.equal(seen.options.maxReplyBytes, 1000);
    });

    it('takes a reply of more than the 4 MiB of stock clients', async () => {
      const text = 'x'.repeat(5 * 1024 * 1024);
      const client = await rig.connect({ complete: async () => answer(text) });
      assert.equal(textOf((await client.complete(REQUEST)).message).length, text.length);
    });

    it('sends metadata along', async () => {
      let seen: string | undefined;
      const client = await rig.connect({
        complete: async (_, { metadata }) => {
          seen = metadata.get('traceparent');
          return answer('');
        },
      });
      await client.complete(REQUEST, { metadata: { traceparent: '00-1-2-01' } });
      assert.equal(seen, '00-1-2-01');
    });
  });

  describe('errors', () => {
    it('say everything that the gateway said', async () => {
      const violations = [{ field: 'generation.messages', description: 'there must be one: add it' }];
      const client = await rig.connect({
        complete: async (_, context) => {
          throw failCall(context, 'INVALID_REQUEST', {
            violations,
            metadata: { field: 'messages' },
            quota: { subject: 'client:checkout', description: 'none' },
            failure: { outputDelivered: true, lastSequence: 7 },
            attempts: 2,
          });
        },
      });
      const error = await failure(client.complete(REQUEST));
      assert.equal(error.code, 'INVALID_ARGUMENT');
      assert.equal(error.reason, 'INVALID_REQUEST');
      assert.equal(error.message, 'scripted: INVALID_REQUEST');
      assert.equal(error.callId, 'call-1');
      assert.equal(error.pushbackMs, -1);
      assert.equal(error.retryAfterMs, undefined);
      assert.deepEqual(error.violations, violations);
      assert.deepEqual(error.quotaViolations, [{ subject: 'client:checkout', description: 'none' }]);
      assert.deepEqual(error.metadata, { callId: 'call-1', attempts: '2', field: 'messages' });
      assert.equal(error.callFailure?.lastSequence, 7);
      assert.match(error.help?.url ?? '', /#invalid_request$/);
      assert.match(error.help?.description ?? '', /BadRequest/);
    });

    it('are TRANSPORT where nobody gave a reason', async () => {
      const client = await rig.connect({});
      const error = await failure(client.complete(REQUEST));
      assert.equal(error.code, 'UNIMPLEMENTED');
      assert.equal(error.reason, 'TRANSPORT');
      assert.equal(error.callId, '');
      assert.equal(error.pushbackMs, undefined);
    });
  });

  describe('deadline and cancellation', () => {
    it('end a call at its deadline, here and there', async () => {
      const there = Promise.withResolvers<void>();
      const client = await rig.connect({ complete: (_, { signal }) => untilAborted(signal, there.resolve) });
      const error = await failure(client.complete(REQUEST, { timeoutMs: 100 }));
      assert.equal(error.code, 'DEADLINE_EXCEEDED');
      assert.equal(error.reason, 'DEADLINE_EXCEEDED');
      await there.promise;
    });

    it("end a call at the client's default deadline", async () => {
      const there = Promise.withResolvers<void>();
      const client = await rig.connect(
        { complete: (_, { signal }) => untilAborted(signal, there.resolve) },
        { defaultTimeoutMs: 50 },
      );
      assert.equal((await failure(client.complete(REQUEST))).code, 'DEADLINE_EXCEEDED');
      await there.promise;
    });

    for (const timeoutMs of [0, -1, Number.NaN, 2 ** 31]) {
      it(`refuse a deadline of ${timeoutMs} ms`, async () => {
        const client = await rig.connect({ complete: async () => answer('') });
        await assert.rejects(client.complete(REQUEST, { timeoutMs }), RangeError);
      });
    }

    it('cancel a call at the gateway, with the reason as cause', async () => {
      const there = Promise.withResolvers<void>();
      const caller = new AbortController();
      const client = await rig.connect({
        complete: (_, { signal }) => {
          setImmediate(() => caller.abort(new Error('the user left')));
          return untilAborted(signal, there.resolve);
        },
      });
      const error = await failure(client.complete(REQUEST, { signal: caller.signal }));
      assert.equal(error.code, 'CANCELLED');
      assert.equal(error.reason, 'CANCELLED');
      assert.equal(error.cause, caller.signal.reason);
      await there.promise;
    });

    it('send nothing for a signal that is aborted already', async () => {
      let calls = 0;
      const client = await rig.connect({
        complete: async () => {
          calls += 1;
          return answer('');
        },
      });
      assert.equal((await failure(client.complete(REQUEST, { signal: AbortSignal.abort() }))).code, 'CANCELLED');
      assert.equal(textOf((await client.complete(REQUEST)).message), '');
      assert.equal(calls, 1);
    });
  });

  describe('embed', () => {
    const floats = [
      [1, -2.5],
      [0.1, 3e-8],
    ];

    it('asks for bytes and gives typed arrays', async () => {
      let seen: EmbedRequest | undefined;
      const client = await rig.connect({
        embed: async (request) => {
          seen = request;
          const embeddings = floats.map((values) => ({
            vector: { $case: 'float32Le', value: new Uint8Array(Float32Array.from(values).buffer) } as const,
          }));
          return EmbedResponse.fromPartial({ embeddings, dimensions: 2 });
        },
      });
      const { vectors, dimensions } = await client.embed({
        model: 'embed',
        inputs: ['a', { parts: [{ content: { $case: 'text', value: 'b' } }] }],
      });
      assert.equal(seen?.encoding, 'EMBED_ENCODING_FLOAT32_LE');
      assert.deepEqual(
        seen.inputs.map(({ parts }) => parts[0]?.content?.value),
        ['a', 'b'],
      );
      assert.equal(dimensions, 2);
      assert.deepEqual(
        vectors,
        floats.map((values) => Float32Array.from(values)),
      );
    });

    it('gives the same of packed floats', async () => {
      const client = await rig.connect({
        embed: async () =>
          EmbedResponse.fromPartial({
            embeddings: floats.map((values) => ({ vector: { $case: 'floats', value: { values } } as const })),
          }),
      });
      const { vectors } = await client.embed({ model: 'embed', inputs: ['a'], encoding: 'EMBED_ENCODING_FLOATS' });
      assert.deepEqual(
        vectors,
        floats.map((values) => Float32Array.from(values)),
      );
    });
  });

  it('lists the models of all pages', async () => {
    const sizes: number[] = [];
    const client = await rig.connect({
      listModels: async ({ pageToken, pageSize }) => {
        sizes.push(pageSize);
        const page = Number(pageToken || 0);
        const nextPageToken = page < 2 ? String(page + 1) : '';
        return ListModelsResponse.fromPartial({ models: [{ name: `m${page}` }], nextPageToken });
      },
    });
    const names: string[] = [];
    for await (const { name } of client.models({ pageSize: 1 })) names.push(name);
    assert.deepEqual(names, ['m0', 'm1', 'm2']);
    assert.deepEqual(sizes, [1, 1, 1]);
  });

  it('counts tokens', async () => {
    const client = await rig.connect({
      countTokens: async ({ generation }) => ({ inputTokens: generation?.messages.length ?? 0 }),
    });
    assert.equal((await client.countTokens(REQUEST)).inputTokens, 1);
  });

  it('asks for health', async () => {
    assert.equal(await (await rig.connect({})).health(), 'SERVING');
  });
});
