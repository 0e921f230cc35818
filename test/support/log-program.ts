/** A process that logs to standard output and tells its parent what became of it. Started by log.test.ts. */
import { systemClock } from '../../server/model/clock.ts';
import { createTelemetry } from '../../server/telemetry/telemetry.ts';

const LINES = 5000;
const mode = process.argv[2];
let dropped = 0;

const telemetry = createTelemetry(
  { otlpUrl: undefined, logLevel: 'info' },
  { clock: systemClock, version: '0', secrets: () => [] },
);
const { log, metrics } = telemetry;

/** Lines of about 1 kB, in rounds, so that the sink has turns of the event loop to write in. */
async function writeLines(): Promise<void> {
  for (let n = 0; n < LINES; n += 1) {
    log.info({ n, filler: 'x'.repeat(1000) }, 'line');
    if (n % 100 === 99) await new Promise((resolve) => setImmediate(resolve));
  }
}

async function writeUntilDropped(): Promise<number> {
  let written = 0;
  for (dropped = countDropped(); dropped === 0; dropped = countDropped()) {
    await writeLines();
    written += LINES;
  }
  return written;
}

function countDropped(): number {
  return metrics.families.dropped.with({ kind: 'log' }).value;
}

const keepAlive = setInterval(() => undefined, 1000);
if (mode === 'read') await writeLines();
else {
  const written = await writeUntilDropped();
  process.send?.({ written, dropped });
}
await telemetry.shutdown(mode === 'read' ? 5000 : 200);
clearInterval(keepAlive);
process.exit(0); // As the gateway ends: what a stuck reader has not taken keeps a stream open.
