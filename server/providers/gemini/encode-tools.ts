/** Encodes tools and the choice among them: https://ai.google.dev/api/caching#Tool and #ToolConfig, seen 2026-11-24. */
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
import { invalidField, isJsonObject, parseCallerObject } from '../shared/json.ts';
import { providerToolNotAllowed, readProviderTool } from '../shared/provider-tools.ts';
import { toOpenApiSchema } from './schema.ts';

type Wire = Record<string, unknown>;

/** What decides about tools beside the caller's wishes. */
export interface ToolsContext {
  readonly adapter: Adapter;
  readonly stream: boolean;
}

/** Members of the body: tools and toolConfig; none if there are no tools. */
export function encodeTools(generation: Generation, { adapter, stream }: ToolsContext): Wire {
  const { tools, parallelToolCalls } = generation;
  if (tools.length === 0 || !adapter.can('tools', 'generation.tools')) return {};
  const functions: Wire[] = [];
  const others: Wire[] = [];
  for (const [index, tool] of tools.entries())
    encodeTool(tool, `generation.tools[${index}]`, { functions, others, adapter });
  if (parallelToolCalls === false) adapter.drop('generation.parallel_tool_calls', 'Gemini has no such parameter.');
  const calling = encodeCalling(generation, functions, adapter);
  if (stream && functions.length > 0 && adapter.target.quirks.streamedArguments === true) {
    calling.streamFunctionCallArguments = true;
  }
  const declared = functions.length === 0 ? others : [{ functionDeclarations: functions }, ...others];
  return {
    ...(declared.length > 0 && { tools: declared }),
    ...(Object.keys(calling).length > 0 && { toolConfig: { functionCallingConfig: calling } }),
  };
}

interface Gathered {
  readonly functions: Wire[];
  readonly others: Wire[];
  readonly adapter: Adapter;
}

function encodeTool({ kind }: Tool, field: string, { functions, others, adapter }: Gathered): void {
  switch (kind?.$case) {
    case 'function':
      functions.push(encodeFunction(kind.value, `${field}.function`, adapter));
      break;
    case 'custom':
      functions.push(encodeCustom(kind.value, `${field}.custom`, adapter));
      break;
    case 'provider':
      others.push(...encodeProviderTool(kind.value, `${field}.provider`, adapter));
      break;
    default:
      throw invalidField(field, 'The tool has no kind.');
  }
}

function encodeFunction({ name, description, parametersJson }: FunctionTool, field: string, adapter: Adapter): Wire {
  const path = `${field}.parameters_json`;
  const schema = parametersJson.trim() === '' ? {} : parseCallerObject(parametersJson, path);
  return {
    name,
    ...(description !== '' && { description }),
    // Google refuses an object without properties: a function without parameters has no schema at all.
    ...(takesNothing(schema) ? {} : encodeParameters(schema, path, adapter)),
  };
}

function takesNothing({ type, properties, additionalProperties, ...rest }: Wire): boolean {
  const isEmpty = properties === undefined || (isJsonObject(properties) && Object.keys(properties).length === 0);
  const isClosed = additionalProperties === undefined || additionalProperties === false;
  if (!isEmpty || !isClosed || (type !== undefined && type !== 'object')) return false;
  return Object.keys(rest).every((member) => HOLLOW.has(member));
}

/** Keywords that add no parameter to a schema without properties. */
const HOLLOW: ReadonlySet<string> = new Set(['$schema', '$id', 'title', 'description', 'required']);

/**
 * Schemas go as the caller wrote them, as JSON Schema (parametersJsonSchema, which both the Gemini API and Vertex have): what of
 * it the provider does not know, it ignores or names itself. Only a host that is said to know nothing but Google's subset of
 * OpenAPI gets a translation.
 */
function encodeParameters(schema: Wire, path: string, adapter: Adapter): Wire {
  if (adapter.target.quirks.schemaDialect !== 'openapi') return { parametersJsonSchema: schema };
  return { parameters: toOpenApiSchema(schema, path, adapter) };
}

