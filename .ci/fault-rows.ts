/** What docs/faults.md says of each fault that does not follow from the tests: its name, where its cells are asserted, what waits. */

/** What a row asserts. */
export type Cell = 'client' | 'recorded' | 'provider' | 'others';

/** A file under test/faults without its ending, whose tests named by the row assert the cell. */
type File = string;

/** One row. */
export interface FaultRow {
  readonly row: number;
  readonly fault: string;
  /** Absent: the row has no such cell. */
  readonly cells: Readonly<Partial<Record<Cell, File>>>;
  /** Parts of cells that wait for something that does not exist yet; `all`: the whole row. */
  readonly waits: Readonly<Partial<Record<Cell | 'all', string>>>;
}

const AUDIT = 'the audit log; until then the call is in the log and the metrics';
const LEDGER = 'the ledger; until then usage is in CallFailure, the log and the metrics';
const ESTIMATE = 'the ledger, which estimates what no provider reported; until then such usage is unknown';

/** All four cells in one file. */
function whole(file: File): FaultRow['cells'] {
  return { client: file, recorded: file, provider: file, others: file };
}

/** At the listener: no provider has a part in it. */
function edge(file: File): FaultRow['cells'] {
  return { client: file, recorded: file, others: file };
}

/** What grpc-js refuses by itself. */
function library(file: File): FaultRow['cells'] {
  const beside = 'row-22-to-29-beside-honest-calls';
  return { client: file, recorded: file, provider: beside, others: beside };
}

/** What has no others to harm. */
function alone(file: File): FaultRow['cells'] {
  return { client: file, recorded: file };
}

type Waits = FaultRow['waits'];

function row(number: number, fault: string, cells: FaultRow['cells'], waits: Waits = {}): FaultRow {
  return { row: number, fault, cells, waits };
}

function later(number: number, fault: string, waits: string): FaultRow {
  return { row: number, fault, cells: {}, waits: { all: waits } };
}

const IDENTITIES = 'row-01-to-09-identities';
const DEADLINES = 'row-12-to-15-deadlines';
const CANCELS = 'row-17-to-19-cancels';
const LIBRARY = 'row-22-to-28-refused-by-grpc-js';
const FLOODS = 'row-30-to-32-frame-floods';
const LENGTHS = 'row-35-36-prompt-too-long';
const CONNECTIONS = 'row-44-to-46-no-connection';
const STALLS = 'row-47-to-49-stalls';
const BREAKS = 'row-50-to-55-broken-connections';
const LIMITED = 'row-56-to-58-rate-limited';
const REFUSALS = 'row-61-to-64-refusals';
const STREAMS = 'row-65-66-odd-streams';
const TOO_MUCH = 'row-67-68-too-much';
const SIGTERM = 'row-93-94-sigterm';
const RELOADS = 'row-104-106-reloads';
const CERTIFICATES = 'row-107-108-certificates-change';

