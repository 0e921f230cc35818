/** Numbers with units as they are written in a configuration: durations, percentages, sizes. Pure. */

const DURATION = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/;
const MS_PER_UNIT: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

const PERCENTAGE = /^(\d+(?:\.\d+)?)%$/;

const BYTES = /^(\d+(?:\.\d+)?)(B|KiB|MiB|GiB|kB|MB|GB)$/;
const BYTES_PER_UNIT: Readonly<Record<string, number>> = {
  B: 1,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  kB: 1e3,
  MB: 1e6,
  GB: 1e9,
};

/** Patterns of the written forms, for editors. */
export const UNIT_PATTERNS = {
  duration: DURATION.source,
  percentage: PERCENTAGE.source,
  bytes: BYTES.source,
} as const;

/** Milliseconds of a duration such as 500ms, 2s, 10m, 1h or 7d; undefined: it is none. */
export function parseDurationMs(text: string): number | undefined {
  return parseWithUnit(text, DURATION, MS_PER_UNIT);
}

/** Share, 0 to 1, of a percentage such as 20%; undefined: it is none. */
export function parsePercentage(text: string): number | undefined {
  const share = PERCENTAGE.exec(text)?.[1];
  return share === undefined || Number(share) > 100 ? undefined : Number(share) / 100;
}

/** Bytes of a size such as 512B, 16KiB or 8MiB, rounded; undefined: it is none. */
export function parseBytes(text: string): number | undefined {
  return parseWithUnit(text, BYTES, BYTES_PER_UNIT);
}

function parseWithUnit(text: string, form: RegExp, factors: Readonly<Record<string, number>>): number | undefined {
  const [, amount, unit = ''] = form.exec(text) ?? [];
  const factor = factors[unit];
  return amount === undefined || factor === undefined ? undefined : Math.round(Number(amount) * factor);
}
