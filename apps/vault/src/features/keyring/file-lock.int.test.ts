import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FileLock } from './file-lock.js';
import { KeyringRefused } from './keyring.errors.js';
import { isGone, thisProcess } from './lock-owner.js';

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'integument-lock-'));
  path = join(folder, 'file.lock');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const here = thisProcess();
const done = () => Promise.resolve('done');

function raiseFor(owner: Partial<typeof here>): string {
  const { boot, space, pid, start } = { ...here, ...owner };
  const flag = `${path}_${boot}_${space}_${pid}_${start}_0123456789ab`;
  writeFileSync(flag, '');
  return flag;
}

describe('a lock between processes', () => {
  it('is had by one at a time', async () => {
    let inside = 0;
    let most = 0;
    const enter = async () => {
      most = Math.max(most, ++inside);
      await sleep(1);
      inside--;
    };
    const locks = Array.from({ length: 5 }, () => new FileLock(path));
    await Promise.all(
      locks.map(async (lock) => {
        for (let time = 0; time < 10; time++) await lock.hold(enter);
      }),
    );
    expect(most).toBe(1);
    expect(readdirSync(folder)).toEqual([]);
  });

  it('is kept by a process that lives, and left by one that was killed', async () => {
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000); console.log("up")']);
    await once(child.stdout, 'data');
    const { pid = 0 } = child;
    const start = here.start && startOf(pid);
    raiseFor({ pid, start });
    await expect(new FileLock(path, 200).hold(done)).rejects.toThrow(KeyringRefused);
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(await new FileLock(path, 200).hold(done)).toBe('done');
    expect(readdirSync(folder)).toEqual([]);
  });

  it('is given back by work that fails', async () => {
    const lock = new FileLock(path, 200);
    await expect(lock.hold(() => Promise.reject(new Error('failed')))).rejects.toThrow('failed');
    expect(await lock.hold(done)).toBe('done');
  });

  it.runIf(here.start)('is no more that of a process whose number another one has', async () => {
    raiseFor({ start: '1' });
    expect(await new FileLock(path, 200).hold(done)).toBe('done');
    raiseFor({});
    await expect(new FileLock(path, 200).hold(done)).rejects.toThrow(KeyringRefused);
  });

  it.runIf(here.boot)('is no more one from before the machine was started', async () => {
    raiseFor({ boot: here.boot.replace(/./g, '0') });
    expect(await new FileLock(path, 200).hold(done)).toBe('done');
  });

  it('is that of another container until it has said nothing for long', async () => {
    const flag = raiseFor({ space: '1', pid: 1 });
    await expect(new FileLock(path, 200).hold(done)).rejects.toThrow(KeyringRefused);
    const then = new Date(Date.now() - 31_000);
    utimesSync(flag, then, then);
    expect(await new FileLock(path, 200).hold(done)).toBe('done');
  });

  it('is lost by whoever was taken for gone, and says so before anything is written', async () => {
    await new FileLock(path).hold(async (held) => {
      await held();
      for (const flag of readdirSync(folder)) rmSync(join(folder, flag));
      await expect(held()).rejects.toThrow(KeyringRefused);
    });
  });
});

/** As the system says it. */
function startOf(pid: number): string {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const start = text.slice(text.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  expect(isGone({ ...here, pid, start }, Date.now())).toBe(false);
  return start;
}
