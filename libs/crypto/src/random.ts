import { randomFillSync } from 'node:crypto';
import { KEY_BYTES } from './derive.js';

// A call to the system's generator costs more than sealing a value does: fetch by the page. Each byte is given once.
const pool = Buffer.alloc(8_192);
let used = pool.length;

/** Writes fresh random bytes into a part of a buffer. At most a page (8,192 bytes). */
export function fillRandom(target: Buffer, at: number, length: number): void {
  if (used + length > pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  // By hand: for the few bytes that are wanted, two calls into native code cost more than the loop.
  for (let n = 0; n < length; n++) {
    target[at + n] = pool[used + n] as number;
    // What was given may be a key: it must not stand here, too.
    pool[used + n] = 0;
  }
  used += length;
}

/** 32 fresh random bytes. */
export function randomKey(): Buffer {
  // Memory of its own: the slabs that small buffers share come back uninitialised to whoever asks next.
  const key = Buffer.alloc(KEY_BYTES);
  fillRandom(key, 0, KEY_BYTES);
  return key;
}
