/** Bounds on the JSON Schemas that callers bring. Schemas are looked at, never run: no pattern is executed. */
import type { Findings, Path } from './violations.ts';

const MAX_DEPTH = 32;
const MAX_NODES = 5000; // Row 37 of the fault table; OpenAI's own limit is 5,000 properties.

/** What is wrong with a schema: its text, or its size. */
export interface SchemaFault {
  readonly kind: 'invalid' | 'complex';
  readonly description: string;
}

/** Looks at a schema's text. Undefined: it is a JSON object within the bounds that refers only to itself. */
export function findSchemaFault(text: string): SchemaFault | undefined {
  const parsed = parseObject(text);
  if (typeof parsed === 'string') return { kind: 'invalid', description: parsed };
  return measure(parsed);
}

/** Notes what is wrong with a schema; complexity apart, because it has a reason of its own. */
export function checkSchema(path: Path, text: string, found: Findings): void {
  const fault = findSchemaFault(text);
  if (fault === undefined) return;
  if (fault.kind === 'invalid') found.add(path, fault.description);
  else found.addComplex(path, fault.description);
}

/** The JSON object in a text, or a sentence that says what is wrong with it. The parser's own words quote the text. */
export function parseObject(text: string): Readonly<Record<string, unknown>> | string {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    const place = /at position (\d+)/.exec(String(error))?.[1];
    return place === undefined ? 'must be JSON' : `must be JSON; it is not at position ${place}`;
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return 'must be a JSON object';
  return value as Readonly<Record<string, unknown>>; // An object that is neither null nor an array.
}

function measure(schema: object): SchemaFault | undefined {
  const open: [value: object, depth: number][] = [[schema, 1]];
  let nodes = 0;
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const [value, depth] = next;
    nodes += 1;
    if (depth > MAX_DEPTH) return complexity(`is deeper than ${MAX_DEPTH} levels`);
    if (nodes > MAX_NODES) return complexity(`has more than ${MAX_NODES} nodes`);
    for (const [key, child] of Object.entries(value)) {
      if (key === '$ref' && typeof child === 'string' && !child.startsWith('#')) {
        return complexity(
          `refers to ${JSON.stringify(child.slice(0, 100))}; only references within the schema (#…) are followed`,
        );
      }
      if (typeof child === 'object' && child !== null) open.push([child, depth + 1]);
    }
  }
  return undefined;
}

function complexity(description: string): SchemaFault {
  return { kind: 'complex', description };
}
