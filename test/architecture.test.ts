/** Holds the server's imports against the table of layers in server/README.md, by dependency-cruiser. */
import assert from 'node:assert/strict';
import {
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { cruise, type ICruiseResult, type IRegularForbiddenRuleType as Rule } from 'dependency-cruiser';

interface Layer {
  readonly name: string;
  readonly files: string;
  /** Patterns of paths that may be imported beside the layer's own. */
  readonly may?: readonly string[];
  /** The same, for `import type` only. */
  readonly mayTypes?: readonly string[];
  /** Whether packages and Node's own modules may be imported (rules about single packages come on top). */
  readonly packages?: boolean;
}

const GENERATED = '^clients/typescript/src/gen/';
const FOLD = '^clients/typescript/src/fold(-parts)?\\.ts$'; // Folding is the client's, and the server's for unary twins.
const CLIENT = '^clients/typescript/src/index\\.ts$'; // The command line calls gateways as every service does.
const MODEL = '^server/model/';
const SNAPSHOT = '^server/config/snapshot\\.ts$';
const TELEMETRY = '^server/telemetry/';
const TOP = '^server/((main|start)\\.ts$|cli/)';

const LAYERS: readonly Layer[] = [
  { name: 'generated', files: GENERATED, may: ['node_modules/'] },
  { name: 'model', files: MODEL, may: [GENERATED, FOLD] },
  { name: 'providers', files: '^server/providers/', may: [MODEL] },
  { name: 'telemetry', files: TELEMETRY, may: [MODEL], packages: true },
  { name: 'stores', files: '^server/stores/', may: [MODEL], packages: true },
  { name: 'tokens', files: '^server/tokens/', may: [MODEL], packages: true },
  {
    name: 'config',
    files: '^server/config/',
    may: [MODEL, '^server/providers/catalog\\.ts$', '^server/tokens/'],
    packages: true,
  },
  {
    name: 'upstream',
    files: '^server/upstream/',
    may: [MODEL, '^server/providers/', '^server/tokens/', TELEMETRY],
    packages: true,
  },
  {
    name: 'interceptors',
    files: '^server/interceptors/',
    may: [MODEL, TELEMETRY],
    mayTypes: [SNAPSHOT, '^server/stores/ports\\.ts$'],
    packages: true,
  },
  {
    name: 'gateway',
    files: '^server/gateway\\.ts$',
    may: [MODEL, '^server/interceptors/', '^server/upstream/'],
    mayTypes: ['^server/(config|providers|stores|telemetry|tokens)/'],
  },
  {
    name: 'transport',
    files: '^server/transport/',
    may: [MODEL, SNAPSHOT, TELEMETRY],
    mayTypes: ['^server/gateway\\.ts$'],
    packages: true,
  },
  { name: 'console', files: '^server/console/' },
  { name: 'top', files: TOP, may: ['^server/', CLIENT], packages: true },
];

const RULES: readonly Rule[] = [
  ...LAYERS.flatMap(layerRules),
  forbid('no-cycle', { path: '^(server|clients)/' }, { circular: true }),
  forbid('unresolved', { path: '^(server|clients)/' }, { couldNotResolve: true }),
  forbid('one-doorway-to-generated', { path: '^server/', pathNot: [`${MODEL}wire\\.ts$`, TOP] }, { path: '^clients/' }),
  forbid(
    'interceptors-apart',
    { path: '^server/interceptors/([^/.]+)' },
    { path: '^server/interceptors/', pathNot: ['^server/interceptors/$1(\\.|/)', '^server/interceptors/chain\\.ts$'] },
  ),
  forbid('top-imported-by-none', { path: '^server/', pathNot: TOP }, { path: TOP }),
  forbid('cli-without-main', { path: '^server/cli/' }, { path: '^server/main\\.ts$' }),
  forbid(
    'grpc-in-transport',
    { path: '^server/', pathNot: [TOP, '^server/transport/'] },
    { path: 'node_modules/(@grpc/|nice-grpc)' },
  ),
  forbid(
    'undici-in-upstream',
    { path: '^server/', pathNot: [TOP, '^server/upstream/'] },
    { path: 'node_modules/undici/' },
  ),
  forbid(
    'sockets-at-the-edges',
    { path: '^server/', pathNot: [TOP, '^server/(transport|upstream)/'] },
    { path: '^(node:)?(dgram|http|https|http2|net|tls)$' },
  ),
  forbid('no-development-package', { path: '^server/' }, { dependencyTypes: ['npm-dev', 'npm-no-pkg'] }),
];

describe('architecture', function () {
  this.timeout(20_000);

  const files = globSync('server/**/*.ts');
  let result: ICruiseResult;

  before(async () => {
    result = await cruiseTree(process.cwd());
  });

  it('reads every file of the server', () => {
    const read = new Set(result.modules.map(({ source }) => source));
    assert.deepEqual(
      files.filter((file) => !read.has(file)),
      [],
    );
    assert.ok(files.length > 0 || !existsSync('server/main.ts'), 'no file was read');
  });

  it('has a layer for every file of the server', () => {
    const homeless = files.filter((file) => !LAYERS.some((layer) => new RegExp(layer.files).test(file)));
    assert.deepEqual(homeless, []);
  });

  it('keeps the table of imports and has no cycle', () => {
    assert.deepEqual(violations(result), []);
  });

  it('takes time and chance as parameters in the pure layers', () => {
    const pure = files.filter((file) => /^server\/(model\/(?!clock\.ts)|providers\/)/.test(file));
    const impure = pure.filter((file) => /\bDate\.now\b|\bnew Date\(\)|\bMath\.random\b/.test(withoutComments(file)));
    assert.deepEqual(impure, []);
  });

  it('would notice each kind of wrong import', async () => {
    const expected = Object.values(WRONG).flatMap(([, ...found]) => found);
    assert.deepEqual(await violationsOf(WRONG), expected.sort());
  });
});

/** Files of a made-up tree: path → its text and the violations it has to cause. */
const WRONG: Readonly<Record<string, readonly [text: string, ...violations: string[]]>> = {
  'server/model/a.ts': ["import 'node:fs';", 'model: server/model/a.ts → fs'],
  'server/model/b.ts': ["import 'yaml';", 'model: server/model/b.ts → yaml'],
  'server/providers/a.ts': [
    "import '../config/snapshot.ts';",
    'providers: server/providers/a.ts → server/config/snapshot.ts',
  ],
  'server/stores/a.ts': ["import '../telemetry/a.ts';", 'stores: server/stores/a.ts → server/telemetry/a.ts'],
  'server/telemetry/a.ts': [
    "import '../../clients/typescript/src/gen/index.ts';",
    'one-doorway-to-generated: server/telemetry/a.ts → clients/typescript/src/gen/index.ts',
    'telemetry: server/telemetry/a.ts → clients/typescript/src/gen/index.ts',
  ],
  'server/interceptors/a.ts': [
    "import './b/index.ts';",
    'interceptors-apart: server/interceptors/a.ts → server/interceptors/b/index.ts',
  ],
  'server/interceptors/b/index.ts': [
    "import './own.ts';\nimport { type X } from '../../config/snapshot.ts';\nimport '../../upstream/a.ts';",
    'interceptors: server/interceptors/b/index.ts → server/upstream/a.ts',
  ],
  'server/interceptors/b/own.ts': [
    "import { x } from '../../config/snapshot.ts';",
    'interceptors-types: server/interceptors/b/own.ts → server/config/snapshot.ts',
  ],
  'server/config/snapshot.ts': ["import 'nice-grpc';", 'grpc-in-transport: server/config/snapshot.ts → nice-grpc'],
  'server/upstream/a.ts': [
    "import '../main.ts';",
    'top-imported-by-none: server/upstream/a.ts → server/main.ts',
    'upstream: server/upstream/a.ts → server/main.ts',
  ],
  'server/transport/a.ts': ["import 'undici';", 'undici-in-upstream: server/transport/a.ts → undici'],
  'server/tokens/a.ts': ["import 'node:http';", 'sockets-at-the-edges: server/tokens/a.ts → http'],
  'server/tokens/b.ts': ["import type { C } from './c.ts';", 'no-cycle: server/tokens/b.ts → server/tokens/c.ts'],
  'server/tokens/c.ts': ["import type { B } from './b.ts';"],
  'server/main.ts': ["import 'mocha';", 'no-development-package: server/main.ts → mocha'],
};

async function violationsOf(tree: typeof WRONG): Promise<readonly string[]> {
  const root = mkdtempSync(join(tmpdir(), 'kanmon-architecture-'));
  try {
    for (const [path, [text]] of Object.entries(tree)) writeInto(root, path, text);
    writeInto(root, 'package.json', readFileSync('package.json', 'utf8'));
    writeInto(root, 'clients/typescript/src/gen/index.ts', '');
    symlinkSync(resolve('node_modules'), join(root, 'node_modules'));
    return violations(await cruiseTree(root));
  } finally {
    rmSync(root, { recursive: true });
  }
}

function writeInto(root: string, path: string, text: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}

function layerRules({ name, files, may = [], mayTypes = [], packages = false }: Layer): readonly Rule[] {
  const to: Rule['to'] = { pathNot: [files, ...may, ...mayTypes, ...(packages ? ['node_modules/'] : [])] };
  const rules = [forbid(name, { path: files }, packages ? { ...to, dependencyTypesNot: ['core'] } : to)];
  if (mayTypes.length > 0) {
    rules.push(forbid(`${name}-types`, { path: files }, { path: [...mayTypes], dependencyTypesNot: ['type-only'] }));
  }
  return rules;
}

function forbid(name: string, from: Rule['from'], to: Rule['to']): Rule {
  return { name, severity: 'error', from, to };
}

async function cruiseTree(root: string): Promise<ICruiseResult> {
  const folders = ['server', 'clients/typescript/src'].filter((folder) => existsSync(join(root, folder)));
  const { output } = await cruise(
    folders,
    {
      baseDir: root,
      parser: 'swc',
      tsPreCompilationDeps: true,
      doNotFollow: { path: 'node_modules' },
      validate: true,
      ruleSet: { forbidden: [...RULES] },
    },
    { conditionNames: ['kanmon-source', 'import', 'node', 'types', 'default'], exportsFields: ['exports'] },
  );
  assert.ok(typeof output === 'object');
  return output;
}

function violations({ summary }: ICruiseResult): readonly string[] {
  return summary.violations
    .map(
      ({ rule, from, to }) => `${rule.name}: ${from} → ${to.replace(/^.*node_modules\/((?:@[^/]+\/)?[^/]+).*/, '$1')}`,
    )
    .sort();
}

function withoutComments(file: string): string {
  return readFileSync(file, 'utf8').replaceAll(/\/\*.*?\*\/|\/\/[^\n]*/gs, '');
}
