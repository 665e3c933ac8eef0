import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { realpathSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { describe, expect, it } from 'vitest';
import { end, identify, isAlive, processesIn } from './process-identity.js';

function sleeper(script = 'setTimeout(() => {}, 60000)', cwd = process.cwd()) {
  const child = spawn(process.execPath, ['-e', `${script}; console.log('up')`], {
    cwd,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  return once(child.stdout, 'data').then(() => child);
}

describe('a process identity', () => {
  it('is the same each time it is looked at', () => {
    expect(identify(process.pid)).toEqual(identify(process.pid));
    expect(isAlive(identify(process.pid) ?? { pid: 0, start: '' })).toBe(true);
  });

  it('is not that of another process under the same id', () => {
    expect(isAlive({ pid: process.pid, start: 'an earlier boot/12345' })).toBe(false);
  });

  it('is none where no process lives', () => {
    expect(identify(2 ** 22 + 1)).toBeUndefined();
  });
});

describe('ending a process', () => {
  it('asks first, so that it can tidy up', async () => {
    const child = await sleeper("process.on('SIGTERM', () => process.exit(7)); setTimeout(() => {}, 60000)");
    const exit = once(child, 'exit');
    const identity = identify(child.pid ?? 0) ?? { pid: 0, start: '' };
    expect(await end(identity, 'SIGTERM', 10_000)).toBe(true);
    expect(await exit).toEqual([7, null]);
  });

  it('kills what does not listen', async () => {
    const child = await sleeper("process.on('SIGTERM', () => {}); setTimeout(() => {}, 60000)");
    const exit = once(child, 'exit');
    await end(identify(child.pid ?? 0) ?? { pid: 0, start: '' }, 'SIGTERM', 50);
    expect(await exit).toEqual([null, 'SIGKILL']);
  });

  it('leaves a process alone that merely got the id', async () => {
    const child = await sleeper();
    expect(await end({ pid: child.pid ?? 0, start: 'an earlier one' }, 'SIGKILL', 50)).toBe(false);
    expect(child.exitCode).toBeNull();
    expect(identify(child.pid ?? 0)).toBeDefined();
    child.kill('SIGKILL');
  });
});

describe.runIf(process.platform === 'linux')('processes in a folder', () => {
  it('are found by their working folder', async () => {
    const folder = realpathSync(tmpdir());
    const child = await sleeper(undefined, folder);
    expect(processesIn(folder).map(({ pid }) => pid)).toContain(child.pid);
    child.kill('SIGKILL');
  });
});
