/** What is wrong with a configuration, and where. */
import { GatewayError } from '../model/errors.ts';

/** Where something stands in a configuration: names of keys and numbers of list items. */
export type Path = readonly (string | number)[];

/** One fault. */
export interface Fault {
  /** The file as it was named. */
  readonly file: string;
  /** From 1; 0: the file as a whole. */
  readonly line: number;
  /** From 1; 0: the file as a whole. */
  readonly column: number;
  readonly path: Path;
  /** What is wrong and how to mend it. Never a secret. */
  readonly message: string;
}

/** A fault as one line: file, line and column as editors understand them, the path, the message. */
export function formatFault({ file, line, column, path, message }: Fault): string {
  const place = line === 0 ? file : `${file}:${line}:${column}`;
  const where = formatPath(path);
  return where === '' ? `${place}: ${message}` : `${place}: ${where}: ${message}`;
}

/** A path as it is written in messages, for instance models.chat.deployments[0].provider. */
export function formatPath(path: Path): string {
  return path
    .map((step, index) => {
      if (typeof step === 'number') return `[${step}]`;
      const plain = /^[A-Za-z0-9_-]+$/.test(step) ? step : JSON.stringify(step);
      return index === 0 ? plain : `.${plain}`;
    })
    .join('');
}

/** The faults in the order of the file. */
export function sortFaults(faults: readonly Fault[]): readonly Fault[] {
  return faults.toSorted((a, b) => a.line - b.line || a.column - b.column);
}

/** All faults as one CONFIG_INVALID, a line each. */
export function configInvalid(faults: readonly Fault[]): GatewayError {
  return new GatewayError('CONFIG_INVALID', faults.map(formatFault).join('\n'));
}
