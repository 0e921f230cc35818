/** AWS's SDK. Its arguments are the wire, but for the model, which is in the path, and for bytes, which are bytes. */
import type {
  BedrockRuntimeClient,
  ContentBlock,
  ConverseCommandInput,
  ConverseStreamCommandInput,
  ConverseStreamOutput,
  TokenUsage,
} from '@aws-sdk/client-bedrock-runtime';
import { bedrockConverse, unwrapChunk } from '../../server/providers/bedrock/index.ts';
import type { Recording } from '../support/recordings.ts';
import { makeTarget } from '../support/targets.ts';
import { readFramesOfAws, writeEvent, writeException } from '../support/wire/event-frames.ts';
import { BEDROCK } from '../support/wire/languages.ts';
import { collect, type Json, parseInput, type Said, type SaidCall, type Sdk } from './sdk.ts';

/** Converse, of Claude. */
export const BEDROCK_CONVERSE: Sdk = { ...converseWith('bedrock', 'eu.anthropic.claude-test-v1:0'), served };

/** Converse, of Nova. */
export const BEDROCK_NOVA: Sdk = converseWith('bedrock-nova', 'amazon.nova-test-v1:0');

/** InvokeModelWithResponseStream, whose frames wrap the model's own. */
export const BEDROCK_INVOKE: Sdk = {
  ...BEDROCK_CONVERSE,
  call: 'InvokeModelWithResponseStreamCommand',
  folder: undefined,
  unwrap: unwrapChunk,
  served: (recording) => (recording.form === 'binary' && isWrapped(recording.bytes) ? recording : undefined),
  async read(baseUrl) {
    const { InvokeModelWithResponseStreamCommand } = await import('@aws-sdk/client-bedrock-runtime');
    const client = await open(baseUrl);
    const { body } = await client.send(new InvokeModelWithResponseStreamCommand({ modelId: 'model-1', body: '{}' }));
    const events = body === undefined ? [] : await collect(body);
    return sayEvents(
      events.map(({ chunk }) => JSON.parse(Buffer.from(chunk?.bytes ?? []).toString()) as ConverseStreamOutput),
    );
  },
};

function converseWith(folder: string, modelId: string): Sdk {
  return {
    package: '@aws-sdk/client-bedrock-runtime',
    call: 'ConverseCommand',
    folder,
    dialect: bedrockConverse,
    target: makeTarget('bedrock.converse', { upstreamModel: modelId }),
    toArgument: (body) => ({ modelId, ...(withBytes(body) as Json) }),
    argumentType: (stream) => `import('@aws-sdk/client-bedrock-runtime').Converse${stream ? 'Stream' : ''}CommandInput`,
    send,
    served: () => undefined,
    read,
  };
}

async function send(baseUrl: string, argument: Json, stream: boolean): Promise<unknown> {
  const { ConverseCommand, ConverseStreamCommand } = await import('@aws-sdk/client-bedrock-runtime');
  const client = await open(baseUrl);
  if (stream) return client.send(new ConverseStreamCommand(argument as unknown as ConverseStreamCommandInput));
  return client.send(new ConverseCommand(argument as unknown as ConverseCommandInput));
}

async function read(baseUrl: string, stream: boolean): Promise<Said> {
  const { ConverseCommand, ConverseStreamCommand } = await import('@aws-sdk/client-bedrock-runtime');
  const client = await open(baseUrl);
  const request = { modelId: 'model-1', messages: [] };
  if (!stream) {
    const { output, stopReason = '', usage } = await client.send(new ConverseCommand(request));
    return { ...sayBlocks(output?.message?.content ?? []), finish: stopReason, ...sayUsage(usage) };
  }
  const { stream: events } = await client.send(new ConverseStreamCommand(request));
  return sayEvents(events === undefined ? [] : await collect(events));
}

