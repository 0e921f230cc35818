// Completes package-lock.json with the optional packages of other platforms that the registry in use does not carry.
// npm leaves such an entry out, and "npm ci" of npm 11 then calls the lock file out of step. Run by "npm run lock".
import { readFileSync, writeFileSync } from 'node:fs';

const path = new URL('../package-lock.json', import.meta.url);
const lock = JSON.parse(readFileSync(path, 'utf8'));

for (const owner of Object.values(lock.packages)) {
  for (const [name, version] of Object.entries(owner.optionalDependencies ?? {})) {
    const key = `node_modules/${name}`;
    lock.packages[key] ??= platformEntry(name, version, owner);
  }
}
const root = lock.packages[''];
const sorted = Object.keys(lock.packages)
  .filter((key) => key !== '')
  .sort((left, right) => left.localeCompare(right, 'en'));
lock.packages = { '': root, ...Object.fromEntries(sorted.map((key) => [key, lock.packages[key]])) };
writeFileSync(path, `${JSON.stringify(lock, null, 2)}\n`);

function platformEntry(name, version, owner) {
  const [, os, cpuWord, abi] =
    /-?(android|darwin|freebsd|linux|openharmony|win32)-([a-z0-9]+)(?:-([a-z]+))?$/.exec(name) ?? [];
  if (!os) throw new Error(`${name}: its name tells no platform; add it to the lock file by "npm install" elsewhere`);
  console.log(`added ${name}@${version}`);
  const libc = os === 'linux' && (abi?.startsWith('musl') ? 'musl' : abi?.startsWith('gnu') ? 'glibc' : undefined);
  return {
    version,
    cpu: [cpuWord.startsWith('armv') ? 'arm' : cpuWord],
    ...(owner.dev ? { dev: true } : {}),
    ...(libc ? { libc: [libc] } : {}),
    license: owner.license,
    optional: true,
    os: [os],
  };
}
