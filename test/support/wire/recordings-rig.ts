/** A gateway whose providers play recordings: over real HTTP on the one side, gRPC over mTLS on the other. */

import { ChannelCredentials } from '@grpc/grpc-js';
import {
  type CompleteInput,
  type CompleteResponse,
  GatewayServiceDefinition,
  type KanmonClient,
  KanmonError,
  type StreamEvent,
  StreamFold,
  type StreamResponse,
  toolResults,
  userText,
} from '@kanmon/client';
import { type Client, createChannel, createClient } from 'nice-grpc';
import { startTestGateway, type TestGateway } from '../gateway.ts';
import type { Recording } from '../recordings.ts';
import { openReplayServer, type ReplayedRequest, type ReplayOptions, type ReplaySlot } from '../replay-server.ts';
import type { WireLanguage } from './languages.ts';

/** The ways to ask for a recording: a whole reply, a stream that the gateway folds, vectors. */
export type Way = 'whole' | 'folded' | 'embed';

/** One language's provider, and the gateway in front of it. */
export interface RecordingsRig extends AsyncDisposable {
  readonly client: KanmonClient;
  /** From now on the provider plays this. */
  readonly play: (recording: Recording, options?: ReplayOptions) => void;
  /** Requests that the provider got, all of them. */
  readonly requests: readonly ReplayedRequest[];
  /** The batches of a stream as they come, read without the client's own checks. */
  readonly streamBatches: () => Promise<readonly StreamResponse[]>;
  readonly complete: (way: Way, messages?: Messages) => Promise<CompleteResponse>;
  /** Streams until the end, whatever it is. */
  readonly stream: () => Promise<StreamEnd>;
}

type Messages = NonNullable<NonNullable<CompleteInput['generation']>['messages']>;

/** What came of a stream, and how it ended. */
export interface StreamEnd {
  readonly events: readonly StreamEvent[];
  readonly fold: StreamFold;
  readonly error: KanmonError | undefined;
}

/** Opens a rig for the recordings of one language. */
export async function openRecordingsRig(
  language: WireLanguage,
  recordings: readonly Recording[],
): Promise<RecordingsRig> {
  const server = await openReplayServer();
  const slot = server.openSlot();
  const gateway = await startTestGateway(configFor(language, slot, recordings));
  const { stub, close } = openStub(gateway);
  const messages = [userText('Go on.')];
  return {
    client: gateway.client,
    play: slot.play,
    requests: slot.requests,
    async streamBatches() {
      const batches: StreamResponse[] = [];
      for await (const batch of stub.stream({ generation: { model: 'whole', messages } })) batches.push(batch);
      return batches;
    },
    complete: (way, history = messages) =>
      gateway.client.complete({ generation: { model: way, messages: history, tools: [] } }),
    stream: () => readToEnd(gateway.client.stream({ generation: { model: 'whole', messages } })),
    async [Symbol.asyncDispose]() {
      close();
      await gateway[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
    },
  };
}

/** The conversation that goes on after an answer. */
export function nextTurn({ message }: CompleteResponse, callIds: readonly string[]): Messages {
  const results = Object.fromEntries(callIds.map((id) => [id, 'Done.']));
  const next = callIds.length > 0 ? toolResults(results) : userText('And more.');
  return [userText('Go on.'), ...(message === undefined ? [] : [message]), next];
}

function configFor(language: WireLanguage, slot: ReplaySlot, recordings: readonly Recording[]) {
  const host = language.dialectId === 'anthropic.messages' ? 'anthropic' : 'openai-compatible';
  const provider = { host, baseUrl: slot.baseUrl, apiKey: '$' + '{env:PROVIDER_KEY}' };
  const model = (more: object) => ({
    deployments: [{ provider: 'recorded', model: 'recorded-1', ...more }],
    retry: { attempts: 1 },
    allow: { opaqueItems: [...itemTypesOf(recordings)] },
  });
  const embed = language.dialectId === 'openai.chat' ? { embed: model({ vectorSpace: 'recorded' }) } : {};
  return {
    providers: { recorded: provider },
    models: { whole: model({}), folded: model({ completeVia: 'stream' }), ...embed },
  };
}

/** Every type that anything in the recordings has: whatever is replayable shall be let back. */
function itemTypesOf(recordings: readonly Recording[]): ReadonlySet<string> {
  return new Set(recordings.flatMap(({ text }) => text.match(/(?<="type":\s*")[a-z_]+/g) ?? []));
}

async function readToEnd(stream: AsyncIterable<StreamEvent>): Promise<StreamEnd> {
  const events: StreamEvent[] = [];
  const fold = new StreamFold();
  try {
    for await (const event of stream) {
      events.push(event);
      fold.push(event);
    }
    return { events, fold, error: undefined };
  } catch (thrown) {
    if (!(thrown instanceof KanmonError)) throw thrown;
    return { events, fold, error: thrown };
  }
}

interface Stub {
  readonly stub: Client<typeof GatewayServiceDefinition>;
  readonly close: () => void;
}

function openStub({ address, authority, caller }: TestGateway): Stub {
  const [ca, key, cert] = [authority.cert, caller.key, caller.cert].map((pem) => Buffer.from(pem));
  const channel = createChannel(address, ChannelCredentials.createSsl(ca, key, cert), {
    'grpc.ssl_target_name_override': 'localhost', // Node 26 refuses an address as the name that TLS asks for.
  });
  return { stub: createClient(GatewayServiceDefinition, channel), close: () => channel.close() };
}