/** Every row of the fault table. */
export const FAULT_ROWS: readonly FaultRow[] = [
  row(1, 'no client certificate', edge(IDENTITIES)),
  row(2, 'wrong CA, expired, not yet valid, no client usage', edge('row-02-wrong-client-certificate')),
  row(3, 'a certificate of nobody who is configured', whole(IDENTITIES), { recorded: AUDIT }),
  row(4, 'a certificate that is no SVID', whole(IDENTITIES), { recorded: AUDIT }),
  later(5, 'missing, unknown or revoked key', 'API keys'),
  later(6, 'a key used by another identity', 'API keys'),
  later(7, 'forged tokens', 'tokens'),
  later(8, 'keys of the token issuer away', 'tokens'),
  row(9, 'a model that was not given', whole(IDENTITIES), { recorded: AUDIT }),
  later(10, 'rate limit', 'limits'),
  later(11, 'budget used up', 'budgets'),
  row(12, 'a deadline too near', whole(DEADLINES)),
  row(13, 'deadline before the first byte', whole(DEADLINES), { recorded: ESTIMATE }),
  row(14, 'deadline within a stream', whole(DEADLINES), { recorded: ESTIMATE }),
  row(15, 'no deadline', whole(DEADLINES), { recorded: ESTIMATE }),
  row(16, 'grpc-timeout over 2^31 ms', alone('row-16-timeout-overflow')),
  row(17, 'cancelled before dispatch', whole(CANCELS)),
  row(18, 'cancelled before the first byte', whole(CANCELS), { recorded: ESTIMATE }),
  row(19, 'cancelled within a stream', whole(CANCELS), { recorded: ESTIMATE }),
  row(20, 'a slow reader', whole('row-20-slow-reader'), { recorded: ESTIMATE }),
  row(21, 'a client vanishes', edge('row-21-client-vanishes'), { recorded: ESTIMATE }),
  row(22, 'a request over the limit', library(LIBRARY)),
  row(23, 'gzip bombs', library(LIBRARY)),
  row(24, 'corrupt gzip', library(LIBRARY)),
  row(25, 'an unknown encoding', library(LIBRARY)),
  row(26, 'malformed protobuf', library(LIBRARY)),
  row(27, 'unknown methods and services', library(LIBRARY)),
  row(28, 'a wrong content type', library(LIBRARY)),
  row(29, 'header bombs', library('row-29-header-bomb')),
  row(30, 'rapid resets', alone(FLOODS)),
  row(31, 'CONTINUATION floods, malformed HEADERS', alone(FLOODS)),
  row(32, 'floods of PING and SETTINGS', alone(FLOODS)),
  row(33, 'connection floods', edge('row-33-connection-flood')),
  row(34, 'more calls than streams', { client: 'row-34-max-concurrent-streams' }),
  row(35, 'a prompt over the context window', whole(LENGTHS)),
  row(36, "the tokenizer's worst cases", whole(LENGTHS)),
  later(37, 'deep, wide or evil JSON Schemas', 'a test by its row; validation refuses them already'),
  row(38, 'protobuf bombs', whole('row-38-protobuf-bombs')),
  later(39, 'the same idempotency key in progress', 'the store'),
  later(40, 'the same key, done', 'the store'),
  later(41, 'the same key, another body', 'the store'),
  later(42, 'the same key, another tenant', 'the store'),
  later(43, 'a key whose owner died', 'the store'),
  row(44, 'a name that does not resolve', whole(CONNECTIONS), { others: 'breakers' }),
  row(45, 'no connection', whole(CONNECTIONS)),
  row(46, 'wrong TLS', whole(CONNECTIONS)),
  row(47, 'a stall before output', whole(STALLS), { recorded: ESTIMATE }),
  row(48, 'a stall within a unary reply', whole(STALLS), { recorded: ESTIMATE }),
  row(49, 'a stall within a stream', whole(STALLS), { client: 'resume tokens', recorded: ESTIMATE }),
  row(50, 'a reset before headers', whole(BREAKS), { recorded: ESTIMATE }),
  row(51, 'a reset within a stream', whole(BREAKS), { recorded: ESTIMATE }),
  row(52, 'an end without the finish', whole(BREAKS), { recorded: ESTIMATE }),
  row(53, 'an end while the request is sent', whole(BREAKS), { recorded: ESTIMATE }),
  row(54, 'a stale kept connection', whole(BREAKS)),
  row(55, 'slow-loris', whole(BREAKS), { recorded: ESTIMATE }),
  row(56, '429 with Retry-After', whole(LIMITED), { others: 'shared state, by which replicas tell each other' }),
  row(57, 'Retry-After beyond the deadline', whole(LIMITED)),
  row(58, 'strange values of Retry-After', whole(LIMITED)),
  later(59, 'a storm of 5xx', 'breakers'),
  later(60, 'overloaded providers', 'breakers and adaptive limits'),
  row(61, 'the provider refuses the key', whole(REFUSALS)),
  row(62, 'the provider rejects the request', whole(REFUSALS)),
  row(63, 'redirects', whole(REFUSALS)),
  row(64, '200 with HTML or broken JSON', whole(REFUSALS), { recorded: ESTIMATE }),
  row(65, 'characters cut between chunks', whole(STREAMS)),
  row(66, 'odd lines and errors within streams', whole(STREAMS)),
  row(67, 'a line of a gibibyte, a million events', whole(TOO_MUCH), { recorded: ESTIMATE }),
  row(68, 'compressed bombs from providers', whole(TOO_MUCH), { recorded: ESTIMATE }),
  row(69, 'usage that is none', whole('row-69-usage'), { recorded: ESTIMATE }),
  row(70, 'replies over the cap', whole('row-70-reply-too-large'), { client: 'clients of other languages' }),
  row(71, 'tool calls that are cut', whole('row-71-tool-calls')),
  later(72, 'Redis down at start', 'Redis'),
  later(73, 'Redis dies', 'Redis'),
  later(74, 'Redis is slow', 'Redis'),
  later(75, 'a reply of Redis is lost', 'Redis'),
  later(76, 'READONLY after a failover', 'Redis'),
  later(77, 'a failover loses writes', 'Redis'),
  later(78, 'Redis out of memory', 'Redis'),
  later(79, 'an evicting policy', 'Redis'),
  later(80, 'scripts flushed', 'Redis'),
  later(81, 'busy, flushed or poisoned keys', 'Redis'),
  later(82, 'a replica without Redis', 'Redis'),
  later(83, 'clocks that differ', 'Redis'),
  later(84, 'a herd of reconnects', 'Redis'),
  later(85, 'a poisoned cache', 'the cache'),
  later(86, 'a cache stampede', 'the cache'),
  later(87, 'killed within a unary call', 'the ledger'),
  later(88, 'killed within a stream', 'resume tokens'),
  later(89, 'a crash before settlement', 'the ledger'),
  later(90, 'a crash before dispatch', 'the ledger'),
  later(91, 'two settlers', 'the ledger'),
  later(92, 'a late settlement', 'the ledger'),
  row(93, 'SIGTERM while streams run', whole(SIGTERM), { client: 'resume tokens', recorded: ESTIMATE }),
  row(94, 'SIGTERM with silent sockets', edge('row-93-to-95-drain')),
  row(95, 'a new call while draining', edge('row-93-to-95-drain')),
  row(96, 'faults that nobody catches', whole('row-96-uncaught'), { recorded: LEDGER, others: 'other replicas' }),
  row(97, 'lone surrogates', whole('row-97-lone-surrogates')),
  later(98, 'the event loop stalls', 'load shedding'),
  later(99, 'the heap fills', 'load shedding'),
  later(100, 'more load than capacity', 'load shedding'),
  row(101, 'no file descriptors left', whole('row-101-emfile')),
  row(102, 'the collector is down, silent or refuses', whole('row-102-collector')),
  later(103, 'the log cannot be written', 'the audit log; the log itself has its test in test/unit/telemetry'),
  row(104, 'a bad configuration', edge(RELOADS), { client: "the admin RPC's CONFIG_INVALID", recorded: AUDIT }),
  row(105, 'a half-written configuration', edge('row-105-half-written-config')),
  row(106, 'a reload takes away what is in use', whole(RELOADS)),
  row(107, 'certificates rotate', edge(CERTIFICATES), { recorded: AUDIT }),
  row(108, 'certificate files missing or broken', edge(CERTIFICATES)),
  row(109, 'a certificate expires', { recorded: CERTIFICATES }, { client: 'a test with a certificate of a minute' }),
  later(110, 'a client certificate is revoked', 'revocation'),
  row(111, 'price unknown', whole('row-111-price-unknown'), { client: 'strict budgets, which refuse such a call' }),
  row(112, 'large error details', whole('row-112-large-details'), { client: 'clients of other languages' }),
];

