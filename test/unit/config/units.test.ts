/** Written forms of numbers, and names that are nearly right. */
import assert from 'node:assert/strict';
import { suggestName } from '../../../server/config/suggest.ts';
import { parseBytes, parseDurationMs, parsePercentage } from '../../../server/config/units.ts';

describe('units', () => {
  const cases: readonly (readonly [(text: string) => number | undefined, string, number | undefined])[] = [
    [parseDurationMs, '500ms', 500],
    [parseDurationMs, '2s', 2000],
    [parseDurationMs, '1.5s', 1500],
    [parseDurationMs, '10m', 600_000],
    [parseDurationMs, '1h', 3_600_000],
    [parseDurationMs, '7d', 604_800_000],
    [parseDurationMs, '0s', 0],
    [parseDurationMs, '2', undefined],
    [parseDurationMs, '2 s', undefined],
    [parseDurationMs, '-2s', undefined],
    [parseDurationMs, '2sec', undefined],
    [parseDurationMs, '', undefined],
    [parsePercentage, '20%', 0.2],
    [parsePercentage, '0.5%', 0.005],
    [parsePercentage, '100%', 1],
    [parsePercentage, '101%', undefined],
    [parsePercentage, '0.2', undefined],
    [parseBytes, '512B', 512],
    [parseBytes, '16KiB', 16_384],
    [parseBytes, '8MiB', 8_388_608],
    [parseBytes, '1GiB', 1_073_741_824],
    [parseBytes, '1.5MB', 1_500_000],
    [parseBytes, '8M', undefined],
    [parseBytes, '8', undefined],
  ];
  for (const [parse, text, value] of cases) {
    it(`${parse.name} makes ${value} of "${text}"`, () => assert.equal(parse(text), value));
  }
});

describe('suggestName', () => {
  const known = ['apiKey', 'baseUrl', 'maxConnections', 'host'];
  const cases: readonly (readonly [string, string])[] = [
    ['baseURL', '; did you mean "baseUrl"?'],
    ['apikey', '; did you mean "apiKey"?'],
    ['hsot', '; did you mean "host"?'],
    ['max_connections', '; did you mean "maxConnections"?'],
    ['timeout', ''],
    ['', ''],
  ];
  for (const [wrong, hint] of cases) {
    it(`for "${wrong}" gives "${hint}"`, () => assert.equal(suggestName(wrong, known), hint));
  }
});
