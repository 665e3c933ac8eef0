import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readJson, readOrMake, SECRET, writeAtomically } from './files.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'integument-files-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('a file written atomically', () => {
  it('replaces the old one and leaves nothing beside it', () => {
    const path = join(folder, 'file');
    writeAtomically(path, 'a longer first text', 0o644);
    writeAtomically(path, 'second', SECRET);
    expect(readFileSync(path, 'utf8')).toBe('second');
    expect(statSync(path).mode & 0o777).toBe(SECRET);
    expect(readdirSync(folder)).toEqual(['file']);
  });

  it('does not mind what an interrupted writer left', () => {
    const path = join(folder, 'file');
    writeFileSync(`${path}.${process.pid}.tmp`, 'half', { mode: 0o644 });
    writeAtomically(path, 'whole', SECRET);
    expect(statSync(path).mode & 0o777).toBe(SECRET);
  });
});

describe('a secret', () => {
  it('is made once', () => {
    const path = join(folder, 'secret');
    expect(readOrMake(path, () => 'first')).toBe('first');
    expect(readOrMake(path, () => 'second')).toBe('first');
    expect(statSync(path).mode & 0o777).toBe(SECRET);
  });
});

describe('reading JSON', () => {
  it('gives nothing for a missing or broken file', () => {
    writeFileSync(join(folder, 'broken'), '{"a":');
    expect(readJson(join(folder, 'broken'))).toBeUndefined();
    expect(readJson(join(folder, 'missing'))).toBeUndefined();
  });
});
