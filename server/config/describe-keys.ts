/** The reference of all keys, for docs/configuration.md. Pure. */
import { CONFIG } from './schema.ts';
import type { Field, Spec } from './shape.ts';

/** Markdown tables of all keys, one for each object: key, value, default, meaning. */
export function describeKeys(): string {
  const sections: string[] = [];
  describeObject('', CONFIG.spec, sections);
  return sections.join('\n');
}

function describeObject(path: string, spec: Spec, sections: string[]): void {
  const object = innerObject(spec);
  if (object === undefined) return;
  const rows = Object.entries(object.spec.fields).map(([key, field]) => describeField(key, field));
  sections.push(
    `### ${path === '' ? 'The file' : `\`${path}${object.suffix}\``}`,
    '',
    '| key | value | default | meaning |',
    '| --- | --- | --- | --- |',
    ...rows,
    '',
  );
  if (object.spec.notServed.length > 0) {
    sections.push(`Not served yet, and refused by name: ${object.spec.notServed.map(code).join(', ')}.`, '');
  }
  for (const [key, field] of Object.entries(object.spec.fields)) {
    describeObject(`${path}${object.suffix}${path === '' ? '' : '.'}${key}`, field.spec, sections);
  }
}

/** The object in a spec, through maps and lists. */
function innerObject(spec: Spec, suffix = ''): { spec: Extract<Spec, { kind: 'object' }>; suffix: string } | undefined {
  if (spec.kind === 'object') return { spec, suffix };
  if (spec.kind === 'map') return innerObject(spec.value, `${suffix}.<name>`);
  return spec.kind === 'list' ? innerObject(spec.item, `${suffix}[]`) : undefined;
}

function describeField(key: string, { doc, spec, default: value, presence }: Field<unknown>): string {
  const absent = value === undefined ? (presence === 'required' ? '**required**' : '–') : code(String(value) || '""');
  return `| ${code(key)} | ${describeValue(spec)} | ${absent} | ${doc.replaceAll('|', '\\|')} |`;
}

function describeValue(spec: Spec): string {
  switch (spec.kind) {
    case 'integer':
      return `whole number, ${spec.min} to ${spec.max}`;
    case 'boolean':
      return 'true or false';
    case 'bytes':
      return 'size, such as 16KiB';
    case 'duration':
      return 'duration, such as 2s';
    case 'percentage':
      return 'percentage, such as 20%';
    case 'usd':
      return 'US dollars, such as 0.25';
    case 'choice':
      return spec.values.length > 8 ? 'a feature (below)' : spec.values.map(code).join(' or ');
    case 'secret':
      return 'reference';
    case 'path':
    case 'fileText':
      return 'path of a file';
    case 'list':
      return `${spec.orOne ? 'one or a list' : 'list'} of ${describeValue(spec.item)}`;
    case 'map':
      return `by name: ${describeValue(spec.value)}`;
    case 'object':
      return spec.orOff ? 'object or `off`' : 'object';
    case 'string':
      return spec.means;
    default:
      return spec satisfies never;
  }
}

function code(text: string): string {
  return `\`${text}\``;
}
