// Installs the packages of package-lock.json when they aren't there yet. Runs before anything is installed or built, so
// it uses nothing but Node.js itself.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { isInstalled, isNewEnough } from './installed.mjs';

const NEEDED = '20.19.0';
const STAMP = 'node_modules/.integument-stamp';
/** What npm itself notes after an installation: it is missing after an interrupted one. */
const LIST = 'node_modules/.package-lock.json';

if (!isNewEnough(process.versions.node, NEEDED)) {
  console.error(`Integument needs Node.js ${NEEDED} or newer; this is ${process.versions.node}.`);
  process.exit(1);
}

// Native modules belong to one Node.js and one platform; npm's own list doesn't say which they were installed for.
const target = [process.versions.modules, process.platform, process.arch].join(' ');
const installedFor = existsSync(STAMP) ? readFileSync(STAMP, 'utf8') : target;

if (installedFor !== target || !isInstalled(readJson('package-lock.json'), readJson(LIST))) {
  console.log('Installing packages …');
  const flags = ['--no-audit', '--no-fund', '--loglevel=error'];
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  const { status, error } = spawnSync(npm, ['ci', ...flags], { stdio: 'inherit' });
  if (status !== 0) {
    console.error(`The packages could not be installed${error ? `: ${error.message}` : ''}.`);
    process.exit(1);
  }
}
writeFileSync(STAMP, target);

function readJson(file) {
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined;
}
