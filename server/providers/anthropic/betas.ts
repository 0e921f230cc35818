/** The anthropic-beta header: only what a request itself makes necessary. */
import { asList, asObject, asText } from '../shared/json.ts';

/** Names of the betas that a body needs, joined by commas; empty if it needs none. */
export function findBetas(body: Readonly<Record<string, unknown>>): string {
  const betas = new Set<string>();
  for (const [member, beta] of BETAS_OF_MEMBERS) {
    if (member in body) betas.add(beta);
  }
  for (const tool of asList(body.tools)) {
    const beta = BETAS_OF_TOOLS.get(asText(asObject(tool)?.type) ?? '');
    if (beta !== undefined) betas.add(beta);
  }
  return [...betas].join(',');
}

/** Members that only provider options bring. Names as of the SDK 1.12.0, read 2026-11-24. */
const BETAS_OF_MEMBERS: readonly (readonly [member: string, beta: string])[] = [
  ['context_management', 'context-management-2025-06-27'],
  ['mcp_servers', 'mcp-client-2025-11-20'],
  ['speed', 'fast-mode-2026-02-01'],
];

const BETAS_OF_TOOLS: ReadonlyMap<string, string> = new Map([
  ['computer_20250124', 'computer-use-2025-01-24'],
  ['computer_20251124', 'computer-use-2025-11-24'],
  ['mcp_toolset', 'mcp-client-2025-11-20'],
]);
