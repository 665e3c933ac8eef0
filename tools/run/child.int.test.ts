import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Child, ChildFailed, pauseAfter } from './child.js';
import { isAlive, type ProcessIdentity } from './process-identity.js';

let folder: string;
let child: Child;
const said: string[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'integument-child-'));
  said.length = 0;
});
afterEach(async () => {
  await child.stop();
  rmSync(folder, { recursive: true });
});

function nodeChild(script: string): Child {
  const command = {
    program: process.execPath,
    args: ['-e', script],
    env: {},
    cwd: folder,
    account: undefined,
  };
  // It says that it is ready by making a file, and a test takes the file away before it kills.
  const ready = () => Promise.resolve(existsSync(join(folder, 'ready')));
  const spec = { name: 'api' as const, title: 'the API', command, stopSignal: 'SIGTERM' as const, ready };
  child = new Child(spec, { logFolder: folder, runFolder: folder }, (line) => said.push(line));
  return child;
}
const READY = "require('fs').writeFileSync('ready', ''); setInterval(() => {}, 1000);";

describe('a child', () => {
  it('is recorded while it runs, and not afterwards', async () => {
    nodeChild(READY).start();
    await child.waitReady();
    const record = JSON.parse(readFileSync(join(folder, 'api.json'), 'utf8')) as ProcessIdentity;
    expect(record.pid).toBe(child.pid);
    expect(isAlive(record)).toBe(true);
    await child.stop();
    expect(isAlive(record)).toBe(false);
    expect(existsSync(join(folder, 'api.json'))).toBe(false);
  });

  it('is started again after kill -9, with a new id', async () => {
    nodeChild(READY).start();
    await child.waitReady();
    const first = child.pid;
    rmSync(join(folder, 'ready'));
    await child.kill9();
    await child.waitReady();
    expect(child.pid).not.toBe(first);
    expect(said).toEqual(['the API ended (SIGKILL) and is started again in 0.1 s']);
  });

  it('is not started again once it was stopped', async () => {
    nodeChild(READY).start();
    await child.waitReady();
    await child.stop();
    await sleep(200);
    expect(child.pid).toBeUndefined();
    await expect(child.waitReady()).rejects.toThrow('was stopped');
  });

  it('that ends each time fails with the end of its log', async () => {
    nodeChild("console.error('API_PORT is missing'); process.exit(3)").start();
    await expect(child.waitReady()).rejects.toThrow(/ends each time[\s\S]*API_PORT is missing/);
    expect(said[0]).toContain('status 3');
  });

  it('whose program is missing fails too', async () => {
    const command = { program: join(folder, 'none'), args: [], env: {}, cwd: folder, account: undefined };
    const spec = { ...nodeChild('').spec, command };
    child = new Child(spec, { logFolder: folder, runFolder: folder }, () => undefined);
    child.start();
    await expect(child.waitReady()).rejects.toThrow(ChildFailed);
  });
});

describe('the pause before a restart', () => {
  it('doubles up to five seconds', () => {
    expect([1, 2, 3, 6, 7, 40].map(pauseAfter)).toEqual([100, 200, 400, 3_200, 5_000, 5_000]);
  });
});
