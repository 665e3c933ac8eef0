// Installs the packages of package-lock.json when they aren't there yet. Runs before anything is installed or built, so
// it uses nothing but Node.js itself.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { isInstalled, isNewEnough } from './installed.mjs';

const NEEDED = '20.19.0';
const STAMP = 'node_modules/.integument-stamp';

if (!isNewEnough(process.versions.node, NEEDED)) {
  console.error(`Integument needs Node.js ${NEEDED} or newer; this is ${process.versions.node}.`);
  process.exit(1);
}

const lock = readFileSync('package-lock.json', 'utf8');
// Native modules belong to one Node.js and one platform.
const key = createHash('sha256').update(
  [lock, process.versions.modules, process.platform, process.arch].join('\n'),
);
const stamp = key.digest('hex');
const known = existsSync(STAMP) ? readFileSync(STAMP, 'utf8') : undefined;

// Without a stamp of ours somebody may have installed by npm directly: npm's own list then says what is there.
if (known !== stamp && !(known === undefined && isInstalled(JSON.parse(lock), npmList()))) {
  console.log('Installing packages …');
  const flags = ['--no-audit', '--no-fund', '--loglevel=error'];
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  const { status, error } = spawnSync(npm, ['ci', ...flags], { stdio: 'inherit' });
  if (status !== 0) {
    console.error(`The packages could not be installed${error ? `: ${error.message}` : ''}.`);
    process.exit(1);
  }
}
if (known !== stamp) writeFileSync(STAMP, stamp);

function npmList() {
  const file = 'node_modules/.package-lock.json';
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined;
}