/** A tool that takes free text, as a function of one text; earlier calls of it are sent in the same form. */
function encodeCustom({ name, description, grammar }: CustomTool, field: string, adapter: Adapter): Wire {
  adapter.rewrite(field, 'Gemini has no such tools: sent as a function of one text, and called with {"input": …}.');
  if (grammar !== undefined) adapter.drop(`${field}.grammar`, 'Gemini binds arguments to schemas only.');
  const schema = { type: 'object', properties: { input: { type: 'string' } }, required: ['input'] };
  return { name, ...(description !== '' && { description }), ...encodeParameters(schema, field, adapter) };
}

/** {"type": "googleSearch", …} as {"googleSearch": {…}}: Google names a tool by the member that holds it. */
function encodeProviderTool(tool: ProviderTool, path: string, adapter: Adapter): readonly Wire[] {
  const read = readProviderTool(tool, path, adapter);
  if (read === undefined) return [];
  const { type, ...settings } = read.definition;
  const isTool = typeof type === 'string' && TOOL_NAME.test(type) && type !== 'functionDeclarations';
  if (isTool && adapter.target.allowances.providerTools.has(type)) return [{ [type]: settings }];
  throw providerToolNotAllowed(read.field);
}

const TOOL_NAME = /^[a-z][A-Za-z]{0,63}$/;

/** The mode, and the functions that may be called; empty: the provider's default. */
function encodeCalling(generation: Generation, functions: readonly Wire[], adapter: Adapter): Wire {
  const { tools, toolChoice } = generation;
  const isStrict = tools.some(({ kind }) => kind?.$case === 'function' && kind.value.strict === true);
  const free = isStrict && canBeStrict(generation, adapter) ? 'VALIDATED' : 'AUTO';
  if (toolChoice === undefined) return free === 'AUTO' ? {} : { mode: free };
  if (functions.length === 0) {
    adapter.drop('generation.tool_choice', 'Gemini chooses among functions only, and there are none.');
    return {};
  }
  return canChoose(toolChoice, adapter) ? encodeChoice(toolChoice, { free, functions, adapter }) : {};
}

/** Gemini binds all functions to their schemas or none: VALIDATED, or any mode that forces a call. */
function canBeStrict({ tools }: Generation, adapter: Adapter): boolean {
  const first = tools.findIndex(({ kind }) => kind?.$case === 'function' && kind.value.strict === true);
  return adapter.can('strictTools', `generation.tools[${first}].function.strict`);
}

function canChoose({ choice }: ToolChoice, adapter: Adapter): boolean {
  const field = 'generation.tool_choice';
  const mode = choice?.$case === 'allowed' ? choice.value.mode : choice?.value;
  const forced = choice?.$case === 'name' || mode === ToolChoiceMode.REQUIRED;
  return adapter.can('toolChoice', field) && (!forced || adapter.can('forcedToolChoice', field));
}

interface ChoiceContext {
  /** The mode in which the model is free to call. */
  readonly free: 'AUTO' | 'VALIDATED';
  readonly functions: readonly Wire[];
  readonly adapter: Adapter;
}

function encodeChoice({ choice }: ToolChoice, context: ChoiceContext): Wire {
  switch (choice?.$case) {
    case 'mode':
      return encodeMode(choice.value, context.free);
    case 'name':
      return withNames('ANY', [choice.value], context);
    case 'allowed':
      // Names may be given with ANY and VALIDATED only; VALIDATED leaves the model free as AUTO does.
      return withNames(
        choice.value.mode === ToolChoiceMode.REQUIRED ? 'ANY' : 'VALIDATED',
        choice.value.names,
        context,
      );
    default:
      throw invalidField('generation.tool_choice', 'It has no choice.');
  }
}

function encodeMode(mode: ToolChoiceMode, free: ChoiceContext['free']): Wire {
  if (mode === ToolChoiceMode.AUTO) return { mode: free };
  if (mode === ToolChoiceMode.NONE) return { mode: 'NONE' };
  if (mode === ToolChoiceMode.REQUIRED) return { mode: 'ANY' };
  throw invalidField('generation.tool_choice.mode', 'It is not set.');
}

function withNames(mode: string, names: readonly string[], { functions, adapter }: ChoiceContext): Wire {
  const known = names.filter((name) => functions.some((declared) => declared.name === name));
  if (known.length < names.length) {
    adapter.drop('generation.tool_choice', 'One of the tools is not among the functions that were sent.');
  }
  return known.length === 0 ? {} : { mode, allowedFunctionNames: known };
}
