/** Holds single values against their spec. Pure. */
import { parseUsdNanos } from '../model/prices.ts';
import { Secret } from '../model/secret.ts';
import { isReference, REFERENCE_FORMS, type References, type Resolved } from './references.ts';
import type { Spec } from './shape.ts';
import { suggestName } from './suggest.ts';
import { parseBytes, parseDurationMs, parsePercentage } from './units.ts';

/** Specs of single values. */
export type ScalarSpec = Exclude<Spec, { kind: 'object' | 'map' | 'list' }>;

/** The value, or what is wrong with it. */
export type Checked = { readonly value: unknown } | { readonly message: string };

/** Checks a value as it came out of YAML. Messages never quote what could be a secret. */
export function checkScalar(raw: unknown, spec: ScalarSpec, references: References): Checked {
  switch (spec.kind) {
    case 'boolean':
      return typeof raw === 'boolean' ? { value: raw } : { message: 'must be true or false' };
    case 'integer':
      return checkInteger(raw, spec);
    case 'duration':
      return checkDuration(raw, spec);
    case 'bytes':
      return checkBytes(raw, spec);
    case 'percentage':
      return checkPercentage(raw);
    case 'usd':
      return checkUsd(raw, spec);
    case 'choice':
      return checkChoice(raw, spec);
    case 'string':
      return checkText(raw, spec, references);
    case 'secret':
      return checkSecret(raw, references);
    case 'path':
      return checkPath(raw, references.findFile);
    case 'fileText':
      return checkPath(raw, references.readFile);
    default:
      return spec satisfies never;
  }
}

function checkInteger(raw: unknown, { min, max }: Extract<Spec, { kind: 'integer' }>): Checked {
  if (typeof raw === 'number' && Number.isInteger(raw) && raw >= min && raw <= max) return { value: raw };
  return { message: `must be a whole number from ${min} to ${max}` };
}

function checkDuration(raw: unknown, { minMs, maxMs }: Extract<Spec, { kind: 'duration' }>): Checked {
  const value = typeof raw === 'string' ? parseDurationMs(raw) : undefined;
  if (value === undefined) return { message: 'must be a duration with its unit, for instance 500ms, 2s or 10m' };
  if (value >= minMs && value <= maxMs) return { value };
  return { message: `must be from ${formatDuration(minMs)} to ${formatDuration(maxMs)}` };
}

function checkBytes(raw: unknown, { min, max }: Extract<Spec, { kind: 'bytes' }>): Checked {
  const value = typeof raw === 'string' ? parseBytes(raw) : undefined;
  if (value === undefined) return { message: 'must be a size with its unit, for instance 16KiB or 8MiB' };
  return value >= min && value <= max ? { value } : { message: `must be from ${min}B to ${max}B` };
}

function checkPercentage(raw: unknown): Checked {
  const value = typeof raw === 'string' ? parsePercentage(raw) : undefined;
  return value === undefined ? { message: 'must be a percentage from 0% to 100%, for instance 20%' } : { value };
}

/** A number without quotes is as good as it was written: its shortest form is that of the file, up to fifteen digits. */
function checkUsd(raw: unknown, { maxUsd }: Extract<Spec, { kind: 'usd' }>): Checked {
  const value = typeof raw === 'string' || typeof raw === 'number' ? parseUsdNanos(String(raw)) : undefined;
  if (value !== undefined && value <= maxUsd * 1e9) return { value };
  return {
    message: `must be an amount of US dollars from 0 to ${maxUsd}, for instance 0.25, with nine decimals at most`,
  };
}

function checkChoice(raw: unknown, { values, notServed }: Extract<Spec, { kind: 'choice' }>): Checked {
  if (typeof raw === 'string' && values.includes(raw)) return { value: raw };
  const served = values.length > 8 ? 'one of the words of docs/configuration.md' : values.join(' or ');
  if (typeof raw === 'string' && notServed.includes(raw))
    return { message: `${raw} is not served yet; only ${served}` };
  return { message: `must be ${served}${typeof raw === 'string' ? suggestName(raw, values) : ''}` };
}

function checkText(raw: unknown, { form, means }: Extract<Spec, { kind: 'string' }>, references: References): Checked {
  if (typeof raw !== 'string') {
    return { message: raw === null ? `is empty; it must be ${means}` : `must be ${means}; put it in quotes` };
  }
  const resolved = references.resolve(raw);
  if (!resolved.ok) return resolved;
  return form?.test(resolved.text) === false ? { message: `must be ${means}` } : { value: resolved.text };
}

function checkSecret(raw: unknown, references: References): Checked {
  if (typeof raw !== 'string' || !isReference(raw)) {
    return {
      message:
        'must be a reference and never the secret itself: put the secret into an environment variable or a file, and ' +
        `write ${REFERENCE_FORMS} here`,
    };
  }
  const resolved = references.resolve(raw);
  if (!resolved.ok) return resolved;
  return resolved.text === '' ? { message: `${raw} is empty` } : { value: new Secret(resolved.text) };
}

function checkPath(raw: unknown, find: (path: string) => Resolved): Checked {
  if (typeof raw !== 'string' || raw === '') return { message: 'must be the path of a file' };
  const found = find(raw);
  return found.ok ? { value: found.text } : found;
}

function formatDuration(milliseconds: number): string {
  const [factor, unit] =
    milliseconds % 3_600_000 === 0 && milliseconds > 0
      ? [3_600_000, 'h']
      : milliseconds % 60_000 === 0 && milliseconds > 0
        ? [60_000, 'm']
        : milliseconds % 1000 === 0
          ? [1000, 's']
          : [1, 'ms'];
  return `${milliseconds / Number(factor)}${unit}`;
}
