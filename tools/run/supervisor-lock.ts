import { linkSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { readJson, SECRET, writeAtomically } from './files.js';
import { identify, isAlive, type ProcessIdentity } from './process-identity.js';

/** Somebody else supervises this data folder. */
export class DataFolderInUse extends Error {
  override readonly name = 'DataFolderInUse';
  constructor(folder: string, pid: number) {
    super(`the platform in ${folder} is running already, under the process ${pid}`);
  }
}

export interface SupervisorLock {
  release(): void;
}

/**
 * Makes sure that one supervisor has the data folder, and takes it over from one that was killed.
 *
 * Each holder makes the file with the next number, whole and with its identity in it (link(2) is atomic and fails on an
 * existing name). The highest number is the holder. Removing a dead holder's file instead, and making it anew, would let
 * two that both saw it dead take the folder: the second removes the first one's new file.
 * @throws {DataFolderInUse}
 */
export function takeDataFolder(folder: string, self = identify(process.pid)): SupervisorLock {
  if (!self) throw new Error('this process can not be identified');
  const locks = join(folder, 'lock');
  mkdirSync(locks, { recursive: true, mode: 0o700 });
  for (;;) {
    const highest = highestIn(locks);
    const holder = readJson<ProcessIdentity>(join(locks, String(highest)));
    if (holder && isAlive(holder)) throw new DataFolderInUse(folder, holder.pid);
    const mine = highest + 1;
    if (!claim(locks, mine, self)) continue;
    // A faster one may have taken and tidied away the number that we then took: the highest one counts.
    if (highestIn(locks) > mine) {
      rmSync(join(locks, String(mine)));
      continue;
    }
    for (const number of numbersIn(locks).filter((other) => other < mine))
      rmSync(join(locks, String(number)));
    // The number stays, so that numbers only ever rise; without an identity it is nobody's.
    return { release: () => writeAtomically(join(locks, String(mine)), '', SECRET) };
  }
}

function claim(locks: string, number: number, self: ProcessIdentity): boolean {
  const candidate = join(locks, `candidate-${self.pid}`);
  writeAtomically(candidate, JSON.stringify(self), SECRET);
  try {
    linkSync(candidate, join(locks, String(number)));
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    return false;
  } finally {
    rmSync(candidate);
  }
}

function highestIn(locks: string): number {
  return Math.max(0, ...numbersIn(locks));
}

function numbersIn(locks: string): number[] {
  return readdirSync(locks).flatMap((name) => (/^\d+$/.test(name) ? [Number(name)] : []));
}
