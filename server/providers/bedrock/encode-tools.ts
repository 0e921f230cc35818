/** Tools and the choice among them, as Converse's toolConfig. */
import {
  AdaptationAction,
  type AllowedTools,
  type CustomTool,
  type FunctionTool,
  type Generation,
  type ProviderTool,
  type Tool,
  ToolChoiceMode,
} from '../../model/wire.ts';
import type { Adapter } from '../shared/adapter.ts';
import { asObject, asText, invalidField, parseCallerJson, parseCallerObject } from '../shared/json.ts';
import { providerToolNotAllowed, readProviderTool } from '../shared/provider-tools.ts';
import type { Block } from './encode-media.ts';
import type { Turn } from './encode-messages.ts';
import type { Entry } from './encode-parts.ts';

/** Tools as Converse takes them. */
export interface EncodedTools {
  /** Empty: there is no toolConfig. */
  readonly tools: readonly Entry[];
  /** Undefined: the provider's default, auto. */
  readonly choice: Block | undefined;
}

/**
 * Encodes the tools and the choice. Converse has no choice of none, and takes calls and results of earlier turns only beside
 * the tools that they are of.
 * @throws GatewayError INVALID_REQUEST for what is not JSON; OPTION_NOT_ALLOWED for a provider tool that does not pass.
 */
export function encodeTools(generation: Generation, turns: readonly Turn[], adapter: Adapter): EncodedTools {
  const called = namesOfCalls(turns);
  const tools = encodeOffered(generation, adapter);
  const choice = tools.length === 0 ? undefined : encodeChoice(generation, called, adapter);
  if (choice === NO_CALLS) return { tools: [], choice: undefined };
  if (tools.length > 0 || called.size === 0) return { tools, choice };
  return { tools: addCalled(called, adapter), choice: undefined };
}

/** Whether a choice forces a call, which Claude does not take together with thinking. */
export function isForced(choice: Block | undefined): boolean {
  return choice !== undefined && ('any' in choice || 'tool' in choice);
}

function encodeOffered(generation: Generation, adapter: Adapter): readonly Entry[] {
  if (generation.tools.length === 0 || !adapter.can('tools', 'generation.tools')) return [];
  const tools = generation.tools
    .map((tool, index) => encodeTool(tool, `generation.tools[${index}]`, adapter))
    .filter((entry) => entry !== undefined);
  const choice = generation.toolChoice?.choice;
  return choice?.$case === 'allowed' ? narrowTools(tools, choice.value, adapter) : tools;
}

function encodeTool({ kind, cacheBreakpoint: breakpoint }: Tool, field: string, adapter: Adapter): Entry | undefined {
  switch (kind?.$case) {
    case 'function':
      return { block: encodeFunction(kind.value, `${field}.function`, adapter), field, breakpoint };
    case 'custom':
      return { block: encodeCustom(kind.value, `${field}.custom`, adapter), field, breakpoint };
    case 'provider': {
      const block = encodeProviderTool(kind.value, `${field}.provider`, adapter);
      return block && { block, field, breakpoint };
    }
    default:
      throw invalidField(field, 'The tool has no kind.');
  }
}

function encodeFunction(tool: FunctionTool, field: string, adapter: Adapter): Block {
  const { name, description, parametersJson, strict } = tool;
  const json = parametersJson.trim() === '' ? NO_PARAMETERS : parametersJson;
  return makeSpec(name, description, {
    inputSchema: { json: parseCallerObject(json, `${field}.parameters_json`) },
    // What is not strict is the default, so that false needs no word.
    ...(strict === true && adapter.can('strictTools', `${field}.strict`) && { strict }),
  });
}

/** A tool that takes free text, as a function of one text; earlier calls of it are sent in the same form. */
function encodeCustom({ name, description, grammar }: CustomTool, field: string, adapter: Adapter): Block {
  adapter.rewrite(field, 'Bedrock has no such tools: sent as a function of one text, and called with {"input": …}.');
  if (grammar !== undefined) adapter.drop(`${field}.grammar`, 'Bedrock binds arguments to schemas only.');
  const properties = { input: { type: 'string' } };
  const json = { type: 'object', properties, required: ['input'], additionalProperties: false };
  return makeSpec(name, description, { inputSchema: { json } });
}

