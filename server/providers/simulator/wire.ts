/** What the simulator reads of a request in openai-chat's wire. Wrong requests are refused as OpenAI refuses them. */
import { asList, asObject, asText, isJsonObject, type JsonObject } from '../shared/json.ts';
import { estimateTokens } from './tokens.ts';

/** A request that the provider would refuse. */
export class RequestError extends Error {
  readonly status: number;
  /** The field that is wrong; null: none in particular. */
  readonly param: string | null;
  readonly code: string | null;

  constructor(message: string, { status = 400, param = null, code = null }: RefusalDetails = {}) {
    super(message);
    this.status = status;
    this.param = param;
    this.code = code;
  }
}

interface RefusalDetails {
  readonly status?: number;
  readonly param?: string | null;
  readonly code?: string | null;
}

/** A tool that may be called. */
export interface OfferedTool {
  readonly kind: 'function' | 'custom';
  readonly name: string;
  readonly description: string;
  /** JSON Schema of the arguments; undefined: there are none. */
  readonly parameters: unknown;
}

/** Whether tools must be called: not at all, if they fit, at least one. */
export type ToolDemand = 'none' | 'auto' | 'required';

/** One chat request. */
export interface ChatRequest {
  readonly model: string;
  readonly stream: boolean;
  readonly includeUsage: boolean;
  /** Texts of the last user message. */
  readonly prompt: string;
  /** Results of tools after the last user message, as text, oldest first. */
  readonly toolResults: readonly string[];
  /** Those that may be called, tool_choice taken into account. */
  readonly tools: readonly OfferedTool[];
  readonly toolDemand: ToolDemand;
  readonly parallelToolCalls: boolean;
  /** Undefined: no limit. */
  readonly maxTokens: number | undefined;
  readonly stopSequences: readonly string[];
  readonly format: 'text' | 'json_object' | 'json_schema';
  readonly schema: unknown;
  readonly reasoningEffort: string;
  readonly logprobs: boolean;
  readonly topLogprobs: number;
  readonly promptTokens: number;
}

/** Reads a chat request. @throws RequestError */
export function readChatRequest(body: JsonObject): ChatRequest {
  const messages = readMessages(body);
  const lastUser = messages.findLastIndex(({ role }) => role === 'user');
  const format = readFormat(body.response_format);
  return {
    model: readModel(body),
    stream: body.stream === true,
    includeUsage: asObject(body.stream_options)?.include_usage === true,
    prompt: lastUser < 0 ? '' : contentText(messages[lastUser]?.content),
    toolResults: messages
      .slice(lastUser + 1)
      .filter(({ role }) => role === 'tool')
      .map(({ content }) => contentText(content)),
    ...readTools(body),
    parallelToolCalls: body.parallel_tool_calls !== false,
    maxTokens: readPositive(body, 'max_completion_tokens') ?? readPositive(body, 'max_tokens'),
    stopSequences: (typeof body.stop === 'string' ? [body.stop] : asList(body.stop))
      .filter((stop) => typeof stop === 'string' && stop !== '')
      .map(String),
    ...format,
    reasoningEffort: asText(body.reasoning_effort) ?? 'none',
    logprobs: body.logprobs === true,
    topLogprobs: Math.min(readPositive(body, 'top_logprobs') ?? 0, 20),
    promptTokens: countPromptTokens(messages, body.tools),
  };
}

/** Name of the model. @throws RequestError if there is none. */
export function readModel(body: JsonObject): string {
  const model = asText(body.model);
  if (model === undefined || model === '')
    throw new RequestError('you must provide a model parameter', { param: 'model' });
  return model;
}

/** A count of a field that is at least 1; undefined: it is absent. @throws RequestError */
export function readPositive(body: JsonObject, name: string): number | undefined {
  const value = body[name];
  if (value === undefined || value === null) return undefined;
  const least = name === 'top_logprobs' ? 0 : 1;
  if (typeof value === 'number' && Number.isInteger(value) && value >= least) return value;
  throw new RequestError(`Invalid '${name}': expected an integer of at least ${least}.`, {
    param: name,
    code: 'invalid_value',
  });
}

