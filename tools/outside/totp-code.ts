import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { generateSync } from 'otplib';

// An authenticator app for a shell: prints a code of the secret (base 32) in a file, each code once, since each is accepted once.
// Waits for the next where this one was printed before.
// `node dist/tools/outside/totp-code.js arthur.totp`

const STEP_SECONDS = 30;

const file = process.argv[2];
if (!file) {
  console.error('Usage: totp-code <file with a secret in base 32>');
  process.exit(2);
}
const secret = readFileSync(file, 'utf8').trim();
const notes = `${file}.step`;
const last = existsSync(notes) ? Number(readFileSync(notes, 'utf8')) : 0;
const step = Math.max(Math.floor(Date.now() / 1_000 / STEP_SECONDS), last + 1);
await sleep(Math.max(0, step * STEP_SECONDS * 1_000 - Date.now()));
writeFileSync(notes, String(step), { mode: 0o600 });
console.log(generateSync({ secret, epoch: step * STEP_SECONDS }));
