/** Encodes tools and the choice among them: Cohere knows "must" and "must not" for all of them, and no names. */
import {
  type CustomTool,
  type FunctionTool,
  type Generation,
  type ProviderTool,
  type Tool,
  type ToolChoice,
  ToolChoiceMode,
} from '../../model/wire.ts';
import type { Adapter } from '../shared/adapter.ts';
import { invalidField, parseCallerObject } from '../shared/json.ts';
import { providerToolNotAllowed, readProviderTool } from '../shared/provider-tools.ts';

/** A tool in the provider's form, and its name in the contract; provider tools have none. */
interface EncodedTool {
  readonly name: string | undefined;
  /** Path of the wish to be strict; undefined: there is none. */
  readonly strictField?: string | undefined;
  readonly wire: unknown;
}

/**
 * Sets tools, strict_tools and tool_choice; whether there are tools.
 * @throws GatewayError INVALID_REQUEST for what is not JSON; OPTION_NOT_ALLOWED for a provider tool that does not pass.
 */
export function encodeTools(body: Record<string, unknown>, generation: Generation, adapter: Adapter): boolean {
  const { tools, toolChoice, parallelToolCalls } = generation;
  if (tools.length === 0 || !adapter.can('tools', 'generation.tools')) return false;
  const encoded = tools
    .map((tool, index) => encodeTool(tool, `generation.tools[${index}]`, adapter))
    .filter((tool) => tool !== undefined);
  const chosen = toolChoice === undefined ? encoded : narrowTools(toolChoice, encoded, adapter);
  if (chosen.length === 0) return false;
  body.tools = chosen.map(({ wire }) => wire);
  if (areStrict(chosen, adapter)) body.strict_tools = true;
  const choice = toolChoice && encodeChoice(toolChoice, adapter);
  if (choice !== undefined) body.tool_choice = choice;
  // Several calls in a turn are what happens anyway.
  if (parallelToolCalls === false) {
    adapter.drop('generation.parallel_tool_calls', 'Cohere cannot be kept from several calls in a turn.');
  }
  return true;
}

function encodeTool({ kind }: Tool, field: string, adapter: Adapter): EncodedTool | undefined {
  switch (kind?.$case) {
    case 'function':
      return encodeFunction(kind.value, `${field}.function`);
    case 'custom':
      return { name: kind.value.name, wire: encodeCustom(kind.value, `${field}.custom`, adapter) };
    case 'provider':
      return encodeProviderTool(kind.value, `${field}.provider`, adapter);
    default:
      throw invalidField(field, 'The tool has no kind.');
  }
}

function encodeFunction({ name, description, parametersJson, strict }: FunctionTool, field: string): EncodedTool {
  const parameters =
    parametersJson.trim() === '' ? NO_PARAMETERS : parseCallerObject(parametersJson, `${field}.parameters_json`);
  const wire = { type: 'function', function: { name, ...(description !== '' && { description }), parameters } };
  return { name, strictField: strict === true ? `${field}.strict` : undefined, wire };
}

const NO_PARAMETERS = { type: 'object', properties: {} } as const;

/** A tool that takes free text, as a function of one text; earlier calls of it are sent in the same form. */
function encodeCustom({ name, description, grammar }: CustomTool, field: string, adapter: Adapter): unknown {
  adapter.rewrite(field, 'Cohere has no such tools: sent as a function of one text, and called with {"input": …}.');
  if (grammar !== undefined) adapter.drop(`${field}.grammar`, 'Cohere binds arguments to schemas only.');
  return { type: 'function', function: { name, ...(description !== '' && { description }), parameters: ONE_TEXT } };
}

const ONE_TEXT = { type: 'object', properties: { input: { type: 'string' } }, required: ['input'] } as const;

function encodeProviderTool(tool: ProviderTool, path: string, adapter: Adapter): EncodedTool | undefined {
  const read = readProviderTool(tool, path, adapter);
  if (read === undefined) return undefined;
  const { type } = read.definition;
  if (typeof type === 'string' && adapter.target.allowances.providerTools.has(type)) {
    return { name: undefined, wire: read.definition };
  }
  throw providerToolNotAllowed(read.field);
}

/**
 * strict_tools binds all tools, and refuses those whose arguments are all optional, so that it is sent only if every tool
 * asks for it: https://docs.cohere.com/docs/structured-outputs#structured-outputs-tools, read 2026-11-24.
 */
function areStrict(tools: readonly EncodedTool[], adapter: Adapter): boolean {
  const strict = tools.map(({ strictField }) => strictField).filter((field) => field !== undefined);
  if (strict.length === tools.length && !adapter.lacks('strictTools')) return true;
  for (const field of strict) {
    if (adapter.can('strictTools', field)) adapter.drop(field, 'Cohere forces the schemas of all tools or of none.');
  }
  return false;
}

/** The tools that may be called: where the choice names some, the others are left out. */
function narrowTools({ choice }: ToolChoice, tools: readonly EncodedTool[], adapter: Adapter): readonly EncodedTool[] {
  if (choice?.$case !== 'name' && choice?.$case !== 'allowed') return tools;
  if (adapter.lacks('toolChoice')) return tools; // encodeChoice says so.
  const names = new Set<string | undefined>(choice.$case === 'name' ? [choice.value] : choice.value.names);
  const narrowed = tools.filter(({ name }) => names.has(name));
  const field = `generation.tool_choice.${choice.$case}`;
  if (narrowed.length < tools.length)
    adapter.rewrite(field, 'Cohere chooses no tool by name: the others are left out.');
  return narrowed;
}

function encodeChoice({ choice }: ToolChoice, adapter: Adapter): string | undefined {
  const field = 'generation.tool_choice';
  if (!adapter.can('toolChoice', field)) return undefined;
  const mode = choice?.$case === 'allowed' ? choice.value.mode : choice?.value;
  if (choice?.$case === 'name' || mode === ToolChoiceMode.REQUIRED) {
    return adapter.can('forcedToolChoice', field) ? 'REQUIRED' : undefined;
  }
  if (mode === ToolChoiceMode.NONE) return 'NONE';
  if (mode === ToolChoiceMode.AUTO) return undefined; // It has no word: the default.
  throw invalidField(field, 'It is not set.');
}
