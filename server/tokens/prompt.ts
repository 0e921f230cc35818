/** What of a generation is sent as input: its texts, and tokens for the rest by rules of thumb. Pure. */
import {
  type ChatMessage,
  type DocumentPart,
  type Generation,
  ImageDetail,
  type ImagePart,
  type Part,
  type Tool,
  type ToolResultContent,
} from '../model/wire.ts';

/** The input of a generation. */
export interface Prompt {
  readonly texts: readonly string[];
  /** Tokens of what is no text, and of the frame around messages and tools. */
  readonly otherTokens: number;
}

// OpenAI's cookbook, "How to count tokens with tiktoken", seen 2026-11-24: three tokens around each message and three
// before the answer; a function's frame is 7 to 10 tokens, with 3 more a property.
const TOKENS_PER_MESSAGE = 3;
const TOKENS_BEFORE_ANSWER = 3;
const TOKENS_PER_TOOL = 10;

// https://platform.openai.com/docs/guides/images-vision, seen 2026-11-24: 85 tokens, and 170 for each of the four tiles of
// a square of 1024 pixels. Anthropic's width × height / 750 gives 1,400 for the same image: the middle of the field.
const TOKENS_PER_IMAGE = 765;
const TOKENS_PER_SMALL_IMAGE = 85;

// Sound: 10 tokens a second (OpenAI), at 16 kB a second of compressed sound. Video: 258 a second (Gemini), at 250 kB.
// Documents: 2,000 tokens a page (Anthropic: 1,500 to 3,000), at 50 kB a page. A URI stands for one page, or ten seconds.
const SOUND_BYTES_PER_TOKEN = 1600;
const VIDEO_BYTES_PER_TOKEN = 970;
const DOCUMENT_BYTES_PER_TOKEN = 25;
const TOKENS_PER_SOUND_URI = 100;
const TOKENS_PER_VIDEO_URI = 2580;
const TOKENS_PER_DOCUMENT_URI = 2000;

/** Bytes of which nothing is known but that they are sent. */
const OPAQUE_BYTES_PER_TOKEN = 4;

/** Takes a generation apart. */
export function collectPrompt(generation: Generation): Prompt {
  const prompt = { texts: [] as string[], otherTokens: TOKENS_BEFORE_ANSWER };
  for (const message of generation.messages) addMessage(message, prompt);
  for (const tool of generation.tools) addTool(tool, prompt);
  const format = generation.responseFormat?.format;
  if (format?.$case === 'jsonSchema') prompt.texts.push(format.value.schemaJson);
  return prompt;
}

interface OpenPrompt {
  readonly texts: string[];
  otherTokens: number;
}

function addMessage({ parts }: ChatMessage, prompt: OpenPrompt): void {
  prompt.otherTokens += TOKENS_PER_MESSAGE;
  for (const part of parts) addPart(part, prompt);
}

function addPart({ content }: Part, prompt: OpenPrompt): void {
  switch (content?.$case) {
    case 'text':
    case 'reasoning':
    case 'refusal':
      prompt.texts.push(content.value.text);
      return;
    case 'toolCall':
      prompt.texts.push(content.value.name, content.value.input?.value ?? '');
      return;
    case 'toolResult':
      for (const piece of content.value.content) addResultPiece(piece, prompt);
      return;
    case 'image':
      prompt.otherTokens += imageTokens(content.value);
      return;
    case 'document':
      addDocument(content.value, prompt);
      return;
    case 'audio':
      prompt.otherTokens += mediaTokens(content.value.source, SOUND_BYTES_PER_TOKEN, TOKENS_PER_SOUND_URI);
      return;
    case 'video':
      prompt.otherTokens += mediaTokens(content.value.source, VIDEO_BYTES_PER_TOKEN, TOKENS_PER_VIDEO_URI);
      return;
    case 'opaque':
      prompt.otherTokens += Math.ceil(content.value.data.length / OPAQUE_BYTES_PER_TOKEN);
      return;
    default:
      return; // Unset: enter has refused it.
  }
}

function addResultPiece({ content }: ToolResultContent, prompt: OpenPrompt): void {
  if (content?.$case === 'text' || content?.$case === 'json') prompt.texts.push(content.value);
  else if (content?.$case === 'image') prompt.otherTokens += imageTokens(content.value);
  else if (content?.$case === 'document') addDocument(content.value, prompt);
}

function addTool({ kind }: Tool, prompt: OpenPrompt): void {
  prompt.otherTokens += TOKENS_PER_TOOL;
  if (kind?.$case === 'function') {
    prompt.texts.push(kind.value.name, kind.value.description, kind.value.parametersJson);
  } else if (kind?.$case === 'custom') {
    prompt.texts.push(kind.value.name, kind.value.description, kind.value.grammar?.definition ?? '');
  } else if (kind?.$case === 'provider') {
    prompt.texts.push(kind.value.definitionJson);
  }
}

function imageTokens({ detail }: ImagePart): number {
  return detail === ImageDetail.LOW ? TOKENS_PER_SMALL_IMAGE : TOKENS_PER_IMAGE;
}

function addDocument({ source, mediaType, title }: DocumentPart, prompt: OpenPrompt): void {
  prompt.texts.push(title);
  if (source?.$case === 'data' && mediaType.startsWith('text/'))
    prompt.texts.push(new TextDecoder().decode(source.value));
  else prompt.otherTokens += mediaTokens(source, DOCUMENT_BYTES_PER_TOKEN, TOKENS_PER_DOCUMENT_URI);
}

function mediaTokens(source: DocumentPart['source'], bytesPerToken: number, tokensPerUri: number): number {
  return source?.$case === 'data' ? Math.ceil(source.value.length / bytesPerToken) : tokensPerUri;
}
