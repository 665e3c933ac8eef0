import { writeSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { CodedError } from '@integument/contracts';
import { KEYS_LEASE_MS } from '../../../apps/vault/src/features/keys/index.js';
import { scheduleOf } from '../../../apps/vault/src/rotation.fixture.js';
import { TestVault } from '../../../apps/vault/src/vault.fixture.js';
import { dieAt } from '../audit/death.js';
import { type RotatingTask, SEARCH } from './rotating-task.js';
import { SharedClock } from './shared-clock.js';

// A process of the vault that does what one does to keys by itself, without a pause, until it is killed. It tells of each round.

/** What a process of the vault meets with where time jumps, or another one is at it, and what the next round makes good. */
const PASSING = ['keyring.unavailable', 'keys.rotating'];

async function rotate({ url, files, lives, batch, death }: RotatingTask): Promise<never> {
  if (death) dieAt(death);
  const clock = new SharedClock();
  const keys = { leaseMs: KEYS_LEASE_MS, now: clock.seen };
  const vault = await TestVault.at({ url, files, keys, remove: () => Promise.resolve() }, SEARCH);
  const { schedule } = scheduleOf(vault, clock, { lives, batch, sliceMs: 2_000 });
  for (;;) {
    await vault.unitOfWork.single(clock.read);
    await vault.keys.refresh();
    await schedule.run().catch(refuseOthers);
    writeSync(1, 'round\n');
  }
}

function refuseOthers(error: unknown): void {
  if (!(error instanceof CodedError) || !PASSING.includes(error.code)) throw error;
}

// Loading takes longer than most lives: it is done ahead.
writeSync(1, 'ready\n');
createInterface(process.stdin).once('line', (line) => void rotate(JSON.parse(line) as RotatingTask));
