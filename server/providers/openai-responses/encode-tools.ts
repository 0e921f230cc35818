/** Encodes tools and the choice among them. */
import {
  type AllowedTools,
  type CustomTool,
  type FunctionTool,
  type Generation,
  GrammarSyntax,
  type ProviderTool,
  type Tool,
  type ToolChoice,
  ToolChoiceMode,
} from '../../model/wire.ts';
import type { Adapter } from '../shared/adapter.ts';
import { invalidField, type JsonObject, parseCallerObject } from '../shared/json.ts';
import { providerToolNotAllowed, readProviderTool } from '../shared/provider-tools.ts';

/** Sets tools, tool_choice and parallel_tool_calls. */
export function encodeTools(body: Record<string, unknown>, generation: Generation, adapter: Adapter): void {
  const { toolChoice, parallelToolCalls } = generation;
  if (generation.tools.length === 0 || !adapter.can('tools', 'generation.tools')) return;
  const tools = generation.tools
    .map((tool, index) => encodeTool(tool, `generation.tools[${index}]`, adapter))
    .filter((tool) => tool !== undefined);
  if (tools.length === 0) return;
  body.tools = tools;
  if (toolChoice !== undefined && adapter.can('toolChoice', CHOICE)) {
    const choice = encodeChoice(toolChoice, { body, tools, adapter });
    if (choice !== undefined) body.tool_choice = choice;
  }
  if (parallelToolCalls !== undefined && adapter.can('parallelToolCalls', 'generation.parallel_tool_calls')) {
    body.parallel_tool_calls = parallelToolCalls;
  }
}

const CHOICE = 'generation.tool_choice';

function encodeTool({ kind }: Tool, field: string, adapter: Adapter): JsonObject | undefined {
  switch (kind?.$case) {
    case 'function':
      return encodeFunction(kind.value, `${field}.function`, adapter);
    case 'custom':
      return encodeCustom(kind.value, `${field}.custom`, adapter);
    case 'provider':
      return encodeProviderTool(kind.value, `${field}.provider`, adapter);
    default:
      throw invalidField(field, 'The tool has no kind.');
  }
}

function encodeFunction({ name, description, parametersJson, strict }: FunctionTool, field: string, adapter: Adapter) {
  const strictly = strict === true ? adapter.can('strictTools', `${field}.strict`) : false;
  const schema =
    parametersJson.trim() === ''
      ? { type: 'object', properties: {}, ...(strictly && { additionalProperties: false, required: [] }) }
      : parseCallerObject(parametersJson, `${field}.parameters_json`);
  return {
    type: 'function',
    name,
    ...(description !== '' && { description }),
    parameters: schema,
    ...(strictly && { strict: true }),
    // Said, as it is not the default: here that is to be strict where the schema allows it.
    ...(strict === false && !adapter.lacks('strictTools') && { strict: false }),
  };
}

const SYNTAXES: ReadonlyMap<GrammarSyntax, string> = new Map([
  [GrammarSyntax.LARK, 'lark'],
  [GrammarSyntax.REGEX, 'regex'],
]);

function encodeCustom({ name, description, grammar }: CustomTool, field: string, adapter: Adapter): JsonObject {
  const syntax = grammar === undefined ? undefined : SYNTAXES.get(grammar.syntax);
  if (grammar !== undefined && syntax === undefined) throw invalidField(`${field}.grammar.syntax`, 'It is not set.');
  const head = { name, ...(description !== '' && { description }) };
  if (adapter.lacks('customTools')) {
    const why = 'The model has no such tools: sent as a function of one text, and called with {"input": …}.';
    adapter.rewrite(field, why);
    if (grammar !== undefined) adapter.drop(`${field}.grammar`, 'Arguments of functions are bound to schemas only.');
    return { type: 'function', ...head, parameters: ONE_TEXT };
  }
  const format = grammar && { type: 'grammar', syntax, definition: grammar.definition };
  return { type: 'custom', ...head, ...(format !== undefined && { format }) };
}

/** Parameters of a function that stands for a custom tool. */
const ONE_TEXT = {
  type: 'object',
  properties: { input: { type: 'string' } },
  required: ['input'],
  additionalProperties: false,
} as const;

function encodeProviderTool(tool: ProviderTool, path: string, adapter: Adapter): JsonObject | undefined {
  const read = readProviderTool(tool, path, adapter);
  if (read === undefined) return undefined;
  const { type } = read.definition;
  if (typeof type === 'string' && adapter.target.allowances.providerTools.has(type)) return read.definition;
  throw providerToolNotAllowed(
    read.field,
    "Tools of this type do not pass; leave it away or have the type listed in the model's configuration.",
  );
}

interface ChoiceContext {
  readonly body: Record<string, unknown>;
  readonly tools: readonly JsonObject[];
  readonly adapter: Adapter;
}

/** The choice in the provider's form; undefined if it is left out. */
function encodeChoice({ choice }: ToolChoice, context: ChoiceContext): unknown {
  if (isForced(choice) && !context.adapter.can('forcedToolChoice', CHOICE)) return undefined;
  switch (choice?.$case) {
    case 'mode':
      return encodeMode(choice.value, `${CHOICE}.mode`);
    case 'name': {
      const tool = findTool(choice.value, `${CHOICE}.name`, context);
      return tool && reference(tool);
    }
    case 'allowed':
      return encodeAllowed(choice.value, context);
    default:
      throw invalidField(CHOICE, 'It has no choice.');
  }
}

function isForced(choice: ToolChoice['choice']): boolean {
  const mode = choice?.$case === 'allowed' ? choice.value.mode : choice?.value;
  return choice?.$case === 'name' || mode === ToolChoiceMode.REQUIRED;
}

const MODES: ReadonlyMap<ToolChoiceMode, string> = new Map([
  [ToolChoiceMode.AUTO, 'auto'],
  [ToolChoiceMode.NONE, 'none'],
  [ToolChoiceMode.REQUIRED, 'required'],
]);

function encodeMode(mode: ToolChoiceMode, field: string): string {
  const word = MODES.get(mode);
  if (word === undefined) throw invalidField(field, 'It is not set.');
  return word;
}

function encodeAllowed({ mode, names }: AllowedTools, context: ChoiceContext): unknown {
  const { adapter, body } = context;
  const field = `${CHOICE}.allowed`;
  const tools = names
    .map((name, index) => findTool(name, `${field}.names[${index}]`, context))
    .filter((tool) => tool !== undefined);
  if (tools.length === 0) return undefined;
  const word = encodeMode(mode, `${field}.mode`);
  if (adapter.target.quirks.allowedTools !== false) {
    return { type: 'allowed_tools', mode: word, tools: tools.map(reference) };
  }
  adapter.rewrite(field, `${adapter.target.provider} takes no list of allowed tools: only those were sent.`);
  body.tools = tools;
  return word;
}

/** A tool by its name; one that was left out is noted once more where it is chosen. Provider tools have no name. */
function findTool(name: string, field: string, { tools, adapter }: ChoiceContext): JsonObject | undefined {
  const tool = tools.find(({ type, name: other }) => other === name && (type === 'function' || type === 'custom'));
  if (tool === undefined) adapter.drop(field, 'The tool is not among those that were sent.');
  return tool;
}

function reference({ type, name }: JsonObject): JsonObject {
  return { type, name };
}