function readMessages(body: JsonObject): readonly JsonObject[] {
  const messages = asList(body.messages);
  if (messages.length === 0) throw new RequestError("Missing required parameter: 'messages'.", { param: 'messages' });
  return messages.map((message, index) => {
    const role = asObject(message)?.role;
    if (isJsonObject(message) && typeof role === 'string' && ROLES.has(role)) return message;
    throw new RequestError(`Invalid value for 'messages[${index}].role'.`, {
      param: `messages[${index}].role`,
      code: 'invalid_value',
    });
  });
}

const ROLES: ReadonlySet<string> = new Set(['system', 'developer', 'user', 'assistant', 'tool', 'function']);

function contentText(content: unknown): string {
  if (typeof content === 'string') return content;
  return asList(content)
    .map((part) => asText(asObject(part)?.text) ?? '')
    .join(' ');
}

function readTools(body: JsonObject): Pick<ChatRequest, 'tools' | 'toolDemand'> {
  const tools = asList(body.tools).map(readTool);
  const choice = body.tool_choice ?? 'auto';
  if (typeof choice === 'string') {
    if (choice !== 'none' && choice !== 'auto' && choice !== 'required') throw invalidChoice();
    if (choice === 'required' && tools.length === 0) throw invalidChoice();
    return { tools: choice === 'none' ? [] : tools, toolDemand: choice };
  }
  const allowed = asObject(asObject(choice)?.allowed_tools);
  if (allowed !== undefined) {
    const names = new Set(asList(allowed.tools).map((tool) => toolName(asObject(tool) ?? {})));
    return {
      tools: tools.filter(({ name }) => names.has(name)),
      toolDemand: allowed.mode === 'required' ? 'required' : 'auto',
    };
  }
  const named = tools.filter(({ name }) => name === toolName(asObject(choice) ?? {}));
  if (named.length === 0) throw invalidChoice();
  return { tools: named, toolDemand: 'required' };
}

function invalidChoice(): RequestError {
  return new RequestError("Invalid value for 'tool_choice'.", { param: 'tool_choice', code: 'invalid_value' });
}

function readTool(tool: unknown, index: number): OfferedTool {
  const definition = asObject(tool) ?? {};
  const name = toolName(definition);
  if (name === '')
    throw new RequestError(`Missing required parameter: 'tools[${index}].function.name'.`, {
      param: `tools[${index}]`,
    });
  const inner = asObject(definition.function) ?? asObject(definition.custom) ?? {};
  const kind = definition.type === 'custom' ? 'custom' : 'function';
  return { kind, name, description: asText(inner.description) ?? '', parameters: inner.parameters };
}

function toolName(definition: JsonObject): string {
  return asText((asObject(definition.function) ?? asObject(definition.custom))?.name) ?? '';
}

function readFormat(written: unknown): Pick<ChatRequest, 'format' | 'schema'> {
  const format = asObject(written);
  const type = format?.type ?? 'text';
  if (type === 'text' || type === 'json_object') return { format: type, schema: undefined };
  const schema = asObject(format?.json_schema)?.schema;
  if (type === 'json_schema' && schema !== undefined) return { format: type, schema };
  throw new RequestError("Invalid value for 'response_format'.", { param: 'response_format', code: 'invalid_value' });
}

const MESSAGE_OVERHEAD_TOKENS = 4; // As OpenAI's own counting guide has it, roughly.
const MEDIA_TOKENS = 85; // Of a small image; the simulator looks at none.

function countPromptTokens(messages: readonly JsonObject[], tools: unknown): number {
  let tokens = tools === undefined ? 0 : estimateTokens(JSON.stringify(tools));
  for (const { content } of messages) {
    const media = asList(content).filter((part) => asObject(part)?.type !== 'text').length;
    tokens += MESSAGE_OVERHEAD_TOKENS + estimateTokens(contentText(content)) + media * MEDIA_TOKENS;
  }
  return tokens;
}
