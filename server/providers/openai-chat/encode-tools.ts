/** Encodes tools and the choice among them. */
import { GatewayError } from '../../model/errors.ts';
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
import { invalidField, parseCallerObject } from '../shared/json.ts';

/** A tool in the provider's form, and its name in the contract; provider tools have none. */
interface EncodedTool {
  readonly name: string | undefined;
  readonly kind: 'function' | 'custom' | 'provider';
  readonly wire: unknown;
}

/** Sets tools, tool_choice and parallel_tool_calls. */
export function encodeTools(body: Record<string, unknown>, generation: Generation, adapter: Adapter): void {
  const { tools, toolChoice, parallelToolCalls } = generation;
  // OpenAI rejects an empty list, and the other two without tools.
  if (tools.length === 0 || !adapter.can('tools', 'generation.tools')) return;
  const encoded = tools
    .map((tool, index) => encodeTool(tool, `generation.tools[${index}]`, adapter))
    .filter((tool) => tool !== undefined);
  if (encoded.length === 0) return;
  body.tools = encoded.map(({ wire }) => wire);
  if (toolChoice !== undefined && canChoose(toolChoice, adapter)) {
    encodeToolChoice(body, toolChoice, { encoded, adapter });
  }
  if (parallelToolCalls !== undefined && adapter.can('parallelToolCalls', 'generation.parallel_tool_calls')) {
    body.parallel_tool_calls = parallelToolCalls;
  }
}

function canChoose({ choice }: ToolChoice, adapter: Adapter): boolean {
  const field = 'generation.tool_choice';
  const mode = choice?.$case === 'allowed' ? choice.value.mode : choice?.value;
  const forced = choice?.$case === 'name' || mode === ToolChoiceMode.REQUIRED;
  return adapter.can('toolChoice', field) && (!forced || adapter.can('forcedToolChoice', field));
}

function encodeTool({ kind }: Tool, field: string, adapter: Adapter): EncodedTool | undefined {
  switch (kind?.$case) {
    case 'function':
      return {
        name: kind.value.name,
        kind: 'function',
        wire: encodeFunction(kind.value, `${field}.function`, adapter),
      };
    case 'custom':
      return encodeCustom(kind.value, `${field}.custom`, adapter);
    case 'provider':
      return { name: undefined, kind: 'provider', wire: encodeProviderTool(kind.value, `${field}.provider`, adapter) };
    default:
      throw invalidField(field, 'The tool has no kind.');
  }
}

function encodeFunction({ name, description, parametersJson, strict }: FunctionTool, field: string, adapter: Adapter) {
  const strictly = strict === true ? adapter.can('strictTools', `${field}.strict`) : false;
  return {
    type: 'function',
    function: {
      name,
      ...(description !== '' && { description }),
      parameters:
        parametersJson === '' ? noParameters(strictly) : parseCallerObject(parametersJson, `${field}.parameters_json`),
      ...(strictly && { strict: true }),
      ...(strict === false && !adapter.lacks('strictTools') && { strict: false }),
    },
  };
}

/** OpenAI takes a function without parameters as one without arguments; Mistral and others demand the schema. */
function noParameters(strict: boolean): unknown {
  return { type: 'object', properties: {}, ...(strict && { additionalProperties: false, required: [] }) };
}

const SYNTAXES: ReadonlyMap<GrammarSyntax, string> = new Map([
  [GrammarSyntax.LARK, 'lark'],
  [GrammarSyntax.REGEX, 'regex'],
]);

function encodeCustom({ name, description, grammar }: CustomTool, field: string, adapter: Adapter): EncodedTool {
  const syntax = grammar === undefined ? undefined : SYNTAXES.get(grammar.syntax);
  if (grammar !== undefined && syntax === undefined) throw invalidField(`${field}.grammar.syntax`, 'It is not set.');
  const head = { name, ...(description !== '' && { description }) };
  if (adapter.lacks('customTools')) {
    adapter.rewrite(
      field,
      'The model has no such tools: sent as a function of one text, and called with {"input": …}.',
    );
    if (grammar !== undefined) adapter.drop(`${field}.grammar`, 'Arguments of functions are bound to schemas only.');
    return { name, kind: 'function', wire: { type: 'function', function: { ...head, parameters: ONE_TEXT } } };
  }
  const format = grammar && { type: 'grammar', grammar: { syntax, definition: grammar.definition } };
  const custom = { ...head, ...(format !== undefined && { format }) };
  return { name, kind: 'custom', wire: { type: 'custom', custom } };
}

