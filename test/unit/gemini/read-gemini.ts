/**
 * An independent small reader of generateContent: what the pieces of a recording say, joined without any of the gateway's
 * code. Arguments that come leaf by leaf are set into a plain value by their paths.
 */
import { firstJson, type Recording } from '../../support/recordings.ts';

/** What a recording says. */
export interface Said {
  readonly model: string;
  readonly text: string;
  readonly thoughts: string;
  readonly calls: readonly { readonly name: string; readonly args: unknown }[];
  /** Signatures, in the order in which they came. */
  readonly signatures: readonly string[];
  readonly finish: string;
  readonly usage: Counts;
}

/** Counts of the last piece that has some. */
export interface Counts {
  readonly promptTokenCount?: number;
  readonly candidatesTokenCount?: number;
  readonly thoughtsTokenCount?: number;
  readonly cachedContentTokenCount?: number;
  readonly totalTokenCount?: number;
  readonly trafficType?: string;
}

interface WirePart {
  readonly text?: string;
  readonly thought?: boolean;
  readonly thoughtSignature?: string;
  readonly functionCall?: {
    readonly name?: string;
    readonly args?: object;
    readonly partialArgs?: readonly { readonly jsonPath: string; readonly [value: string]: unknown }[];
  };
}

interface Wire {
  readonly candidates?: readonly {
    readonly content?: { readonly parts?: readonly WirePart[] };
    readonly finishReason?: string;
  }[];
  readonly usageMetadata?: Counts;
  readonly modelVersion?: string;
}

/** Whether a recording is an answer in this language: a reply, or the chunks of a stream. */
export function isGemini(recording: Recording): boolean {
  const json = firstJson(recording) as Wire | undefined;
  return Array.isArray(json?.candidates) && (recording.form === 'reply' || recording.form === 'chunks');
}

/** Whether it is an error of Google's. */
export function isGoogleError(recording: Recording): boolean {
  const json = firstJson(recording) as
    | { readonly error?: { readonly status?: string; readonly code?: number } }
    | undefined;
  return typeof json?.error?.status === 'string' && typeof json.error.code === 'number';
}

/** The pieces of a recording, parsed. */
export function piecesOf(recording: Recording): readonly Wire[] {
  const texts = recording.form === 'reply' ? [recording.text] : recording.chunks;
  return texts.map((text) => JSON.parse(text) as Wire);
}

/** What a recording says. */
export function read(recording: Recording): Said {
  const pieces = piecesOf(recording);
  const candidates = pieces.flatMap((piece) => piece.candidates?.[0] ?? []);
  const parts = candidates.flatMap(({ content }) => content?.parts ?? []);
  const texts = (thought: boolean) =>
    parts.filter((part) => (part.thought === true) === thought).map(({ text }) => text ?? '');
  return {
    model: pieces.findLast(({ modelVersion }) => modelVersion !== undefined)?.modelVersion ?? '',
    text: texts(false).join(''),
    thoughts: texts(true).join(''),
    calls: readCalls(parts),
    signatures: parts.flatMap(({ thoughtSignature }) => thoughtSignature ?? []),
    finish: candidates.findLast(({ finishReason }) => finishReason !== undefined)?.finishReason ?? '',
    usage: pieces.findLast(({ usageMetadata }) => usageMetadata?.promptTokenCount !== undefined)?.usageMetadata ?? {},
  };
}

/** Place of the first piece that names a finish reason. */
export function finishOf(recording: Recording): number {
  return piecesOf(recording).findIndex(({ candidates }) => candidates?.[0]?.finishReason !== undefined);
}

function readCalls(parts: readonly WirePart[]): Said['calls'] {
  const calls: { name: string; args: unknown }[] = [];
  for (const { functionCall } of parts) {
    if (functionCall === undefined) continue;
    if (functionCall.name !== undefined) calls.push({ name: functionCall.name, args: functionCall.args ?? {} });
    const call = calls.at(-1);
    for (const { jsonPath, ...rest } of functionCall.partialArgs ?? []) {
      if (call !== undefined) setAt(call, `args${jsonPath.slice(1)}`, rest);
    }
  }
  return calls;
}

interface Holder {
  [name: string]: unknown;
}

/** Sets a leaf, or adds a piece of text to it. */
function setAt(root: Holder, path: string, leaf: Holder): void {
  const steps = path.split(/[.[\]]+/).filter((step) => step !== '');
  const last = steps.pop() ?? '';
  let holder = root;
  for (const [index, step] of steps.entries()) {
    const next = steps[index + 1] ?? last;
    holder[step] ??= /^\d+$/.test(next) ? [] : {};
    holder = holder[step] as Holder;
  }
  const { stringValue, numberValue, boolValue } = leaf;
  const before = holder[last];
  if (typeof stringValue === 'string') holder[last] = (typeof before === 'string' ? before : '') + stringValue;
  else holder[last] = numberValue ?? boolValue ?? null;
}
