/** Short ways to write the messages of a request. */
import { type ChatMessage, type EmbedInput, type Part, Role, type Tool, ToolResult } from './gen/index.ts';

/** A system message of one text. */
export function systemText(text: string): ChatMessage {
  return { role: Role.SYSTEM, parts: [textPart(text)] };
}

/** A user message of one text. */
export function userText(text: string): ChatMessage {
  return { role: Role.USER, parts: [textPart(text)] };
}

/** An assistant message of one text: an earlier answer of which nothing else is known. Send real answers back whole. */
export function assistantText(text: string): ChatMessage {
  return { role: Role.ASSISTANT, parts: [textPart(text)] };
}

/** A user message of several parts. */
export function userParts(...parts: readonly Part[]): ChatMessage {
  return { role: Role.USER, parts };
}

/** A part of text. */
export function textPart(text: string): Part {
  return part({ $case: 'text', value: { text, citations: [], logprobs: [] } });
}

/** A part of an image's bytes. */
export function imagePart(data: Uint8Array, mediaType: string): Part {
  return part({
    $case: 'image',
    value: { source: { $case: 'data', value: data }, mediaType, detail: 'IMAGE_DETAIL_UNSPECIFIED' },
  });
}

/** A part of a document's bytes. */
export function documentPart(data: Uint8Array, mediaType: string, filename = ''): Part {
  const source = { $case: 'data', value: data } as const;
  return part({ $case: 'document', value: { source, mediaType, filename, title: '', cite: false } });
}

/** A function that the model may call; `parameters` is the JSON Schema of its arguments, an object. */
export function functionTool(name: string, description: string, parameters?: object, strict?: boolean): Tool {
  const parametersJson = parameters === undefined ? '' : JSON.stringify(parameters);
  return {
    kind: { $case: 'function', value: { name, description, parametersJson, strict } },
    cacheBreakpoint: undefined,
  };
}

/** The results of tools that the model called, each by the id of its call: a text, or any other value as JSON. */
export function toolResults(results: Readonly<Record<string, unknown>>): ChatMessage {
  const parts = Object.entries(results).map(([toolCallId, result]) => {
    const content =
      typeof result === 'string' ? jsonOrText('text', result) : jsonOrText('json', JSON.stringify(result ?? null));
    return part({ $case: 'toolResult', value: ToolResult.fromPartial({ toolCallId, content: [{ content }] }) });
  });
  return { role: Role.TOOL, parts };
}

/** Something to embed: one text. */
export function embedText(text: string): EmbedInput {
  return { parts: [{ content: { $case: 'text', value: text } }] };
}

/** The text of a message: its text parts joined. */
export function textOf(message: ChatMessage | undefined): string {
  const texts = (message?.parts ?? []).map(({ content }) => (content?.$case === 'text' ? content.value.text : ''));
  return texts.join('');
}

function part(content: Part['content']): Part {
  return { content, cacheBreakpoint: undefined, opaqueState: [] };
}

function jsonOrText(kind: 'json' | 'text', value: string) {
  return { $case: kind, value };
}
