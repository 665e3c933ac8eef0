import {
  concat,
  ed25519Signer,
  ed25519Verifier,
  fromBase64,
  PUBLIC_KEY_BYTES,
  randomSeed,
  SEED_BYTES,
  sameBytes,
  sha256,
  toBase64,
  toHex,
  toUtf8,
} from './primitives.js';

/** Type byte of a plain Ed25519 signature. Source: C2SP signed-note, "Signature types". */
const ED25519 = 1;
const ID_BYTES = 4;
const PRIVATE_PREFIX = 'PRIVATE+KEY+';

/** A text is not a note key: wrong shape, unknown algorithm, or an id that isn't its own. Never shows the text. */
export class NoteKeyInvalid extends Error {
  override readonly name = 'NoteKeyInvalid';
  constructor() {
    super('not a note key');
  }
}

/** The public half of a note key. Source: C2SP signed-note, and the text form of Go's sumdb/note. */
export class NoteVerifier {
  private readonly check: (message: Uint8Array, signature: Uint8Array) => boolean;

  private constructor(
    /** the key's name; a log's key bears the log's origin */
    readonly name: string,
    readonly publicKey: Uint8Array,
    /** first four bytes of SHA-256(name || 0x0A || 0x01 || public key) */
    readonly id: Uint8Array,
  ) {
    this.check = ed25519Verifier(publicKey);
  }

  static of(name: string, publicKey: Uint8Array): NoteVerifier {
    if (!isKeyName(name) || publicKey.length !== PUBLIC_KEY_BYTES) throw new NoteKeyInvalid();
    return new NoteVerifier(name, publicKey, keyId(name, ED25519, publicKey));
  }

  /**
   * Reads a vkey: `name+hex(id)+base64(0x01 || public key)`.
   * @throws {NoteKeyInvalid}
   */
  static parse(vkey: string): NoteVerifier {
    const { name, id, key } = parseKey(vkey, ED25519);
    const verifier = NoteVerifier.of(name, key);
    if (!sameBytes(verifier.id, id)) throw new NoteKeyInvalid();
    return verifier;
  }

  /** Whether a signature over these bytes is this key's. */
  verify(message: Uint8Array, signature: Uint8Array): boolean {
    return this.check(message, signature);
  }

  /** Whether a signature line that says this name and id means this key. */
  isNamed(name: string, id: Uint8Array): boolean {
    return this.name === name && sameBytes(this.id, id);
  }

  /** @returns the vkey */
  toString(): string {
    return formatKey(this.name, this.id, ED25519, this.publicKey);
  }
}

/** The private half. Its seed is in no property, so that logging or serialising one shows nothing. */
export class NoteSigner {
  readonly #sign: (message: Uint8Array) => Uint8Array;
  readonly verifier: NoteVerifier;

  private constructor(name: string, seed: Uint8Array) {
    const { publicKey, sign } = ed25519Signer(seed);
    this.#sign = sign;
    this.verifier = NoteVerifier.of(name, publicKey);
  }

  get name(): string {
    return this.verifier.name;
  }

  /** @param seed RFC 8032's private key, 32 bytes */
  static of(name: string, seed: Uint8Array): NoteSigner {
    if (!isKeyName(name) || seed.length !== SEED_BYTES) throw new NoteKeyInvalid();
    return new NoteSigner(name, seed);
  }

  /**
   * Reads a skey: `PRIVATE+KEY+name+hex(id)+base64(0x01 || seed)`.
   * @throws {NoteKeyInvalid}
   */
  static parse(skey: string): NoteSigner {
    if (!skey.startsWith(PRIVATE_PREFIX)) throw new NoteKeyInvalid();
    const { name, id, key } = parseKey(skey.slice(PRIVATE_PREFIX.length), ED25519);
    const signer = NoteSigner.of(name, key);
    if (!sameBytes(signer.verifier.id, id)) throw new NoteKeyInvalid();
    return signer;
  }

  /** @returns the 64 bytes of an Ed25519 signature */
  sign(message: Uint8Array): Uint8Array {
    return this.#sign(message);
  }
}

/**
 * Makes a key pair in text form.
 * @param name the log's origin: a URL without scheme, such as `example.com/vault-audit`
 */
export function generateNoteKey(name: string): { skey: string; vkey: string } {
  const seed = randomSeed();
  const { verifier } = NoteSigner.of(name, seed);
  return {
    skey: `${PRIVATE_PREFIX}${formatKey(name, verifier.id, ED25519, seed)}`,
    vkey: verifier.toString(),
  };
}

/** Key names are non-empty and hold neither Unicode spaces, control characters nor plus. */
export function isKeyName(name: string): boolean {
  return /^[^\s+\p{Cc}\p{Z}]+$/u.test(name);
}

/** @returns the first four bytes of SHA-256(name || 0x0A || type || public key) */
export function keyId(name: string, type: number, publicKey: Uint8Array): Uint8Array {
  return sha256(concat(toUtf8(`${name}\n`), Uint8Array.of(type), publicKey)).subarray(0, ID_BYTES);
}

/** Writes a key of a type as text: `name+hex(id)+base64(type || key)`. */
export function formatKey(name: string, id: Uint8Array, type: number, key: Uint8Array): string {
  return `${name}+${toHex(id)}+${toBase64(concat(Uint8Array.of(type), key))}`;
}

/** Reads what {@link formatKey} wrote, for one type only. @throws {NoteKeyInvalid} */
export function parseKey(text: string, type: number): { name: string; id: Uint8Array; key: Uint8Array } {
  // The base64 part may hold plus signs itself; name and id can't.
  const [, name, id, body] = /^([^+]+)\+([0-9a-f]{8})\+(.+)$/s.exec(text) ?? [];
  const bytes = body ? fromBase64(body) : undefined;
  if (!name || !id || !bytes || bytes[0] !== type) throw new NoteKeyInvalid();
  return { name, id: fromHex(id), key: bytes.subarray(1) };
}

function fromHex(hex: string): Uint8Array {
  return Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}
