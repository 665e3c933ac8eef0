import { describe, expect, it } from 'vitest';
import { EaseModel } from './ease.js';
import { GramMatrix } from './gram.js';
import { binaryHistory } from './history.js';
import { decodeSnapshot, encodeSnapshot, SnapshotError } from './snapshot.js';

function example() {
  const gram = new GramMatrix(4);
  gram.add(binaryHistory([0, 1, 3]));
  gram.add(binaryHistory([1, 2]));
  return { model: EaseModel.train(gram, 2.5), productIds: ['calm-cream', 'a', 'gelée', 'sun-50'] };
}

function codeOf(bytes: Uint8Array): string {
  try {
    decodeSnapshot(bytes);
  } catch (error) {
    if (error instanceof SnapshotError) return error.code;
    throw error;
  }
  return 'accepted';
}

describe('a snapshot', () => {
  it('brings the model back to the bit', () => {
    const before = example();
    const after = decodeSnapshot(encodeSnapshot(before));
    expect(after.productIds).toEqual(before.productIds);
    expect(after.model).toEqual(before.model);
  });

  it('is read from any position of a larger buffer', () => {
    const bytes = encodeSnapshot(example());
    for (let shift = 0; shift < 8; shift++) {
      const moved = Buffer.concat([Buffer.alloc(shift), bytes]).subarray(shift);
      expect(decodeSnapshot(moved).model).toEqual(example().model);
    }
  });

  it('brings back a model that goes on learning without touching the bytes', () => {
    const bytes = encodeSnapshot(example());
    const copy = Buffer.from(bytes);
    decodeSnapshot(bytes).model.learn(binaryHistory([2, 3]));
    expect(bytes.equals(copy)).toBe(true);
  });

  it('of no item is possible', () => {
    const empty = { model: EaseModel.train(new GramMatrix(0), 1), productIds: [] };
    expect(decodeSnapshot(encodeSnapshot(empty)).model.size).toBe(0);
  });

  it('is refused wherever it is cut off', () => {
    const bytes = encodeSnapshot(example());
    for (let length = 0; length < bytes.length; length++) {
      expect(codeOf(bytes.subarray(0, length))).toBe('snapshot.damaged');
    }
  });

  it('is refused with bytes behind it, a size nobody has, or a number that is none', () => {
    const bytes = encodeSnapshot(example());
    expect(codeOf(Buffer.concat([bytes, Buffer.alloc(8)]))).toBe('snapshot.damaged');
    const huge = Buffer.from(bytes);
    huge.writeUInt32LE(0xffff_ffff, 8);
    expect(codeOf(huge)).toBe('snapshot.damaged');
    const poisoned = Buffer.from(bytes);
    poisoned.writeDoubleLE(Number.NaN, bytes.length - 8);
    expect(codeOf(poisoned)).toBe('snapshot.damaged');
  });

  it('of a later version is refused by name', () => {
    const bytes = encodeSnapshot(example());
    bytes.writeUInt16LE(2, 4);
    expect(codeOf(bytes)).toBe('snapshot.version_unknown');
  });
});
