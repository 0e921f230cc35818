/** Tools and the choice among them. */
import {
  type AllowedTools,
  type CustomTool,
  type FunctionTool,
  type Generation,
  type ProviderTool,
  type Tool,
  ToolChoiceMode,
} from '../../model/wire.ts';
import type { Adapter } from '../shared/adapter.ts';
import { invalidField, parseCallerObject } from '../shared/json.ts';
import { providerToolNotAllowed, readProviderTool } from '../shared/provider-tools.ts';
import type { Block } from './encode-media.ts';
import type { Entry } from './encode-parts.ts';

/** Tools as Anthropic takes them. */
export interface EncodedTools {
  readonly tools: readonly Entry[];
  /** Undefined: the provider's default, auto. */
  readonly choice: Block | undefined;
}

/**
 * Encodes the tools and the choice.
 * @throws GatewayError INVALID_REQUEST for what is not JSON; OPTION_NOT_ALLOWED for a provider tool that does not pass.
 */
export function encodeTools(generation: Generation, adapter: Adapter): EncodedTools {
  if (generation.tools.length === 0 || !adapter.can('tools', 'generation.tools')) return NO_TOOLS;
  const tools = generation.tools
    .map((tool, index) => encodeTool(tool, `generation.tools[${index}]`, adapter))
    .filter((entry) => entry !== undefined);
  const allowed = generation.toolChoice?.choice?.$case === 'allowed' ? generation.toolChoice.choice.value : undefined;
  return { tools: narrowTools(tools, allowed, adapter), choice: encodeChoice(generation, adapter) };
}

/** Whether a choice forces a call, which Anthropic does not take together with thinking. */
export function isForced(choice: Block | undefined): boolean {
  return choice?.type === 'any' || choice?.type === 'tool';
}

const NO_TOOLS: EncodedTools = { tools: [], choice: undefined };

function encodeTool({ kind, cacheBreakpoint }: Tool, field: string, adapter: Adapter): Entry | undefined {
  switch (kind?.$case) {
    case 'function':
      return { block: encodeFunction(kind.value, field, adapter), field, breakpoint: cacheBreakpoint };
    case 'provider': {
      const block = encodeProviderTool(kind.value, `${field}.provider`, adapter);
      return block && { block, field, breakpoint: cacheBreakpoint };
    }
    case 'custom':
      return { block: encodeCustom(kind.value, `${field}.custom`, adapter), field, breakpoint: cacheBreakpoint };
    default:
      throw invalidField(field, 'The tool has no kind.');
  }
}

function encodeFunction(
  { name, description, parametersJson, strict }: FunctionTool,
  field: string,
  adapter: Adapter,
): Block {
  const path = `${field}.function`;
  const schema = parametersJson.trim() === '' ? NO_PARAMETERS : parametersJson;
  return {
    name,
    ...(description !== '' && { description }),
    input_schema: parseCallerObject(schema, `${path}.parameters_json`),
    // What is not strict is the default, so that false needs no word.
    ...(strict === true && adapter.can('strictTools', `${path}.strict`) && { strict }),
  };
}

/** A tool that takes free text, as a function of one text; earlier calls of it are sent in the same form. */
function encodeCustom({ name, description, grammar }: CustomTool, field: string, adapter: Adapter): Block {
  adapter.rewrite(field, 'Anthropic has no such tools: sent as a function of one text, and called with {"input": …}.');
  if (grammar !== undefined) adapter.drop(`${field}.grammar`, 'Anthropic binds arguments to schemas only.');
  const properties = { input: { type: 'string' } };
  const input_schema = { type: 'object', properties, required: ['input'], additionalProperties: false };
  return { name, ...(description !== '' && { description }), input_schema };
}

const NO_PARAMETERS = '{"type":"object","properties":{}}';

function encodeProviderTool(tool: ProviderTool, path: string, adapter: Adapter): Block | undefined {
  const read = readProviderTool(tool, path, adapter);
  if (read === undefined) return undefined;
  const { cache_control: _, ...definition } = read.definition;
  const { providerTools } = adapter.target.allowances;
  if (typeof definition.type === 'string' && providerTools.has(definition.type)) return definition;
  throw providerToolNotAllowed(read.field);
}

/** Anthropic has no list of allowed tools: the others are left out. */
function narrowTools(tools: readonly Entry[], allowed: AllowedTools | undefined, adapter: Adapter): readonly Entry[] {
  if (allowed === undefined) return tools;
  const names = new Set<unknown>(allowed.names);
  const narrowed = tools.filter(({ block }) => names.has(block.name));
  if (narrowed.length < tools.length) {
    adapter.rewrite('generation.tool_choice.allowed', 'Anthropic has no such list: the other tools are left out.');
  }
  return narrowed;
}

function encodeChoice({ toolChoice, parallelToolCalls }: Generation, adapter: Adapter): Block | undefined {
  const choice = toolChoice && encodeToolChoice(toolChoice, adapter);
  if (parallelToolCalls !== false || choice?.type === 'none') return choice;
  if (!adapter.can('parallelToolCalls', 'generation.parallel_tool_calls')) return choice;
  return { ...(choice ?? { type: 'auto' }), disable_parallel_tool_use: true };
}

function encodeToolChoice(toolChoice: NonNullable<Generation['toolChoice']>, adapter: Adapter): Block | undefined {
  const field = 'generation.tool_choice';
  if (!adapter.can('toolChoice', field)) return undefined;
  const choice = readChoice(toolChoice);
  const forced = choice?.type === 'any' || choice?.type === 'tool';
  return forced && !adapter.can('forcedToolChoice', field) ? undefined : choice;
}

function readChoice({ choice }: NonNullable<Generation['toolChoice']>): Block | undefined {
  switch (choice?.$case) {
    case 'mode':
      return CHOICES.get(choice.value);
    case 'name':
      return { type: 'tool', name: choice.value };
    case 'allowed':
      return CHOICES.get(choice.value.mode);
    default:
      return undefined;
  }
}

const CHOICES: ReadonlyMap<ToolChoiceMode, Block> = new Map([
  [ToolChoiceMode.AUTO, { type: 'auto' }],
  [ToolChoiceMode.NONE, { type: 'none' }],
  [ToolChoiceMode.REQUIRED, { type: 'any' }],
]);
