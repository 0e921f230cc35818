/**
 * Arguments of a function call that come leaf by leaf, each with its path, as the JSON text that they are leaves of:
 * https://cloud.google.com/vertex-ai/generative-ai/docs/multimodal/function-calling (streamFunctionCallArguments) and RFC 9535,
 * seen 2026-11-24. The model wrote the text from front to back, so that the leaves come in its order and it can be passed on
 * at once.
 */
import type { WirePartialArg } from './wire.ts';

type Step = string | number;

interface Container {
  readonly isList: boolean;
  /** The step within it that was taken last; undefined: none yet. */
  last: Step | undefined;
}

/** Writes the arguments of one call. What it gives, joined, is one JSON object (or list) once `end` was called. */
export class ArgumentsWriter {
  /** Open containers from the root; each but the last is left by its `last` step. */
  #stack: Container[] = [];
  /** Path of the text that is open; undefined: none is. */
  #openText: string | undefined;

  /** The text that a leaf, or a piece of one, adds. */
  write(partial: WirePartialArg): string {
    const value = readValue(partial);
    if (value === undefined || typeof partial.jsonPath !== 'string') return '';
    const { jsonPath } = partial;
    const continues = partial.willContinue === true && typeof value === 'string';
    if (typeof value === 'string' && this.#openText === jsonPath) return this.#addText(value, continues);
    const steps = parsePath(jsonPath);
    if (steps.length === 0) return '';
    const lead = this.#closeText() + this.#goTo(steps);
    if (typeof value !== 'string') return lead + JSON.stringify(value);
    this.#openText = jsonPath;
    return `${lead}"${this.#addText(value, continues)}`;
  }

  /** What is missing to make the text whole. */
  end(): string {
    const rest = this.#closeText() + this.#leave(0);
    return rest === '' ? '{}' : rest;
  }

  #addText(piece: string, continues: boolean): string {
    const escaped = JSON.stringify(piece).slice(1, -1);
    return continues ? escaped : escaped + this.#closeText();
  }

  #closeText(): string {
    if (this.#openText === undefined) return '';
    this.#openText = undefined;
    return '"';
  }

  /** Leaves the containers that the path does not go through, and opens those that it does, up to its leaf. */
  #goTo(steps: readonly Step[]): string {
    let text = this.#leave(this.#commonDepth(steps));
    for (let depth = Math.max(this.#stack.length - 1, 0); depth < steps.length; depth++) {
      const step = steps[depth] ?? '';
      if (depth === this.#stack.length) text += this.#enter(typeof step === 'number');
      text += this.#step(step);
    }
    return text;
  }

  /** How many of the open containers the path goes through; always through the root. */
  #commonDepth(steps: readonly Step[]): number {
    let depth = 0;
    for (const container of this.#stack) {
      const step = steps[depth];
      if (step === undefined || container.isList !== (typeof step === 'number')) return Math.max(depth, 1);
      depth += 1;
      // The leaf itself is always a new one, even where its name was there before: so the model wrote it.
      if (container.last !== step || depth === steps.length) return depth;
    }
    return depth;
  }

  #enter(isList: boolean): string {
    this.#stack.push({ isList, last: undefined });
    return isList ? '[' : '{';
  }

  #step(step: Step): string {
    const container = this.#stack.at(-1);
    if (container === undefined) return '';
    const comma = container.last === undefined ? '' : ',';
    const skipped = container.isList ? skippedElements(container.last, step) : '';
    container.last = step;
    return container.isList ? comma + skipped : `${comma}${JSON.stringify(String(step))}:`;
  }

  #leave(depth: number): string {
    let text = '';
    while (this.#stack.length > depth) text += this.#stack.pop()?.isList ? ']' : '}';
    return text;
  }
}

/** More than this is no list that a model wrote. */
const MAX_SKIPPED = 1000;

/** Elements without a leaf (empty lists and objects have none) leave gaps in the numbers: filled, so that places stay right. */
function skippedElements(last: Step | undefined, step: Step): string {
  const gap = Number(step) - (last === undefined ? 0 : Number(last) + 1);
  return gap > 0 && gap <= MAX_SKIPPED ? 'null,'.repeat(gap) : '';
}

type Value = string | number | boolean | object | null;

/** The leaf; undefined if there is none. Numbers may come wrapped with their digits; "NaN" and the like are no JSON. */
function readValue({ stringValue, numberValue, boolValue, nullValue }: WirePartialArg): Value | undefined {
  if (typeof stringValue === 'string') return stringValue;
  if (typeof boolValue === 'boolean') return boolValue;
  if (typeof numberValue === 'number') return numberValue;
  if (typeof numberValue === 'object' && numberValue !== null)
    return Number.isFinite(Number(JSON.stringify(numberValue))) ? numberValue : null;
  return nullValue === undefined && numberValue === undefined ? undefined : null;
}

const STEP = /\.([^.[\]]+)|\[(\d{1,9})\]|\[(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)")\]/y;

/** The steps of a path such as $.list[0].name or $['a b']; what cannot be read is one name. */
function parsePath(path: string): readonly Step[] {
  const steps: Step[] = [];
  let at = path.startsWith('$') ? 1 : 0;
  while (at < path.length) {
    STEP.lastIndex = at;
    const match = STEP.exec(path);
    if (match === null) return [...steps, path.slice(at)];
    const [whole, name, index, single, double] = match;
    steps.push(index === undefined ? (name ?? unescapeName(single ?? double ?? '')) : Number(index));
    at += whole.length;
  }
  return steps;
}

function unescapeName(name: string): string {
  return name.replaceAll(/\\(['"\\/])/g, '$1');
}
