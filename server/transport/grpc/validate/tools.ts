/** Checks of tools and of the choice among them. */
import type { Tool, ToolChoice } from '../../../model/wire.ts';
import { GrammarSyntax, ToolChoiceMode } from '../../../model/wire.ts';
import { checkSchema, parseObject } from './schema.ts';
import { at, type Findings, type Path } from './violations.ts';

const NAME = /^[A-Za-z0-9_-]{1,64}$/;
const MAX_TOOLS = 1024; // Ten times what providers take; a list of 10,000 is refused before anybody reads it.

/** Checks the tools. */
export function checkTools(path: Path, tools: readonly Tool[], found: Findings): void {
  if (tools.length > MAX_TOOLS) return found.add(path, `must be at most ${MAX_TOOLS}; there are ${tools.length}`);
  for (const [index, tool] of tools.entries()) checkTool({ parent: path, key: index }, tool, found);
}

function checkTool(path: Path, tool: Tool, found: Findings): void {
  const kind = tool.kind;
  switch (kind?.$case) {
    case undefined:
      return found.add(path, 'needs its kind: function, custom or provider');
    case 'function': {
      const place = at(path, 'function');
      checkName(at(place, 'name'), kind.value.name, found);
      if (kind.value.parametersJson !== '') {
        checkSchema(at(place, 'parameters_json'), kind.value.parametersJson, found);
      }
      return;
    }
    case 'custom': {
      const place = at(path, 'custom');
      checkName(at(place, 'name'), kind.value.name, found);
      if (kind.value.grammar?.syntax === GrammarSyntax.UNSPECIFIED) {
        found.add(at(at(place, 'grammar'), 'syntax'), 'must be set: LARK or REGEX');
      }
      return;
    }
    case 'provider':
      return checkProviderTool(at(path, 'provider'), kind.value.dialect, kind.value.definitionJson, found);
    default:
      kind satisfies never;
  }
}

function checkProviderTool(path: Path, dialect: string, definitionJson: string, found: Findings): void {
  if (dialect === '') found.add(at(path, 'dialect'), 'must be set, for instance anthropic.messages');
  const definition = parseObject(definitionJson);
  if (typeof definition === 'string') found.add(at(path, 'definition_json'), definition);
}

function checkName(path: Path, name: string, found: Findings): void {
  if (!NAME.test(name)) found.add(path, 'must be 1 to 64 of A-Z a-z 0-9 _ -');
  else if (found.toolNames.has(name)) found.add(path, `must be unique; ${JSON.stringify(name)} stands twice`);
  found.toolNames.add(name);
}

/** Checks the choice among the tools, which are checked before. */
export function checkToolChoice(path: Path, choice: ToolChoice, found: Findings): void {
  if (found.toolNames.size === 0) found.add(path, 'needs tools');
  const value = choice.choice;
  switch (value?.$case) {
    case undefined:
      return found.add(path, 'needs its choice: mode, name or allowed');
    case 'mode':
      return checkMode(at(path, 'mode'), value.value, found);
    case 'name':
      return checkKnown(at(path, 'name'), value.value, found);
    case 'allowed': {
      const place = at(path, 'allowed');
      checkMode(at(place, 'mode'), value.value.mode, found);
      if (value.value.mode === ToolChoiceMode.NONE) found.add(at(place, 'mode'), 'must be AUTO or REQUIRED');
      if (value.value.names.length === 0) found.add(at(place, 'names'), 'needs at least one name');
      for (const [index, name] of value.value.names.entries()) checkKnown(at(place, 'names', index), name, found);
      return;
    }
    default:
      value satisfies never;
  }
}

function checkMode(path: Path, mode: ToolChoiceMode, found: Findings): void {
  if (mode === ToolChoiceMode.UNSPECIFIED) found.add(path, 'must be set: AUTO, NONE or REQUIRED');
}

function checkKnown(path: Path, name: string, found: Findings): void {
  if (!found.toolNames.has(name))
    found.add(path, `no tool of this request has the name ${JSON.stringify(name.slice(0, 64))}`);
}
