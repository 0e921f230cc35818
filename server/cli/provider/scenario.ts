/** A scenario: what the scripted provider does to which request. Written in YAML; docs/provider.md explains each member. */
import { Ajv2020 } from 'ajv/dist/2020.js';
import { parse } from 'yaml';
import { UsageError } from '../exit-codes.ts';

/** What an answer says, in no provider's language. */
export interface Answer {
  readonly text?: string;
  readonly toolCalls?: readonly { readonly name: string; readonly arguments: object }[];
  /** Default: tool_calls if there are some, else stop. */
  readonly finish?: 'stop' | 'length' | 'tool_calls';
  /** What the reply tells, where that is not what was billed; null: it tells nothing. */
  readonly usage?: { readonly input: number; readonly output: number } | null;
}

/** What is done to a reply's events or pieces, numbered from 0. */
export interface EventFaults {
  readonly drop?: readonly number[];
  readonly repeat?: readonly number[];
  /** Frames whose checksum is wrong (Bedrock). */
  readonly wrongChecksum?: readonly number[];
  /** Says after so many events that something went wrong, in the dialect's way. */
  readonly errorAfter?: number;
  /** Makes one event so many bytes long. */
  readonly oversize?: { readonly at: number; readonly bytes: number };
}

/** What to do. */
export interface Behaviour {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly answer?: Answer;
  /** Sent as it is, in place of an answer. */
  readonly body?: string;
  /** What the simulator answers, by these settings: the models and faults of a configured simulator. Chat completions and embeddings. */
  readonly simulate?: Readonly<Record<string, unknown>>;
  /** Until the headers. */
  readonly delayMs?: number;
  /** Between events. */
  readonly paceMs?: number;
  readonly trickle?: { readonly bytes: number; readonly everyMs: number };
  readonly events?: EventFaults;
  readonly gzip?: 'right' | 'corrupt';
  /** Only so many bytes of the body, then the ending. */
  readonly cutAfterBytes?: number;
  /** How the reply ends. Default: orderly, or cut where bytes are missing. */
  readonly ending?: 'orderly' | 'cut' | 'reset' | 'half-close' | 'stall';
}

/** One rule. */
export interface Rule extends Behaviour {
  readonly when?: {
    /** With * for any characters. */
    readonly path?: string;
    readonly model?: string;
    readonly stream?: boolean;
  };
  /** Answers so many requests, and then leaves them to the rules below. Default: all. */
  readonly times?: number;
}

/** The rules in order: the first that fits a request, and is not used up, answers it. */
export interface Scenario {
  readonly rules: readonly Rule[];
}

/** Reads a scenario. @throws UsageError with every fault */
export function parseScenario(yaml: string): Scenario {
  const scenario = parseYaml(yaml);
  if (isScenario(scenario)) return scenario;
  const faults = (isScenario.errors ?? []).map(({ instancePath, message, params }) => {
    const extra = typeof params.additionalProperty === 'string' ? ` (${params.additionalProperty})` : '';
    return `scenario${instancePath.replaceAll('/', '.')}: ${message ?? 'is wrong'}${extra}`;
  });
  throw new UsageError(faults.join('\n'));
}

function parseYaml(yaml: string): unknown {
  try {
    return parse(yaml);
  } catch (thrown) {
    throw new UsageError(`the scenario is not YAML: ${thrown instanceof Error ? thrown.message : ''}`);
  }
}

const count = { type: 'integer', minimum: 0 };
const counts = { type: 'array', items: count };
const text = { type: 'string' };

function object(properties: Readonly<Record<string, unknown>>, required: readonly string[] = []) {
  return { type: 'object', additionalProperties: false, properties, required };
}

const ANSWER = object({
  text,
  toolCalls: { type: 'array', items: object({ name: text, arguments: { type: 'object' } }, ['name', 'arguments']) },
  finish: { enum: ['stop', 'length', 'tool_calls'] },
  usage: { anyOf: [{ type: 'null' }, object({ input: count, output: count }, ['input', 'output'])] },
});

const RULE = object({
  when: object({ path: text, model: text, stream: { type: 'boolean' } }),
  times: count,
  status: { type: 'integer', minimum: 200, maximum: 599 },
  headers: { type: 'object', additionalProperties: text },
  answer: ANSWER,
  body: text,
  simulate: { type: 'object' },
  delayMs: count,
  paceMs: count,
  trickle: object({ bytes: { type: 'integer', minimum: 1 }, everyMs: count }, ['bytes', 'everyMs']),
  events: object({
    drop: counts,
    repeat: counts,
    wrongChecksum: counts,
    errorAfter: count,
    oversize: object({ at: count, bytes: count }, ['at', 'bytes']),
  }),
  gzip: { enum: ['right', 'corrupt'] },
  cutAfterBytes: count,
  ending: { enum: ['orderly', 'cut', 'reset', 'half-close', 'stall'] },
});

const isScenario = new Ajv2020({ allErrors: true }).compile<Scenario>(
  object({ rules: { type: 'array', minItems: 1, items: RULE } }, ['rules']),
);