/** One item of faults.md section 6: what grpc-js, nice-grpc or the runtime gets wrong. */
export interface Pitfall {
  readonly item: number;
  readonly what: string;
  /** Rows whose tests guard it, beside the tests that are named by the item. */
  readonly rows?: readonly number[];
  /** Tests that guard it without naming it: path under test/ and title. */
  readonly also?: readonly (readonly [path: string, title: string])[];
  /** What it waits for. */
  readonly waits?: string;
}

/** Every item. */
export const PITFALLS: readonly Pitfall[] = [
  { item: 1, what: 'a lone surrogate in a status text ends the process', rows: [97] },
  { item: 2, what: 'corrupt compressed messages end the process before 1.14.4', rows: [24] },
  { item: 3, what: 'grpc-timeout overflows an int32', rows: [16] },
  { item: 4, what: 'the order of parameters of certificate providers is swapped' },
  { item: 5, what: 'FileWatcherCertificateProvider drops every new connection', rows: [108] },
  { item: 6, what: 'setSecureContext forgets what it is not told again', rows: [107] },
  { item: 7, what: 'HTTP/2 options that grpc-js does not know' },
  { item: 8, what: 'defaults without limits' },
  { item: 9, what: 'refusals before user code are not seen', rows: [22, 25, 26, 27, 28] },
  { item: 10, what: 'tryShutdown waits for ever', rows: [94] },
  { item: 11, what: 'back-pressure counts messages; drain never comes after a cancel', rows: [20] },
  { item: 12, what: "nice-grpc's context has neither deadline nor certificate" },
  { item: 13, what: 'an aborted signal stops nothing; unknown errors get out', rows: [18, 19] },
  {
    item: 14,
    what: 'clients have no connect timeout and retry behind the back',
    also: [
      ['clients/calls.test.ts', 'end a call at its deadline, here and there'],
      ['clients/retries.test.ts', 'reach a gateway that cannot be reached three times, too'],
    ],
  },
  {
    item: 15,
    what: 'lost sessions are UNAVAILABLE or INTERNAL',
    also: [['clients/calls.test.ts', 'are TRANSPORT where nobody gave a reason']],
  },
  { item: 16, what: 'oversize trailers leave a client hanging', rows: [112] },
  { item: 17, what: 'a ping that is outstanding destroys the connection' },
  { item: 18, what: 'channelz is on' },
  { item: 19, what: 'health watches block the shutdown', rows: [93] },
  { item: 20, what: 'messages of one frame decompress at once', rows: [23] },
  { item: 21, what: 'deadlines follow the wall clock' },
  { item: 22, what: 'the defence against rapid resets is per connection', rows: [30] },
  { item: 23, what: "ioredis' defaults hang in an outage", waits: 'Redis' },
  { item: 24, what: "undici's defaults kill long thinking or hide stalls", rows: [18, 47, 49, 67] },
  { item: 25, what: 'uncaught faults must not be survived', rows: [96] },
];
