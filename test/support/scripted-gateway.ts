/** A gateway that answers what a test says, over mutual TLS on a free port: for clients and for the CLI. */

import { ServerCredentials } from '@grpc/grpc-js';
import { createServer, ServerError, Status } from 'nice-grpc';
import { HealthDefinition, type ServingStatus } from '../../clients/typescript/src/health.ts';
import { type Authority, type CertificatePair, createAuthority } from '../../server/cli/certs/authority.ts';
import { GatewayError, type GatewayErrorDetails } from '../../server/model/errors.ts';
import type { Reason } from '../../server/model/reasons.ts';
import {
  type CallFailure,
  CompleteResponse,
  FinishKind,
  GatewayServiceDefinition,
  type GatewayServiceImplementation,
  StreamResponse,
} from '../../server/model/wire.ts';
import { encodeStatus, toServerError } from '../../server/transport/grpc/status.ts';

/** A running gateway, and what a client needs to call it. */
export interface ScriptedGateway extends CertificatePair {
  readonly address: string;
  readonly ca: string;
  close(): void;
}

/** The RPCs that a gateway answers, and how. */
export type Script = Partial<GatewayServiceImplementation>;
type Trailer = Parameters<typeof toServerError>[1];

/** Certificates for a gateway and its client. */
export interface ScriptedTls {
  readonly ca: string;
  readonly server: CertificatePair;
  readonly client: CertificatePair;
}

let authority: Promise<Authority> | undefined;

/** Starts a gateway; methods that the script lacks are UNIMPLEMENTED. */
export async function startScriptedGateway(
  script: Script,
  { health = 'SERVING', tls }: { readonly health?: ServingStatus; readonly tls?: ScriptedTls } = {},
): Promise<ScriptedGateway> {
  const { ca, server, client } = tls ?? (await issueTls());
  const grpc = createServer();
  grpc.add(GatewayServiceDefinition, { ...UNIMPLEMENTED, ...script });
  grpc.add(HealthDefinition, { check: () => Promise.resolve({ status: health }) });
  const credentials = ServerCredentials.createSsl(
    Buffer.from(ca),
    [{ cert_chain: Buffer.from(server.cert), private_key: Buffer.from(server.key) }],
    true,
  );
  const port = await grpc.listen('127.0.0.1:0', credentials);
  return { address: `127.0.0.1:${port}`, ca, ...client, close: () => grpc.forceShutdown() };
}

async function issueTls(): Promise<ScriptedTls> {
  authority ??= createAuthority();
  const ca = await authority;
  const [server, client] = await Promise.all([ca.issueServer(), ca.issueClient('spiffe://kanmon.local/test')]);
  return { ca: ca.cert, server, client };
}

/** The error by which a gateway fails a call, with everything that the real one puts into it. */
export function failCall(
  context: { readonly trailer: Trailer },
  reason: Reason,
  details: GatewayErrorDetails & { readonly failure?: Partial<CallFailure>; readonly attempts?: number } = {},
): ServerError {
  const error = new GatewayError(reason, `scripted: ${reason}`, details);
  const failure = details.failure === undefined ? undefined : callFailure(details.failure);
  const status = encodeStatus(error, { callId: 'call-1', failure, attempts: details.attempts ?? 0 });
  return toServerError(status, context.trailer);
}

/** A whole answer of one text. */
export function answer(text: string): CompleteResponse {
  return CompleteResponse.fromPartial({
    callId: 'call-1',
    model: 'chat',
    upstreamModel: 'sim-1',
    provider: 'simulator',
    message: { role: 'ROLE_ASSISTANT', parts: [{ content: { $case: 'text', value: { text } } }] },
    finishReason: { kind: FinishKind.STOP, raw: 'stop' },
    usage: { inputTokens: 3, outputTokens: 2, confidence: 'USAGE_CONFIDENCE_REPORTED' },
    cost: { usdNanos: 1500, pricingStatus: 'PRICING_STATUS_PRICED' },
  });
}

/** The same answer as batches of events: one for the start, one a piece, one for the end. */
export function answerBatches(...pieces: readonly string[]): readonly StreamResponse[] {
  const { callId, model, upstreamModel, provider, finishReason, usage, cost } = answer('');
  const started = { $case: 'started', value: { callId, model, upstreamModel, provider } } as const;
  return [
    batch(0, started, { $case: 'textStart', value: { partIndex: 0 } }),
    ...pieces.map((text, index) => batch(2 + index, { $case: 'textDelta', value: { partIndex: 0, text } })),
    batch(
      2 + pieces.length,
      { $case: 'textEnd', value: { partIndex: 0 } },
      { $case: 'finished', value: { finishReason, usage, cost } },
    ),
  ];
}

type EventInput = NonNullable<NonNullable<Parameters<typeof StreamResponse.fromPartial>[0]['events']>[number]['event']>;

/** One batch, its first event numbered. */
export function batch(sequence: number, ...events: readonly EventInput[]): StreamResponse {
  return StreamResponse.fromPartial({ sequence, events: events.map((event) => ({ event })) });
}

const UNIMPLEMENTED: GatewayServiceImplementation = {
  complete: unimplemented,
  embed: unimplemented,
  listModels: unimplemented,
  countTokens: unimplemented,
  // biome-ignore lint/correctness/useYield: it only fails
  async *stream() {
    await unimplemented();
  },
};

function unimplemented(): Promise<never> {
  return Promise.reject(new ServerError(Status.UNIMPLEMENTED, 'not in the script'));
}

function callFailure(failure: Partial<CallFailure>): CallFailure {
  return {
    callId: 'call-1',
    outputDelivered: false,
    attempts: [],
    lastSequence: undefined,
    usage: undefined,
    cost: undefined,
    ...failure,
  };
}
