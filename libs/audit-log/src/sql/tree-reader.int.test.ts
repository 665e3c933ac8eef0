import { proofCount, seededRandom } from '@integument/testing';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import {
  consistencyPath,
  HASH_BYTES,
  inclusionPath,
  leafHash,
  parseBundle,
  parseHashes,
  type Range,
  subtreeRoot,
  verifyConsistency,
  verifyInclusion,
} from '../core/index.js';
import { filledEntry, TestLog } from './log.fixture.js';
import { TreeIncomplete } from './tree-hashes.js';
import { NotInTree } from './tree-reader.js';

const SIZE = 66_000;
const leaves: Uint8Array[] = [];
vi.setConfig({ testTimeout: 120_000 });
const roots = new Map<string, Uint8Array>();
let log: TestLog;

beforeAll(async () => {
  for (let n = 0; n < SIZE; n++) leaves.push(leafHash(filledEntry(n)));
  log = await TestLog.open();
  // In batches that end within tiles, at their ends and behind them.
  let from = 0;
  for (const size of [1, 255, 256, 257, 600, 10_000, 65_535, 65_537, SIZE]) {
    await log.fill(from, size);
    await log.integrator().integrate();
    from = size;
  }
});
afterAll(() => log.drop());

/** Root of a range, from the leaves. */
function root({ start, end }: Range): Uint8Array {
  const key = `${start}-${end}`;
  const known = roots.get(key) ?? subtreeRoot(leaves.slice(start, end));
  roots.set(key, known);
  return known;
}
const rootOf = (size: number) => root({ start: 0, end: size });
const hex = (hashes: readonly Uint8Array[]) => hashes.map((hash) => Buffer.from(hash).toString('hex'));

async function checkInclusion(position: number, size: number): Promise<void> {
  const proof = await log.tree.inclusion(position, size);
  const place = `position ${position} of ${size}`;
  expect(hex(proof), place).toEqual(hex(inclusionPath(position, size).map(root)));
  const leaf = leaves[position] as Uint8Array;
  expect(verifyInclusion(position, size, leaf, proof, rootOf(size)), place).toBe(true);
}

async function checkConsistency(from: number, to: number): Promise<void> {
  const proof = await log.tree.consistency(from, to);
  expect(hex(proof), `${from} to ${to}`).toEqual(hex(consistencyPath(from, to).map(root)));
  expect(verifyConsistency(from, to, proof, rootOf(from), rootOf(to)), `${from} to ${to}`).toBe(true);
}

describe('proofs from the tables', () => {
  it('are those computed from scratch, at every small size', async () => {
    const random = seededRandom();
    for (let size = 1; size <= 600; size++) {
      for (const position of new Set([0, size - 1, random.below(size)])) await checkInclusion(position, size);
      await checkConsistency(1 + random.below(size), size);
    }
  });

  it('are those computed from scratch, at large sizes and where levels begin', async () => {
    const random = seededRandom();
    const sizes = [65_535, 65_536, 65_537, 65_792, 65_793, SIZE];
    for (let n = 0; n < proofCount(4, 60); n++) sizes.push(601 + random.below(SIZE - 601));
    for (const size of sizes) {
      const edge = size - (size % 256);
      for (const position of [
        0,
        255,
        256,
        size - 1,
        edge - 1,
        Math.min(edge, size - 1),
        random.below(size),
      ]) {
        await checkInclusion(position, size);
      }
      for (const from of [1, 256, edge, size - 1, size, 1 + random.below(size)]) {
        await checkConsistency(from, size);
      }
    }
  });

  it('give the root of any size', async () => {
    for (const size of [0, 1, 255, 256, 257, 65_535, 65_536, 65_537, SIZE]) {
      expect(hex([await log.tree.root(size)]), String(size)).toEqual(hex([rootOf(size)]));
    }
    expect(await log.tree.root(SIZE)).toEqual((await log.reader.findCheckpoint())?.root);
  });

  it('are refused for what is not in the tree', async () => {
    const { tree } = log;
    const asks: (() => Promise<unknown>)[] = [
      () => tree.inclusion(0, 0),
      () => tree.inclusion(5, 5),
      () => tree.inclusion(-1, 5),
      () => tree.inclusion(0.5, 5),
      () => tree.inclusion(0, SIZE + 1),
      () => tree.inclusion(0, 2 ** 53),
      () => tree.consistency(0, 5),
      () => tree.consistency(6, 5),
      () => tree.consistency(1, SIZE + 1),
      () => tree.consistency(SIZE + 1, SIZE + 1),
      () => tree.root(SIZE + 1),
      () => tree.root(-1),
      () => tree.root(Number.NaN),
    ];
    for (const asked of asks) {
      await expect(asked(), String(asked)).rejects.toThrow(NotInTree);
    }
  });
});

