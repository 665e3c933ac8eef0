import { deflateRawSync, inflateRawSync } from 'node:zlib';
import type { Reading } from '@integument/contracts';

const FORMAT = 1;
const MAX_INFLATED = 64 * 1024 * 1024;

/**
 * Packs readings for sealing: times as deltas and values column by column, then deflate. Values are doubles written in
 * full, so that what is read back equals what came in to the last bit.
 *
 * Shape: format (1 byte) | deflate-raw of: count (u32 LE), times as zigzag varint deltas in ms, values (f64 LE each).
 */
export function packReadings(readings: readonly Reading[]): Buffer {
  const times = Buffer.allocUnsafe(readings.length * 8);
  const values = Buffer.allocUnsafe(readings.length * 8);
  let previous = 0;
  let at = 0;
  readings.forEach(([time, value], index) => {
    at = writeVarint(times, at, zigzag(time - previous));
    values.writeDoubleLE(value, index * 8);
    previous = time;
  });
  const count = Buffer.alloc(4);
  count.writeUInt32LE(readings.length);
  const packed = deflateRawSync(Buffer.concat([count, times.subarray(0, at), values]), { level: 1 });
  return Buffer.concat([Buffer.from([FORMAT]), packed]);
}

/** Reads what {@link packReadings} wrote. */
export function unpackReadings(packed: Buffer): Reading[] {
  if (packed[0] !== FORMAT) throw new Error('unknown chunk format');
  const bytes = inflateRawSync(packed.subarray(1), { maxOutputLength: MAX_INFLATED });
  const count = bytes.readUInt32LE(0);
  const valuesAt = bytes.length - count * 8;
  const readings: Reading[] = [];
  let time = 0;
  let at = 4;
  for (let index = 0; index < count; index++) {
    const [delta, next] = readVarint(bytes, at);
    time += unzigzag(delta);
    at = next;
    readings.push([time, bytes.readDoubleLE(valuesAt + index * 8)]);
  }
  return readings;
}

// Times are below 2^42, their doubles below 2^43: plain arithmetic stays exact where bit operators would cut at 32.
function zigzag(value: number): number {
  return value < 0 ? -2 * value - 1 : 2 * value;
}

function unzigzag(value: number): number {
  return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
}

function writeVarint(target: Buffer, at: number, value: number): number {
  let rest = value;
  while (rest >= 128) {
    target[at++] = (rest % 128) | 128;
    rest = Math.floor(rest / 128);
  }
  target[at++] = rest;
  return at;
}

function readVarint(source: Buffer, from: number): [value: number, next: number] {
  let value = 0;
  let factor = 1;
  let at = from;
  for (;;) {
    const byte = source[at++] ?? 0;
    value += (byte & 127) * factor;
    if (byte < 128) return [value, at];
    factor *= 128;
  }
}
