import { context, deriveKey, open, seal } from '@integument/crypto';

/** Seals the references of cases, which are the same for all that one case is about, under a key that only the API can derive. */
export class SealedReference {
  readonly #key: Buffer;

  constructor(platformSecret: Buffer) {
    this.#key = deriveKey(platformSecret, 'integument/hold-reference/v1');
  }

  seal(hold: Buffer, reference: string): Buffer {
    return seal(this.#key, Buffer.from(reference, 'utf8'), placeOf(hold));
  }

  open(hold: Buffer, sealed: Buffer): string {
    return open(this.#key, sealed, placeOf(hold)).toString('utf8');
  }
}

function placeOf(hold: Buffer): Buffer {
  return context('permit_hold', hold);
}
