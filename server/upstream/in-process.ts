/** The simulator as an exchange, within the process: framing and dialect above it see no difference from HTTP. */
import type { Clock } from '../model/clock.ts';
import { GatewayError } from '../model/errors.ts';
import type { Provider } from '../model/target.ts';
import { asObject, tryParseJson } from '../providers/shared/json.ts';
import { parseSimulatorSettings, type Script, type SimulatorSettings, simulate } from '../providers/simulator/index.ts';
import type { Exchange, UpstreamRequest } from './exchange.ts';
import { ScriptPlayer } from './script-player.ts';

/** What an in-process exchange runs on. */
export interface InProcessOptions {
  readonly clock: Clock;
  /** How long `close` lets running replies go on, in milliseconds. Default: 5,000. */
  readonly closeGraceMs?: number;
}

const DEFAULT_CLOSE_GRACE_MS = 5_000;

/** An exchange that answers every request by the simulator, with the settings of the request's provider. */
export function createInProcessExchange({ clock, closeGraceMs }: InProcessOptions): Exchange {
  const simulators = new WeakMap<Provider, Simulator>();
  const running = new Set<ScriptPlayer>();
  const idle = Promise.withResolvers<void>();
  let closing: Promise<void> | undefined;
  return {
    send(request, sink) {
      const player = new ScriptPlayer({ sink, clock, onOver });
      running.add(player);
      if (closing === undefined) player.start(() => writeScript(request, simulators));
      else player.fail(shutDown());
      return player;

      function onOver(): void {
        running.delete(player);
        if (closing !== undefined && running.size === 0) idle.resolve();
      }
    },
    close() {
      closing ??= closeWithin(closeGraceMs ?? DEFAULT_CLOSE_GRACE_MS);
      return closing;
    },
  };

  async function closeWithin(graceMs: number): Promise<void> {
    if (running.size === 0) return;
    const cancel = clock.setTimer(idle.resolve, graceMs);
    await idle.promise;
    cancel();
    for (const player of running) player.fail(shutDown());
  }
}

function shutDown(): GatewayError {
  return new GatewayError('SERVER_DRAINING', 'the gateway shuts down');
}

/** One configured simulator: its settings, and how many calls each of its models has had. */
interface Simulator {
  readonly settings: SimulatorSettings;
  readonly callCounts: Map<unknown, number>;
}

function openSimulator({ settings }: Provider): Simulator {
  return { settings: parseSimulatorSettings(settings), callCounts: new Map() };
}

function writeScript(request: UpstreamRequest, simulators: WeakMap<Provider, Simulator>): Script {
  const { provider, method, path } = request;
  const simulator = simulators.get(provider) ?? openSimulator(provider);
  simulators.set(provider, simulator);
  const body = tryParseJson(request.body);
  const model = asObject(body)?.model;
  const callIndex = simulator.callCounts.get(model) ?? 0;
  simulator.callCounts.set(model, callIndex + 1);
  return simulate({ method, path, body, callIndex }, simulator.settings);
}
