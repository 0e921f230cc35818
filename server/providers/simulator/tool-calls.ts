/** Which tools the simulator calls, and with what. */
import type { Random } from '../../model/clock.ts';
import { asObject } from '../shared/json.ts';
import { STOP_WORDS } from './corpus.ts';
import { drawValue } from './schema-value.ts';
import type { Topic } from './topic.ts';
import type { ChatRequest, OfferedTool } from './wire.ts';

/** One call of a tool. */
export interface PlannedCall {
  readonly tool: OfferedTool;
  /** The arguments as JSON, or the text of a custom tool. */
  readonly input: string;
}

const MAX_PARALLEL_CALLS = 3;

/**
 * The calls that a turn makes; empty: it answers in text. Tools are called when the request demands it, and else when the
 * turn has no results yet and the prompt is more than a greeting.
 * @throws SchemaError if a tool's parameters can be satisfied by nothing.
 */
export function planToolCalls(request: ChatRequest, topic: Topic, random: Random): readonly PlannedCall[] {
  if (request.tools.length === 0) return [];
  const wanted = request.toolResults.length === 0 && !topic.greeting;
  if (request.toolDemand !== 'required' && !wanted) return [];
  return chooseTools(request, topic).map(([tool, about]) => ({ tool, input: drawInput(tool, about, random) }));
}

/**
 * The tools whose words stand in the prompt, the best first, and those at least half as good; the first tool if none does.
 * Where several calls are allowed and one tool fits several names ("Tokyo and Paris"), it is called once for each.
 */
function chooseTools(request: ChatRequest, topic: Topic): readonly (readonly [tool: OfferedTool, about: Topic])[] {
  const words = wordsOf(request.prompt);
  const scored = request.tools.map((tool) => ({ tool, score: scoreTool(tool, words) }));
  const fitting = scored.filter(({ score }) => score > 0).toSorted((a, b) => b.score - a.score);
  const [best = scored[0]] = fitting;
  if (best === undefined) return [];
  if (!request.parallelToolCalls) return [[best.tool, topic]];
  const good = fitting.filter(({ score }) => score * 2 >= best.score);
  if (good.length > 1) return good.slice(0, MAX_PARALLEL_CALLS).map(({ tool }) => [tool, topic]);
  if (topic.names.length < 2 || !takesInput(best.tool)) return [[best.tool, topic]];
  return topic.names.slice(0, MAX_PARALLEL_CALLS).map((name) => [best.tool, { ...topic, names: [name] }]);
}

function scoreTool({ name, description }: OfferedTool, words: ReadonlySet<string>): number {
  const own = wordsOf(`${name.replaceAll(/[_-]|(?<=[a-z])(?=[A-Z])/g, ' ')} ${description.slice(0, 1000)}`);
  return [...own].filter((word) => words.has(word)).length;
}

function wordsOf(text: string): ReadonlySet<string> {
  const words =
    text
      .slice(0, 4000)
      .toLowerCase()
      .match(/[\p{L}\p{M}\d]{3,24}/gu) ?? [];
  return new Set(words.filter((word) => !STOP_WORDS.has(word)));
}

function takesInput(tool: OfferedTool): boolean {
  return tool.kind === 'custom' || Object.keys(asObject(asObject(tool.parameters)?.properties) ?? {}).length > 0;
}

function drawInput(tool: OfferedTool, topic: Topic, random: Random): string {
  if (tool.kind === 'custom') return [...topic.names, ...topic.keywords].slice(0, 4).join(' ') || 'status';
  return tool.parameters === undefined ? '{}' : JSON.stringify(drawValue(tool.parameters, random, topic));
}