describe('tiles from the tables', () => {
  it('hold the hashes of their level', async () => {
    const { tree } = log;
    expect(parseHashes(await tree.hashTile(0, 2, 256), 256).map(String)).toEqual(
      leaves.slice(512, 768).map(String),
    );
    expect(hex(parseHashes(await tree.hashTile(0, 257, 200), 200))).toEqual(
      hex(leaves.slice(65_792, 65_992)),
    );
    const level1 = (index: number) => root({ start: index * 256, end: (index + 1) * 256 });
    expect(hex(parseHashes(await tree.hashTile(1, 0, 256), 256))).toEqual(
      hex(Array.from({ length: 256 }, (_, n) => level1(n))),
    );
    expect(hex([await tree.hashTile(1, 1, 1)])).toEqual(hex([level1(256)]));
    expect(hex([await tree.hashTile(2, 0, 1)])).toEqual(hex([rootOf(65_536)]));
  });

  it('hold the entries', async () => {
    const whole = parseBundle(await log.tree.bundle(3, 256), 256);
    expect(hex(whole.map(leafHash))).toEqual(hex(leaves.slice(768, 1_024)));
    const partial = parseBundle(await log.tree.bundle(257, 8), 8);
    expect(hex(partial.map(leafHash))).toEqual(hex(leaves.slice(65_792, 65_800)));
  });

  it.each([
    [0, 257, 209],
    [0, 258, 1],
    [1, 1, 2],
    [2, 0, 2],
    [3, 0, 1],
    [63, 0, 1],
    [0, 0, 0],
    [0, 0, 257],
    [0, -1, 256],
    [0, 0.5, 256],
    [-1, 0, 256],
    [0, 2 ** 50, 1],
  ])('of level %d, index %d, width %d are not there', async (level, index, width) => {
    await expect(log.tree.hashTile(level, index, width)).rejects.toThrow(NotInTree);
    if (level === 0) await expect(log.tree.bundle(index, width)).rejects.toThrow(NotInTree);
  });
});

describe('a log from before there were nodes', () => {
  it('is given them, beside new entries, and all that it had before', async () => {
    const nodes = 'SELECT level, index, hash FROM audit_node ORDER BY 1, 2';
    const read = () =>
      log.unitOfWork.single((tx) => tx.query<{ level: number; index: string; hash: Buffer }>(nodes));
    const before = await read();
    expect(before).toHaveLength(257 + 1);
    await log.tamper('DELETE FROM audit_node WHERE level = 2 OR index >= 100');
    await log.fill(SIZE, SIZE + 1);
    expect(await log.integrator().integrate()).toBe(1);
    expect(await read()).toEqual(before);
    await log.tamper('DELETE FROM audit_node');
    await log.integrator().integrate();
    expect(await read()).toEqual(before);
  });

  it('is signed on while entries of it are missing, without proofs over them', async () => {
    const other = await TestLog.open();
    await other.fill(0, 600);
    await other.integrator().integrate();
    await other.tamper('DELETE FROM audit_node');
    await other.tamper('DELETE FROM audit_entry WHERE position = 300');
    await other.append(1);
    expect(await other.integrator().integrate()).toBe(1);
    expect((await other.reader.findCheckpoint())?.size).toBe(601);
    await expect(other.tree.inclusion(301, 601)).rejects.toThrow(TreeIncomplete);
    await other.drop();
  });
});

describe('tables that somebody has changed', () => {
  const proves = async (position: number, size: number) => {
    const proof = await log.tree.inclusion(position, size);
    return verifyInclusion(position, size, leaves[position] as Uint8Array, proof, rootOf(size));
  };

  it('give proofs that do not hold, or none', async () => {
    expect(await proves(10, SIZE)).toBe(true);
    await log.tamper(
      'UPDATE audit_node SET hash = set_byte(hash, 7, get_byte(hash, 7) # 1) WHERE level = 1 AND index = 77',
    );
    expect(await proves(10, SIZE)).toBe(false);
    await log.tamper(
      'UPDATE audit_node SET hash = set_byte(hash, 7, get_byte(hash, 7) # 1) WHERE level = 1 AND index = 77',
    );
    await log.tamper(
      'UPDATE audit_entry SET leaf_hash = set_byte(leaf_hash, 0, get_byte(leaf_hash, 0) # 1) WHERE position = 11',
    );
    expect(await proves(10, SIZE)).toBe(false);
    await log.tamper('DELETE FROM audit_entry WHERE position = 11');
    await expect(proves(10, SIZE)).rejects.toThrow(TreeIncomplete);
    await expect(log.tree.bundle(0, 256)).rejects.toThrow(TreeIncomplete);
    await log.tamper('ALTER TABLE audit_entry DROP CONSTRAINT audit_entry_leaf_hash');
    await log.tamper("UPDATE audit_entry SET leaf_hash = '\\x00' WHERE position = 12");
    await expect(proves(10, SIZE)).rejects.toThrow(TreeIncomplete);
    await log.tamper('DELETE FROM audit_checkpoint');
    await expect(proves(10, SIZE)).rejects.toThrow(NotInTree);
    await log.tamper("INSERT INTO audit_checkpoint VALUES (9223372036854775807, $1, '', now())", [
      Buffer.alloc(HASH_BYTES),
    ]);
    await expect(proves(10, SIZE)).rejects.toThrow(TreeIncomplete);
  });
});
