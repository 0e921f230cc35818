/**
 * The configuration, key by key: shape, unit, default and meaning of each. This is the only place that knows them; the
 * checker, the types, the JSON Schema for editors and the reference in docs/configuration.md are made from it.
 */

import { FEATURES } from './features.ts';
import { HOST_SETTINGS } from './host-settings.ts';
import { describeSchema } from './json-schema.ts';
import { priceFields } from './price-schema.ts';
import { REFERENCE_FORMS } from './references.ts';
import {
  bytes,
  choice,
  duration,
  fileText,
  flag,
  integer,
  list,
  map,
  object,
  objectOrOff,
  oneOrMore,
  optional,
  path,
  percentage,
  required,
  secret,
  section,
  text,
  type ValueOf,
  withDefault,
} from './shape.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const KIB = 2 ** 10;
const MIB = 2 ** 20;
const GIB = 2 ** 30;

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
const NAME_MEANS = '1 to 64 letters, digits, dots, underscores and hyphens, beginning with a letter or digit';
const ALIAS = /^[A-Za-z0-9][A-Za-z0-9._/:-]{0,127}$/;
const ALIAS_MEANS = '1 to 128 letters, digits and . _ / : -, beginning with a letter or digit';
const TAG_MEANS = '1 to 64 printable characters without spaces';
const TAG = /^[!-~]{1,64}$/;
const ADDRESS = /^(\[[0-9A-Fa-f:.]+\]|[^\s:/[\]]+):\d{1,5}$/;
const ADDRESS_MEANS = 'host:port, for instance 127.0.0.1:7443 or [::1]:7443';
const URL_FORM = /^https?:\/\/[^\s]+$/;
const URL_MEANS = 'a URL that begins with https:// or http://';
// The SPIFFE ID standard, section 2: lower-case trust domain, path of letters, digits and . _ -, no dot segments.
const SPIFFE_ID = /^spiffe:\/\/[a-z0-9._-]{1,255}(\/(?!\.{1,2}(\/|$))[A-Za-z0-9._-]+)+$/;
const SPIFFE_MEANS = 'a SPIFFE ID such as spiffe://corp.example/ns/shop/sa/checkout';
const DNS_NAME =
  /^(?=.{1,253}$)([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)(\.[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*$/;
const DNS_MEANS = 'a DNS name without wildcards such as checkout.shop.example';
const SUBJECT = new RegExp(`${SPIFFE_ID.source}|^dns:[A-Za-z0-9.-]{1,253}$`);
const HEADER = /^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,128}$/;
const SINGLE_LINE = /^[^\p{Cc}]{1,4096}$/u;
const WORD = /^[^\p{Cc}]{1,256}$/u;

const serverTls = object({
  cert: withDefault('Certificate chain of the listener, PEM. Changes on disk are picked up.', path(), 'tls/server.pem'),
  key: withDefault('Its private key, PEM.', path(), 'tls/server.key'),
  clientCa: withDefault('CA that client certificates must come from, PEM. A private one.', path(), 'tls/ca.pem'),
  clientAuth: withDefault(
    'Whether clients must show a certificate.',
    choice(['require'], ['none', 'request']),
    'require',
  ),
});

const grpcListener = object({
  address: withDefault('Where services call. Port 0 takes a free one.', text(ADDRESS, ADDRESS_MEANS), '0.0.0.0:7443'),
  tls: section('TLS 1.3. Callers are known by their certificates, so it cannot be turned off here.', serverTls),
  reflection: withDefault('Whether known clients may use gRPC reflection on this port.', flag(), false),
});

const adminHttpListener = objectOrOff({
  address: withDefault(
    'Metrics, /livez and /readyz over plain HTTP. May be the address of the pod.',
    text(ADDRESS, ADDRESS_MEANS),
    '127.0.0.1:7445',
  ),
});

const adminGrpcListener = objectOrOff({
  address: withDefault(
    'Reflection and health over gRPC. Off loopback it needs tls and clients.',
    text(ADDRESS, ADDRESS_MEANS),
    '127.0.0.1:7446',
  ),
  tls: optional('TLS of this listener.', serverTls),
  clients: section(
    'Subjects that may use it, as spiffe://… or dns:name.',
    list(text(SUBJECT, 'a subject: spiffe://trust-domain/path or dns:name')),
  ),
});

const connectionLimits = object({
  keepaliveInterval: withDefault('Pings to silent clients.', duration(SECOND, HOUR), '30s'),
  keepaliveTimeout: withDefault('Without an answer the connection is closed.', duration(SECOND, HOUR), '10s'),
  maxConnectionAge: withDefault(
    'After it, give or take 10 %, a client is asked to reconnect; running calls finish. Balances load over replicas.',
    duration(SECOND, 7 * 24 * HOUR),
    '30m',
  ),
  maxConnectionIdle: withDefault('Connections without calls are closed after it.', duration(SECOND, 24 * HOUR), '5m'),
  maxConnectionsPerIdentity: withDefault('Open connections of one client identity.', integer(1, 1_000_000), 100),
  maxStreamsPerConnection: withDefault(
    'Calls at a time on one connection; more wait in the client.',
    integer(1, 100_000),
    100,
  ),
  handshakeTimeout: withDefault('For TLS and HTTP/2 to be set up.', duration(100, 5 * MINUTE), '10s'),
  certReload: withDefault('How often certificate files are looked at.', duration(100, 24 * HOUR), '10s'),
});

const listen = object(
  {
    grpc: section('The service port.', grpcListener),
    adminHttp: section('HTTP for operators, or off.', adminHttpListener),
    adminGrpc: section('gRPC for operators, or off.', adminGrpcListener),
    limits: section('How connections are treated.', connectionLimits),
  },
  ['http'],
);

const simulatorFault = object({
  kind: required('What goes wrong.', choice(['status', 'stall', 'cut', 'malformed', 'error-event'])),
  model: optional('Model that it befalls. Absent: every one.', text(WORD, 'the name of a model')),
  every: withDefault('Befalls the first of every so many calls of a model.', integer(1, 1_000_000), 1),
  afterChunks: optional(
    'All but status: chunks that still come. Absent: none; of stall: not even headers.',
    integer(0, 1_000_000),
  ),
  status: optional('status: HTTP status.', integer(400, 599)),
  headers: section(
    'status: headers of the reply, for instance retry-after.',
    map(text(SINGLE_LINE, 'one line of text'), HEADER, 'a header name'),
  ),
  body: optional('status: body in place of the usual error.', text()),
  message: optional("status, error-event: the error's message.", text()),
  code: optional("status, error-event: the error's code.", text()),
  forMs: optional('stall: for how long, in milliseconds. Absent: for ever.', integer(0, 86_400_000)),
  how: optional('cut: by an orderly end or a broken connection. Default: end.', choice(['end', 'reset'])),
});

const provider = object({
  host: required('Row of the catalogue, for instance openai, anthropic or vllm: see hosts.md.', text(NAME, NAME_MEANS)),
  baseUrl: optional("Origin and path prefix of the API. Absent: the host's own.", text(URL_FORM, URL_MEANS)),
  apiKey: optional(
    `Key, by reference only: ${REFERENCE_FORMS}. Several are used in turn; one that is refused rests.`,
    oneOrMore(secret()),
  ),
  ...HOST_SETTINGS,
  headers: section(
    'Further headers of every request. Credentials by reference only.',
    map(text(SINGLE_LINE, 'one line of text'), HEADER, 'a header name'),
  ),
  proxy: optional('HTTP proxy through which to connect (CONNECT).', text(URL_FORM, URL_MEANS)),
  tls: section(
    'TLS of the connections to the provider.',
    object({
      ca: optional("CA to trust instead of the system's, PEM file.", fileText()),
      cert: optional('Client certificate, PEM file.', fileText()),
      key: optional('Its private key, by reference only.', secret()),
      serverName: optional(
        "Name to ask for and verify instead of the URL's.",
        text(/^[A-Za-z0-9.-]{1,253}$/, 'a host name'),
      ),
    }),
  ),
  internal: withDefault('Whether plain http:// off loopback is meant: the network between is your own.', flag(), false),
  stateDomain: optional(
    "Providers with the same domain take each other's opaque state. Absent: the provider's name.",
    text(NAME, NAME_MEANS),
  ),
  price: optional('free: its models cost nothing, unless a deployment has prices of its own.', choice(['free'])),
  maxConnections: withDefault('Connections at most; each carries one call at a time.', integer(1, 100_000), 512),
  seed: optional('simulator: another seed gives other answers. Default: 1.', integer(0, 2 ** 31 - 1)),
  firstTokenMs: optional('simulator: time to the first token, in milliseconds. Default: 40.', integer(0, 600_000)),
  tokensPerSecond: optional('simulator: speed of the answer; 0: undelayed. Default: 80.', integer(0, 1_000_000)),
  faults: section('simulator: faults on demand; the first that fits a call happens to it.', list(simulatorFault)),
});

const timeouts = object({
  connect: optional('To an open connection, TLS included. Default: 2s.', duration(10, 5 * MINUTE)),
  firstToken: optional('Streamed attempts: to the first output. Default: 120s.', duration(100, 24 * HOUR)),
  idle: optional('Streamed attempts: between two pieces of output. Default: 60s.', duration(100, 24 * HOUR)),
});

const completeVia = choice(['unary', 'stream']);

const deployment = object({
  provider: required('Name of the provider.', text(NAME, NAME_MEANS)),
  model: required(
    "The provider's name of the model.",
    text(WORD, "the provider's name of a model, 1 to 256 characters"),
  ),
  priority: withDefault('Lower is tried first.', integer(0, 1000), 1),
  weight: withDefault(
    'Share of the calls among deployments of one priority; 0: only when all others fail.',
    integer(0, 1_000_000),
    1,
  ),
  tags: section(
    'What callers and policies can ask for, for instance region: eu.',
    map(text(TAG, TAG_MEANS), TAG, TAG_MEANS),
  ),
  maxOutputTokens: optional('max_output_tokens of calls that set none.', integer(1, 10_000_000)),
  contextWindow: optional(
    'Size of the context window in tokens, where it is not known or is wrong.',
    integer(1, 100_000_000),
  ),
  lacks: section('What the model cannot honour, beside what is known of it.', list(choice(FEATURES))),
  honours: section('What it does honour, although it is known not to.', list(choice(FEATURES))),
  reasoningBy: optional(
    'How it is told to think, where that is not known or is wrong.',
    choice(['effort', 'budget', 'adaptive']),
  ),
  vectorSpace: optional(
    "Name of the space of its vectors, which marks it as an embedding model. Absent: the model's name where that tells.",
    text(WORD, 'a name'),
  ),
  maxEmbedInputs: optional("Inputs of one embedding request at most. Absent: the dialect's.", integer(1, 100_000)),
  ...priceFields,
  timeouts: section('As in the model; overrides it.', timeouts),
  completeVia: optional('As in the model; overrides it.', completeVia),
});

const retry = object({
  attempts: withDefault('Requests to providers for one call at most, the first included.', integer(1, 10), 3),
  budget: withDefault('Retries at most, as a share of the calls of the last ten seconds.', percentage(), '20%'),
  baseDelay: withDefault('Shortest wait before a retry of the same deployment.', duration(1, MINUTE), '100ms'),
  maxDelay: withDefault('Longest wait between two attempts.', duration(1, 10 * MINUTE), '5s'),
});

const allow = object({
  providerOptions: section(
    'Members of provider_options_json that pass, by dialect, for instance openai.chat: [logit_bias].',
    map(list(text(/^[A-Za-z0-9_.-]{1,128}$/, 'the name of a member')), ALIAS, 'a dialect'),
  ),
  providerTools: section("Types of the provider's own tools that pass.", list(text(WORD, 'a type'))),
  opaqueItems: section('Types of opaque items that are accepted back.', list(text(WORD, 'a type'))),
  uris: withDefault('Whether URIs of media are handed to the provider, which fetches them.', flag(), false),
});

const model = object(
  {
    description: withDefault(
      'One sentence about it, for ListModels.',
      text(/^[^\p{Cc}]{0,512}$/u, 'at most 512 characters on one line'),
      '',
    ),
    lifecycle: optional('Whether it can be relied on to stay.', choice(['active', 'preview', 'deprecated'])),
    strategy: withDefault(
      'How deployments of one priority share the calls: by weight.',
      choice(['weighted'], ['least-outstanding', 'lowest-latency', 'lowest-cost', 'round-robin', 'sticky']),
      'weighted',
    ),
    deployments: required('Where its calls can go.', list(deployment, 1)),
    completeVia: withDefault(
      'stream: a Complete is streamed upstream and folded, for providers and proxies that cut silent calls.',
      completeVia,
      'unary',
    ),
    timeouts: section('Time limits of attempts. A unary one is bounded by the deadline alone.', timeouts),
    retry: section('How failed attempts are repeated.', retry),
    allow: section('What callers may pass to a provider unseen. Nothing unless it is listed.', allow),
  },
  ['cache', 'limits', 'budget', 'guardrails', 'hedge'],
);

const client = object(
  {
    team: withDefault(
      'Team that it belongs to, for logs and reports.',
      text(/^[^\p{Cc}]{0,128}$/u, 'at most 128 characters'),
      '',
    ),
    identity: required(
      'How it is recognised. At least one subject; none may belong to two clients.',
      object(
        {
          spiffe: section('SPIFFE URIs, exactly as in the certificate.', oneOrMore(text(SPIFFE_ID, SPIFFE_MEANS))),
          dns: section('DNS names of the certificate.', oneOrMore(text(DNS_NAME, DNS_MEANS))),
        },
        ['apiKeys', 'jwt'],
      ),
    ),
    models: required(
      'Names of the models that it may use. There is no wildcard.',
      list(text(WORD, 'the name of a model'), 1),
    ),
  },
  ['limits', 'budget', 'priority'],
);

const sizes = object({
  request: withDefault('One request.', bytes(KIB, 64 * MIB), '8MiB'),
  requestsInFlight: withDefault(
    'All requests in the process; more are refused as OVERLOADED.',
    bytes(MIB, 64 * GIB),
    '512MiB',
  ),
  metadata: withDefault('Metadata of one request.', bytes(KIB, 64 * KIB), '16KiB'),
  upstreamFrame: withDefault('One SSE line or frame of a provider.', bytes(KIB, GIB), '16MiB'),
  upstreamBody: withDefault(
    'One reply of a provider; four times the reply cap of the call if that is more.',
    bytes(KIB, GIB),
    '64MiB',
  ),
  held: withDefault('What is held of a stream before its first output.', bytes(KIB, 64 * MIB), '256KiB'),
  heldFrames: withDefault('The same, in frames.', integer(1, 65_536), 64),
});

const times = object({
  defaultDeadline: withDefault('Deadline of calls that bring none.', duration(SECOND, 24 * HOUR), '10m'),
  minDeadline: withDefault('Calls with less time left are refused at once.', duration(0, MINUTE), '50ms'),
  slowReader: withDefault('How long a caller may leave its stream unread.', duration(SECOND, HOUR), '30s'),
  slowProvider: withDefault(
    'How long a provider may send one reply, or one event of a stream, at less than 128 bytes a second.',
    duration(SECOND, HOUR),
    '10s',
  ),
});

const drain = object({
  announce: withDefault(
    'After SIGTERM: health says NOT_SERVING, and everything is still served.',
    duration(0, 10 * MINUTE),
    '5s',
  ),
  grace: withDefault('After it, running calls may take this long.', duration(0, 24 * HOUR), '30s'),
});

const telemetry = object({
  otlp: optional('OTLP/HTTP collector of traces. Absent: traces go nowhere.', text(URL_FORM, URL_MEANS)),
  sample: withDefault('Share of the calls traced that bring no trace of their own.', percentage(), '1%'),
  logLevel: withDefault('Least severity that is logged.', choice(['debug', 'info', 'warn', 'error']), 'info'),
  content: withDefault('Whether prompts and replies are recorded.', choice(['off'], ['on', 'sampled']), 'off'),
});

/** The whole configuration. */
export const CONFIG = object(
  {
    listen: section('What the gateway listens on. Changes need a restart.', listen),
    providers: required('Hosts with credentials, by name.', map(provider, NAME, NAME_MEANS)),
    models: required('Models, by the alias that clients use.', map(model, ALIAS, ALIAS_MEANS)),
    clients: required('Calling services, by name.', map(client, NAME, NAME_MEANS)),
    sizes: section('Limits of size.', sizes),
    times: section('Times of calls.', times),
    drain: section('How a shutdown goes.', drain),
    telemetry: section('What is told about calls.', telemetry),
  },
  ['policies', 'state', 'ledger', 'content', 'cache', 'limits', 'budget', 'guardrails'],
);

/** A configuration as it was written, checked, with its defaults. */
export type Config = ValueOf<typeof CONFIG>;

/** One provider, model, deployment or client of it. */
export type ProviderConfig = ValueOf<typeof provider>;
export type ModelConfig = ValueOf<typeof model>;
export type DeploymentConfig = ValueOf<typeof deployment>;
export type ClientConfig = ValueOf<typeof client>;
export type SimulatorFaultConfig = ValueOf<typeof simulatorFault>;
export type ServerTlsConfig = ValueOf<typeof serverTls>;

/** The JSON Schema (2020-12) of configurations, for editors. */
export function configJsonSchema(): Record<string, unknown> {
  return describeSchema(CONFIG.spec, {
    title: 'Kanmon configuration',
    description: 'Configuration of the LLM gateway Kanmon. See docs/configuration.md.',
  });
}
