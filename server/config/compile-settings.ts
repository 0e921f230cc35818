/** The settings that only some hosts have: the simulator's, and those that rows of the catalogue name. Pure. */
import type { Provider } from '../model/target.ts';
import type { HOSTS } from '../providers/catalog.ts';
import type { CompileScope } from './compile-scope.ts';
import type { Path } from './faults.ts';
import { HOST_SETTING_NAMES } from './host-settings.ts';
import type { ProviderConfig, SimulatorFaultConfig } from './schema.ts';

type FaultKey = keyof SimulatorFaultConfig;

/** What each kind of fault takes beside model and every. */
const FAULT_KEYS: Readonly<Record<SimulatorFaultConfig['kind'], readonly FaultKey[]>> = {
  status: ['status', 'headers', 'body', 'message', 'code'],
  stall: ['afterChunks', 'forMs'],
  cut: ['afterChunks', 'how'],
  malformed: ['afterChunks'],
  'error-event': ['afterChunks', 'message', 'code'],
};

const COMMON_KEYS: readonly FaultKey[] = ['kind', 'model', 'every'];

type Host = NonNullable<ReturnType<(typeof HOSTS)['get']>>;
interface Place {
  readonly path: Path;
  readonly report: CompileScope['report'];
}

/** The settings of a provider's host, in the form in which the host reads them: texts, and secrets as such. */
export function compileSettings(written: ProviderConfig, host: Host, place: Place): Provider['settings'] {
  return { ...compileHostSettings(written, host, place), ...compileSimulator(written, host, place) };
}

function compileHostSettings(written: ProviderConfig, host: Host, { path, report }: Place): Provider['settings'] {
  const settings: Record<string, unknown> = { ...host.defaults };
  for (const key of HOST_SETTING_NAMES) {
    const value = written[key];
    if (value === undefined) continue;
    if (host.settings.includes(key)) settings[key] = value;
    else report([...path, key], `has no meaning for host ${host.id}; leave it away`);
  }
  return settings;
}

function compileSimulator(
  { seed, firstTokenMs, tokensPerSecond, faults }: ProviderConfig,
  host: Host,
  { path, report }: Place,
): Provider['settings'] {
  const settings = present({ seed, firstTokenMs, tokensPerSecond, faults: faults.length > 0 ? faults : undefined });
  if (host.place === 'network') {
    for (const key of Object.keys(settings)) report([...path, key], `is for host simulator only, not for ${host.id}`);
    return {};
  }
  return present({
    ...settings,
    faults: faults.map((fault, index) => compileFault(fault, [...path, 'faults', index], report)),
  });
}

function compileFault(
  fault: SimulatorFaultConfig,
  path: Path,
  report: CompileScope['report'],
): Readonly<Record<string, unknown>> {
  const { headers, ...rest } = fault;
  const written = present({ ...rest, headers: headers.size > 0 ? Object.fromEntries(headers) : undefined });
  const allowed: readonly string[] = [...COMMON_KEYS, ...FAULT_KEYS[fault.kind]];
  for (const key of Object.keys(written)) {
    if (!allowed.includes(key)) report([...path, key], `has no meaning for a fault of kind ${fault.kind}`);
  }
  if (fault.kind === 'status' && fault.status === undefined) report(path, 'a fault of kind status needs a status');
  return written;
}

function present(values: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}
