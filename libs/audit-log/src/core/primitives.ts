import { isUtf8 as isUtf8Text } from 'node:buffer';
import {
  createPrivateKey,
  createPublicKey,
  hash,
  type KeyObject,
  randomBytes,
  sign,
  verify,
} from 'node:crypto';

/**
 * Everything the core needs of its host: SHA-256, Ed25519, base64 and UTF-8. The rest of the core imports nothing of
 * Node, so that a browser's build replaces this file alone.
 */

export const SEED_BYTES = 32;
export const PUBLIC_KEY_BYTES = 32;

// DER around a raw Ed25519 key (RFC 8410): Node takes no raw ones.
const PKCS8_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex');
const SPKI_PREFIX = Buffer.from('302a300506032b6570032100', 'hex');

const SHA256_BYTES = 32;

// What lies under Buffer's toString and write. Those cost as much again for choosing among encodings, for each of an export's lines.
const { latin1Slice, latin1Write, base64Write } = Buffer.prototype as unknown as {
  readonly latin1Slice: (this: Uint8Array, start: number, end: number) => string;
  readonly latin1Write: (this: Uint8Array, text: string, at: number, length: number) => number;
  readonly base64Write: (this: Uint8Array, text: string, at: number, length: number) => number;
};

/** @returns 32 bytes */
export function sha256(bytes: Uint8Array): Uint8Array {
  const digest = Buffer.allocUnsafe(SHA256_BYTES);
  sha256Into(bytes, digest, 0);
  return digest;
}

/** Writes the 32 bytes of the hash to a place of `target`, which may be among the hashed bytes. */
export function sha256Into(bytes: Uint8Array, target: Uint8Array, at: number): void {
  // By way of a text: a digest in a buffer of its own costs more than hashing a short entry.
  latin1Write.call(target, hash('sha256', bytes, 'binary'), at, SHA256_BYTES);
}

/** @returns the hash in base64 */
export function sha256Text(bytes: Uint8Array): string {
  return hash('sha256', bytes, 'base64');
}

/** Writes the 32 bytes of a hash that {@link sha256Text} gave. */
export function readHashInto(text: string, target: Uint8Array): void {
  base64Write.call(target, text, 0, SHA256_BYTES);
}

/** @returns a fresh Ed25519 seed (RFC 8032's private key), 32 bytes */
export function randomSeed(): Uint8Array {
  return randomBytes(SEED_BYTES);
}

/** @returns the public key of a seed and a function that signs with it (64 bytes, RFC 8032 section 5.1.6) */
export function ed25519Signer(seed: Uint8Array): {
  publicKey: Uint8Array;
  sign: (message: Uint8Array) => Uint8Array;
} {
  const der = Buffer.concat([PKCS8_PREFIX, seed]);
  const key = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  const spki = createPublicKey(key).export({ format: 'der', type: 'spki' });
  return { publicKey: spki.subarray(SPKI_PREFIX.length), sign: (message) => sign(null, message, key) };
}

/** @returns a function that says whether a signature over a message is this key's */
export function ed25519Verifier(
  publicKey: Uint8Array,
): (message: Uint8Array, signature: Uint8Array) => boolean {
  const der = Buffer.concat([SPKI_PREFIX, publicKey]);
  const key: KeyObject = createPublicKey({ key: der, format: 'der', type: 'spki' });
  return (message, signature) => verify(null, message, key, signature);
}

export function toBase64(bytes: Uint8Array): string {
  return view(bytes).toString('base64');
}

/**
 * Reads standard padded base64 (RFC 4648 section 4).
 * @returns undefined unless the text is exactly what {@link toBase64} would write: a second spelling of the same bytes
 * would be a place for changes that no hash sees
 */
export function fromBase64(text: string): Uint8Array | undefined {
  const bytes = Buffer.from(text, 'base64');
  return bytes.toString('base64') === text ? bytes : undefined;
}

/** @returns lower-case hexadecimal digits */
export function toHex(bytes: Uint8Array): string {
  return view(bytes).toString('hex');
}

export function toUtf8(text: string): Uint8Array {
  return Buffer.from(text, 'utf8');
}

export function fromUtf8(bytes: Uint8Array): string {
  return view(bytes).toString('utf8');
}

export function isUtf8(bytes: Uint8Array): boolean {
  return isUtf8Text(bytes);
}

/** Reads bytes as a character each, which tells any two runs of bytes apart. */
export function toLatin1(bytes: Uint8Array, start: number, end: number): string {
  return latin1Slice.call(bytes, start, end);
}

/** @returns bytes, all zero */
export function allocate(length: number): Uint8Array {
  return Buffer.alloc(length);
}

export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return view(a).equals(b);
}

export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat(parts);
}

function view(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