function makeSpec(name: string, description: string, rest: Block): Block {
  return { toolSpec: { name, ...(description !== '' && { description }), ...rest } };
}

const NO_PARAMETERS = '{"type":"object","properties":{}}';

/** Tools that Amazon runs: {"systemTool": {"name": "nova_grounding"}}. What the configuration lists is the name. */
function encodeProviderTool(tool: ProviderTool, path: string, adapter: Adapter): Block | undefined {
  const read = readProviderTool(tool, path, adapter);
  if (read === undefined) return undefined;
  const name = asText(asObject(read.definition.systemTool)?.name);
  if (name !== undefined && adapter.target.allowances.providerTools.has(name)) return { systemTool: { name } };
  throw providerToolNotAllowed(
    read.field,
    "It is no systemTool with a name, or the model's configuration does not let it pass; have the name listed under `allow`.",
  );
}

/** Converse has no list of allowed tools: the others are left out. */
function narrowTools(tools: readonly Entry[], allowed: AllowedTools, adapter: Adapter): readonly Entry[] {
  const names = new Set<unknown>(allowed.names);
  const narrowed = tools.filter(({ block }) => names.has(nameOf(block)));
  if (narrowed.length < tools.length) {
    adapter.rewrite('generation.tool_choice.allowed', 'Bedrock has no such list: the other tools are left out.');
  }
  return narrowed;
}

function nameOf({ toolSpec, systemTool }: Block): unknown {
  return asObject(toolSpec ?? systemTool)?.name;
}

/** A choice of none: there is no word for it. */
const NO_CALLS: Block = {};

function encodeChoice(generation: Generation, called: ReadonlySet<string>, adapter: Adapter): Block | undefined {
  const field = 'generation.tool_choice';
  if (generation.parallelToolCalls === false) {
    adapter.drop('generation.parallel_tool_calls', 'Bedrock cannot be told to call one tool at a time.');
  }
  const { toolChoice } = generation;
  if (toolChoice === undefined || !adapter.can('toolChoice', field)) return undefined;
  const choice = readChoice(toolChoice);
  if (choice === NO_CALLS) return avoidCalls(called, field, adapter);
  return isForced(choice) && !adapter.can('forcedToolChoice', field) ? undefined : choice;
}

function avoidCalls(called: ReadonlySet<string>, field: string, adapter: Adapter): Block | undefined {
  if (called.size === 0) {
    adapter.rewrite(field, 'Bedrock has no such choice: the tools are left out.');
    return NO_CALLS;
  }
  adapter.drop(
    field,
    'Bedrock has no such choice, and wants the tools beside earlier calls: the model may call again.',
  );
  return undefined;
}

function readChoice({ choice }: NonNullable<Generation['toolChoice']>): Block | undefined {
  switch (choice?.$case) {
    case 'mode':
      return CHOICES.get(choice.value);
    case 'name':
      return { tool: { name: choice.value } };
    case 'allowed':
      return CHOICES.get(choice.value.mode);
    default:
      return undefined;
  }
}

const CHOICES: ReadonlyMap<ToolChoiceMode, Block> = new Map([
  [ToolChoiceMode.AUTO, { auto: {} }],
  [ToolChoiceMode.NONE, NO_CALLS],
  [ToolChoiceMode.REQUIRED, { any: {} }],
]);

function namesOfCalls(turns: readonly Turn[]): ReadonlySet<string> {
  const names = turns
    .flatMap(({ entries }) => entries)
    .map(({ block }) => asObject(block.toolUse))
    .map((toolUse) => (toolUse?.type === undefined ? asText(toolUse?.name) : undefined));
  return new Set(names.filter((name) => name !== undefined));
}

/** "The toolConfig field must be defined when using toolUse and toolResult content blocks." */
function addCalled(names: ReadonlySet<string>, adapter: Adapter): readonly Entry[] {
  const field = 'generation.tools';
  // The provider demands it, and nothing that the caller asked for changes: no error under STRICT.
  const why = 'Bedrock wants the tools of earlier calls beside them: bare ones that say not to be called were added.';
  adapter.report(field, AdaptationAction.ADDED, why);
  const inputSchema = { json: parseCallerJson(NO_PARAMETERS, field) };
  return [...names].map((name) => ({
    block: makeSpec(name, 'Not available any more; do not call it.', { inputSchema }),
    field,
    breakpoint: undefined,
  }));
}
