import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { identify } from './process-identity.js';
import { DataFolderInUse, takeDataFolder } from './supervisor-lock.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'integument-lock-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const living = identify(process.pid) ?? { pid: 0, start: '' };
const dead = { pid: process.pid, start: 'before the machine was started again' };

describe('the lock of a data folder', () => {
  it('refuses a second supervisor and names the first', () => {
    takeDataFolder(folder, living);
    expect(() => takeDataFolder(folder, living)).toThrow(DataFolderInUse);
    expect(() => takeDataFolder(folder, living)).toThrow(String(process.pid));
  });

  it('is free again after release', () => {
    takeDataFolder(folder, living).release();
    takeDataFolder(folder, living);
  });

  it('is taken over from a dead holder, also when its id lives on in another process', () => {
    takeDataFolder(folder, dead);
    takeDataFolder(folder, living);
    expect(() => takeDataFolder(folder, living)).toThrow(DataFolderInUse);
  });

  it('is taken over from a file without an identity', () => {
    takeDataFolder(folder, dead);
    writeFileSync(join(folder, 'lock', '7'), '{"pid":');
    takeDataFolder(folder, living);
    expect(readdirSync(join(folder, 'lock'))).toEqual(['8']);
  });

  it('never gives a number twice, so that a slow starter can not take a lock that was passed on', () => {
    for (let turn = 0; turn < 5; turn++) takeDataFolder(folder, living).release();
    expect(readdirSync(join(folder, 'lock'))).toEqual(['5']);
  });
});
