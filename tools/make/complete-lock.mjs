// Completes package-lock.json with optional packages for other platforms. npm leaves one out when the registry it was
// written against doesn't serve it (a mirror of one platform), and `npm ci` then refuses the whole file anywhere. The
// exact version stands in the parent's own entry, platform and processor in the package's name; an integrity is not
// known here, so npm takes the registry's on those platforms.
// Run it after `npm install`: node tools/make/complete-lock.mjs
import { readFileSync, writeFileSync } from 'node:fs';

const FILE = 'package-lock.json';
const OS = /-(android|darwin|freebsd|linux|win32)-/;
const CPU = /-(arm64|x64|ia32|arm|ppc64|s390x|riscv64)(?=-|$)/;

const lock = JSON.parse(readFileSync(FILE, 'utf8'));
let added = 0;
for (const [parent, entry] of Object.entries(lock.packages)) {
  for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
    if (isLocked(parent, name)) continue;
    const [, os] = OS.exec(name) ?? [];
    const [, cpu] = CPU.exec(name) ?? [];
    if (!os || !cpu) throw new Error(`${name} is missing from ${FILE}, and its name tells no platform`);
    const dev = entry.dev ? { dev: true } : {};
    lock.packages[`node_modules/${name}`] = { version, cpu: [cpu], ...dev, optional: true, os: [os] };
    added++;
  }
}
if (added > 0) {
  lock.packages = Object.fromEntries(
    Object.entries(lock.packages).sort(([a], [b]) => a.localeCompare(b, 'en')),
  );
  writeFileSync(FILE, `${JSON.stringify(lock, null, 2)}\n`);
}
console.log(`${added} added`);

/** Whether a package is found from its parent the way Node.js looks: in the nearest node_modules upwards. */
function isLocked(parent, name) {
  for (let at = parent; ; at = at.slice(0, Math.max(0, at.lastIndexOf('/node_modules/')))) {
    if (lock.packages[`${at}${at === '' ? '' : '/'}node_modules/${name}`]) return true;
    if (at === '') return false;
  }
}