/** Parameters of a function that stands for a custom tool. */
const ONE_TEXT = {
  type: 'object',
  properties: { input: { type: 'string' } },
  required: ['input'],
  additionalProperties: false,
} as const;

function encodeProviderTool({ dialect, definitionJson }: ProviderTool, field: string, { target }: Adapter): unknown {
  if (dialect !== target.dialectId) {
    throw refusal('PARAMETER_UNSUPPORTED', `${field}.dialect`, `${target.provider} speaks ${target.dialectId}.`);
  }
  const definition = parseCallerObject(definitionJson, `${field}.definition_json`);
  const { type } = definition;
  if (typeof type === 'string' && target.allowances.providerTools.has(type)) return definition;
  const why = "Tools of this type do not pass; leave it away or have the type listed in the model's configuration.";
  throw refusal('OPTION_NOT_ALLOWED', `${field}.definition_json`, why);
}

function refusal(reason: 'OPTION_NOT_ALLOWED' | 'PARAMETER_UNSUPPORTED', field: string, description: string) {
  return new GatewayError(reason, `${field}: ${description}`, { violations: [{ field, description }] });
}

interface ChoiceContext {
  readonly encoded: readonly EncodedTool[];
  readonly adapter: Adapter;
}

function encodeToolChoice(body: Record<string, unknown>, { choice }: ToolChoice, context: ChoiceContext): void {
  const field = 'generation.tool_choice';
  if (isForced(choice) && !context.adapter.can('forcedToolChoice', field)) return;
  switch (choice?.$case) {
    case 'mode':
      body.tool_choice = encodeMode(choice.value, `${field}.mode`, context.adapter);
      break;
    case 'name': {
      const tool = findTool(choice.value, `${field}.name`, context);
      if (tool !== undefined) body.tool_choice = reference(tool);
      break;
    }
    case 'allowed':
      encodeAllowed(body, choice.value, context);
      break;
    default:
      throw invalidField(field, 'It has no choice.');
  }
}

function isForced(choice: ToolChoice['choice']): boolean {
  return choice?.$case === 'name' || (choice?.$case === 'mode' && choice.value === ToolChoiceMode.REQUIRED);
}

function encodeMode(mode: ToolChoiceMode, field: string, { target }: Adapter): string {
  if (mode === ToolChoiceMode.AUTO) return 'auto';
  if (mode === ToolChoiceMode.NONE) return 'none';
  if (mode === ToolChoiceMode.REQUIRED) return target.quirks.toolChoiceRequired ?? 'required';
  throw invalidField(field, 'It is not set.');
}

function encodeAllowed(body: Record<string, unknown>, { mode, names }: AllowedTools, context: ChoiceContext): void {
  const field = 'generation.tool_choice.allowed';
  const { adapter } = context;
  const tools = names
    .map((name, index) => findTool(name, `${field}.names[${index}]`, context))
    .filter((tool) => tool !== undefined);
  if (tools.length === 0) return;
  const word = encodeMode(mode, `${field}.mode`, adapter);
  if (adapter.target.quirks.allowedTools !== false) {
    body.tool_choice = { type: 'allowed_tools', allowed_tools: { mode: word, tools: tools.map(reference) } };
    return;
  }
  adapter.rewrite(field, `${adapter.target.provider} takes no list of allowed tools: only those were sent.`);
  body.tools = tools.map(({ wire }) => wire);
  body.tool_choice = word;
}

/** A tool by its name; one that was left out is noted once more where it is chosen. */
function findTool(name: string, field: string, { encoded, adapter }: ChoiceContext): EncodedTool | undefined {
  const tool = encoded.find((other) => other.name === name);
  if (tool === undefined) adapter.drop(field, 'The tool is not among those that were sent.');
  return tool;
}

function reference({ kind, name }: EncodedTool): unknown {
  return { type: kind, [kind]: { name } };
}