/** Base64 as the bytes that it stands for, wherever the SDK has bytes. */
function withBytes(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withBytes);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]: [string, unknown]) => {
      const isBytes = BYTES.has(name) && typeof inner === 'string';
      return [name, isBytes ? Uint8Array.from(Buffer.from(inner, 'base64')) : withBytes(inner)];
    }),
  );
}

const BYTES: ReadonlySet<string> = new Set(['bytes', 'redactedContent']);

/** A stream's events as the frames that Bedrock sends them in (../shared/wire/README.md). */
function served(recording: Recording): Recording | undefined {
  if (recording.form === 'reply') return BEDROCK.kindOf(recording) === 'reply' ? recording : undefined;
  if (recording.form === 'binary') return isWrapped(recording.bytes) ? undefined : recording;
  if (BEDROCK.kindOf(recording) === undefined) return undefined;
  const frames = recording.chunks.map((chunk) => {
    const [[name, payload] = ['', {}]] = Object.entries(JSON.parse(chunk) as Json);
    return name.endsWith('Exception')
      ? writeException(name, JSON.stringify(payload))
      : writeEvent(name, JSON.stringify(payload));
  });
  return { ...recording, form: 'binary', bytes: Buffer.concat(frames) };
}

/** Frames of InvokeModelWithResponseStream have one name, whatever lies in them. */
function isWrapped(bytes: Uint8Array): boolean {
  return readFramesOfAws(bytes)?.some(({ event }) => event === 'chunk') === true;
}

async function open(endpoint: string): Promise<BedrockRuntimeClient> {
  const { BedrockRuntimeClient: Client } = await import('@aws-sdk/client-bedrock-runtime');
  const { NodeHttpHandler } = await import('@smithy/node-http-handler');
  const credentials = { accessKeyId: 'none', secretAccessKey: 'none' };
  return new Client({
    endpoint,
    region: 'eu-west-1',
    credentials,
    maxAttempts: 1,
    requestHandler: new NodeHttpHandler(),
  });
}

function sayBlocks(blocks: readonly ContentBlock[]): Pick<Said, 'text' | 'calls'> {
  return {
    text: blocks
      .map(({ text, citationsContent }) => {
        return text ?? citationsContent?.content?.map((cited) => cited.text ?? '').join('') ?? '';
      })
      .join(''),
    calls: blocks.flatMap(({ toolUse }): readonly SaidCall[] => {
      return toolUse === undefined ? [] : [{ id: toolUse.toolUseId, name: toolUse.name ?? '', input: toolUse.input }];
    }),
  };
}

function sayUsage(usage: TokenUsage | undefined): Pick<Said, 'inputTokens' | 'outputTokens'> {
  const { inputTokens, outputTokens, cacheReadInputTokens = 0, cacheWriteInputTokens = 0 } = usage ?? {};
  const whole = inputTokens === undefined ? undefined : inputTokens + cacheReadInputTokens + cacheWriteInputTokens;
  return { inputTokens: whole, outputTokens };
}

function sayEvents(events: readonly ConverseStreamOutput[]): Said {
  const calls: { id: string | undefined; name: string; json: string }[] = [];
  let text = '';
  for (const { contentBlockStart, contentBlockDelta } of events) {
    const start = contentBlockStart?.start?.toolUse;
    if (start !== undefined) calls.push({ id: start.toolUseId, name: start.name ?? '', json: '' });
    text += contentBlockDelta?.delta?.text ?? '';
    const call = calls.at(-1);
    if (call !== undefined) call.json += contentBlockDelta?.delta?.toolUse?.input ?? '';
  }
  return {
    text,
    calls: calls.map(({ id, name, json }) => ({ id, name, input: json === '' ? {} : parseInput(json) })),
    finish: events.find(({ messageStop }) => messageStop !== undefined)?.messageStop?.stopReason ?? '',
    ...sayUsage(events.find(({ metadata }) => metadata !== undefined)?.metadata?.usage),
  };
}
