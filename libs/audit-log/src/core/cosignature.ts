import { type Checkpoint, parseCheckpoint } from './checkpoint.js';
import { NoteInvalid, readSignatures } from './note.js';
import { formatKey, isKeyName, keyId, NoteKeyInvalid, parseKey } from './note-key.js';
import {
  concat,
  ed25519Signer,
  ed25519Verifier,
  PUBLIC_KEY_BYTES,
  randomSeed,
  SEED_BYTES,
  sameBytes,
  toBase64,
  toUtf8,
} from './primitives.js';

/** Type byte of a timestamped Ed25519 cosignature. Source: C2SP signed-note, "Signature types". */
const COSIGNATURE_V1 = 4;
const TIME_BYTES = 8;
const PRIVATE_PREFIX = 'PRIVATE+KEY+';

/** A witness's statement: at this time it had seen this checkpoint, and it continued every one it had seen before. */
export interface Cosignature {
  readonly witness: string;
  /** seconds since 1970, the witness's clock */
  readonly time: number;
}

/** The public half of a witness's key. Source: C2SP tlog-cosignature, `cosignature/v1`. */
export class WitnessVerifier {
  private readonly check: (message: Uint8Array, signature: Uint8Array) => boolean;

  private constructor(
    readonly name: string,
    private readonly publicKey: Uint8Array,
    private readonly id: Uint8Array,
  ) {
    this.check = ed25519Verifier(publicKey);
  }

  static of(name: string, publicKey: Uint8Array): WitnessVerifier {
    if (!isKeyName(name) || publicKey.length !== PUBLIC_KEY_BYTES) throw new NoteKeyInvalid();
    return new WitnessVerifier(name, publicKey, keyId(name, COSIGNATURE_V1, publicKey));
  }

  /** Reads a vkey, `name+hex(id)+base64(0x04 || public key)`. @throws {NoteKeyInvalid} */
  static parse(vkey: string): WitnessVerifier {
    const { name, id, key } = parseKey(vkey, COSIGNATURE_V1);
    const verifier = WitnessVerifier.of(name, key);
    if (!sameBytes(verifier.id, id)) throw new NoteKeyInvalid();
    return verifier;
  }

  /**
   * Finds this witness's cosignature on a checkpoint's note.
   * @returns null where there is none
   * @throws {NoteInvalid} for one that claims to be of this witness and isn't
   */
  find(note: string): Cosignature | null {
    const { text, signatures } = readSignatures(note);
    const own = signatures.filter(({ name, id }) => name === this.name && sameBytes(id, this.id));
    const found = own.map(({ signature }) => this.open(text, signature));
    return found.at(-1) ?? null;
  }

  /** @returns the vkey */
  toString(): string {
    return formatKey(this.name, this.id, COSIGNATURE_V1, this.publicKey);
  }

  private open(text: string, signature: Uint8Array): Cosignature {
    if (signature.length <= TIME_BYTES) throw new NoteInvalid('not a cosignature');
    const time = Number(new DataView(signature.buffer, signature.byteOffset, TIME_BYTES).getBigUint64(0));
    if (!this.check(signedText(time, text), signature.subarray(TIME_BYTES))) {
      throw new NoteInvalid('the cosignature does not match the text');
    }
    return { witness: this.name, time };
  }
}

/** The private half. Its seed is in no property, so that logging or serialising one shows nothing. */
export class WitnessSigner {
  readonly #sign: (message: Uint8Array) => Uint8Array;
  readonly verifier: WitnessVerifier;
  readonly #id: Uint8Array;

  private constructor(name: string, seed: Uint8Array) {
    const { publicKey, sign } = ed25519Signer(seed);
    this.#sign = sign;
    this.#id = keyId(name, COSIGNATURE_V1, publicKey);
    this.verifier = WitnessVerifier.of(name, publicKey);
  }

  /** Reads a skey, `PRIVATE+KEY+name+hex(id)+base64(0x04 || seed)`. @throws {NoteKeyInvalid} */
  static parse(skey: string): WitnessSigner {
    if (!skey.startsWith(PRIVATE_PREFIX)) throw new NoteKeyInvalid();
    const { name, id, key } = parseKey(skey.slice(PRIVATE_PREFIX.length), COSIGNATURE_V1);
    if (!isKeyName(name) || key.length !== SEED_BYTES) throw new NoteKeyInvalid();
    const signer = new WitnessSigner(name, key);
    if (!sameBytes(signer.#id, id)) throw new NoteKeyInvalid();
    return signer;
  }

  /**
   * Cosigns a checkpoint's text. That it continues what was cosigned before is for the caller to know.
   * @param text of the checkpoint, without signatures
   * @param time seconds since 1970
   * @returns a signature line with its line end
   */
  cosign(text: string, time: number): string {
    if (!Number.isSafeInteger(time) || time < 0) throw new RangeError('not a time');
    parseCheckpoint(text);
    const stamp = new Uint8Array(TIME_BYTES);
    new DataView(stamp.buffer).setBigUint64(0, BigInt(time));
    const bytes = concat(this.#id, stamp, this.#sign(signedText(time, text)));
    return `— ${this.verifier.name} ${toBase64(bytes)}\n`;
  }
}

/** Makes a witness's key pair in text form. */
export function generateWitnessKey(name: string): { skey: string; vkey: string } {
  if (!isKeyName(name)) throw new NoteKeyInvalid();
  const seed = randomSeed();
  const { publicKey } = ed25519Signer(seed);
  const id = keyId(name, COSIGNATURE_V1, publicKey);
  return {
    skey: `${PRIVATE_PREFIX}${formatKey(name, id, COSIGNATURE_V1, seed)}`,
    vkey: formatKey(name, id, COSIGNATURE_V1, publicKey),
  };
}

/** Every witness of these that has cosigned the note. @throws {NoteInvalid} for a false cosignature of one of them */
export function findCosignatures(note: string, witnesses: readonly WitnessVerifier[]): Cosignature[] {
  return witnesses.flatMap((witness) => witness.find(note) ?? []);
}

/** Reads which checkpoint a note to be cosigned is of, whoever signed it. */
export function checkpointTextOf(note: string): { text: string; checkpoint: Checkpoint } {
  const { text } = readSignatures(note);
  return { text, checkpoint: parseCheckpoint(text) };
}

function signedText(time: number, text: string): Uint8Array {
  return toUtf8(`cosignature/v1\ntime ${time}\n${text}`);
}
