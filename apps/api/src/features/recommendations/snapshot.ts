// biome-ignore-all lint/style/noNonNullAssertion: positions are in range by construction

import { EaseModel } from './ease.js';

/**
 * A trained model as bytes. Personal data as long as it isn't sealed: what it stores is learned from histories.
 *
 *     magic "IGRM" | u16 version | u16 zero | u32 items | u32 people | f64 lambda
 *     then for each item: u16 length, UTF-8 of its product id
 *     then f64 popularity[items], f64 P's lower triangle, row by row
 *
 * All little endian. Authenticity and integrity come from the AES-GCM around it; what is checked here is that the bytes
 * are a model at all.
 */
const MAGIC = 'IGRM';
const VERSION = 1;
const HEADER = 24;
/** 10,000 items are an 800 MB matrix: more than that is a damaged header, not a catalogue. */
const MOST_ITEMS = 10_000;

export class SnapshotError extends Error {
  constructor(readonly code: 'snapshot.version_unknown' | 'snapshot.damaged') {
    super(code);
    this.name = 'SnapshotError';
  }
}

export interface Snapshot {
  readonly model: EaseModel;
  /** product id of each position of the model */
  readonly productIds: readonly string[];
}

/** @returns about 4 n² bytes: 16 MB at 2,000 items */
export function encodeSnapshot({ model, productIds }: Snapshot): Buffer {
  if (productIds.length !== model.size) throw new RangeError('one product id for each item');
  const ids = encodeIds(productIds);
  const numbers = new Float64Array(model.size + triangle(model.size));
  numbers.set(model.popularity);
  let at = model.size;
  for (let i = 0; i < model.size; i++) {
    numbers.set(model.inverse.subarray(i * model.size, i * model.size + i + 1), at);
    at += i + 1;
  }
  return Buffer.concat([header(model), ids, littleEndian(Buffer.from(numbers.buffer))]);
}

/** @throws SnapshotError */
export function decodeSnapshot(bytes: Uint8Array): Snapshot {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (buffer.length < HEADER || buffer.toString('latin1', 0, 4) !== MAGIC)
    throw new SnapshotError('snapshot.damaged');
  if (buffer.readUInt16LE(4) !== VERSION) throw new SnapshotError('snapshot.version_unknown');
  const size = buffer.readUInt32LE(8);
  if (size > MOST_ITEMS) throw new SnapshotError('snapshot.damaged');
  const { productIds, end } = decodeIds(buffer, size);
  if (buffer.length !== end + 8 * (size + triangle(size))) throw new SnapshotError('snapshot.damaged');
  const numbers = toNumbers(buffer.subarray(end));
  const lambda = buffer.readDoubleLE(16);
  if (!(lambda > 0) || !numbers.every(Number.isFinite)) throw new SnapshotError('snapshot.damaged');
  const inverse = fromTriangle(numbers.subarray(size), size);
  return {
    model: new EaseModel(size, lambda, inverse, numbers.slice(0, size), buffer.readUInt32LE(12)),
    productIds,
  };
}

function header(model: EaseModel): Buffer {
  const bytes = Buffer.alloc(HEADER);
  bytes.write(MAGIC, 'latin1');
  bytes.writeUInt16LE(VERSION, 4);
  bytes.writeUInt32LE(model.size, 8);
  bytes.writeUInt32LE(model.people, 12);
  bytes.writeDoubleLE(model.lambda, 16);
  return bytes;
}

function encodeIds(ids: readonly string[]): Buffer {
  return Buffer.concat(
    ids.flatMap((id) => {
      const text = Buffer.from(id, 'utf8');
      const length = Buffer.alloc(2);
      length.writeUInt16LE(text.length);
      return [length, text];
    }),
  );
}

function decodeIds(buffer: Buffer, size: number): { productIds: string[]; end: number } {
  const productIds: string[] = [];
  let at = HEADER;
  for (let i = 0; i < size; i++) {
    if (at + 2 > buffer.length) throw new SnapshotError('snapshot.damaged');
    const end = at + 2 + buffer.readUInt16LE(at);
    if (end > buffer.length) throw new SnapshotError('snapshot.damaged');
    productIds.push(buffer.toString('utf8', at + 2, end));
    at = end;
  }
  return { productIds, end: at };
}

function fromTriangle(lower: Float64Array, size: number): Float64Array {
  const matrix = new Float64Array(size * size);
  let at = 0;
  for (let i = 0; i < size; i++) {
    for (let j = 0; j <= i; j++) {
      const value = lower[at++]!;
      matrix[i * size + j] = value;
      matrix[j * size + i] = value;
    }
  }
  return matrix;
}

function triangle(size: number): number {
  return (size * (size + 1)) / 2;
}

/** Copies, because a view of doubles needs an address that is a multiple of eight. */
function toNumbers(bytes: Buffer): Float64Array {
  const copy = new Uint8Array(bytes);
  return new Float64Array(littleEndian(Buffer.from(copy.buffer)).buffer);
}

const HOST_IS_LITTLE_ENDIAN = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

/** Swaps in place on the rare host that writes numbers the other way round. */
function littleEndian(bytes: Buffer): Buffer {
  return HOST_IS_LITTLE_ENDIAN ? bytes : bytes.swap64();
}
