import type { TokenType } from '@integument/contracts';
import { type BlindIndex, context, deriveKey, open, seal } from '@integument/crypto';
import type { TokenCipher } from '../catalogue/index.js';
import type { DomainKeys } from '../keys/index.js';
import type { SealedToken, StoredToken, TokenHolder } from './sealed-token.js';

/** Seals what tokens stand for: a person's values under their own key, so that they go with it, all others under a key of the vault. */
export class TokenSealer {
  readonly #ciphers = new Map<string, TokenCipher>();

  constructor(
    private readonly keys: DomainKeys,
    private readonly index: BlindIndex,
  ) {}

  seal(token: Buffer, field: string, domain: string, text: string, holder: TokenHolder | null): SealedToken {
    const place = placeOf(token, field, domain);
    const bytes = Buffer.from(text, 'utf8');
    if (holder) {
      const sealed = seal(this.keyOf(holder), bytes, place);
      return { token, field, domain, personId: holder.personId, domainKey: null, sealed };
    }
    const { key, domainKey } = this.keys.lend('token', 1);
    return { token, field, domain, personId: null, domainKey, sealed: seal(key, bytes, place) };
  }

  /** @throws SealBroken if a value or a key was moved or changed */
  open(kept: StoredToken, holder: TokenHolder | null): string {
    const { token, field, domain, domainKey, sealed } = kept;
    const key = domainKey === null ? holder && this.keyOf(holder) : this.keys.lent(domainKey);
    if (!key) throw new Error('a token of a person without the person');
    return open(key, sealed, placeOf(token, field, domain)).toString('utf8');
  }

  /**
   * What a token is encrypted under that is the value. Nothing of it is kept, so nothing could be encrypted anew: this key is never rotated,
   * and no erasure reaches what it has made.
   */
  cipher(field: string, domain: string): TokenCipher {
    const name = context('token_format', domain, field);
    const known = this.#ciphers.get(name.toString('latin1'));
    // Asked each time whether the vault may still use its keys.
    const secret = this.keys.secret('format');
    if (known) return known;
    const cipher = { key: deriveKey(secret, 'integument/format-preserving-tokens/v1', name), tweak: name };
    this.#ciphers.set(name.toString('latin1'), cipher);
    return cipher;
  }

  /** What is the same for the same value, within its field and domain: and unrelated to it, for who has not the index key. */
  digest(
    field: string,
    domain: string,
    normalised: string,
    type: TokenType,
  ): { digest: Buffer; indexKey: number } {
    // A value has one token of each type: which of them is asked for must not depend on which came first.
    const digest = this.index.digest(`token/${type}/${domain}/${field}`, normalised);
    return { digest, indexKey: this.keys.indexKey() };
  }

  private keyOf({ personId, domainKey, wrapped }: TokenHolder): Buffer {
    return this.keys.unwrap('person', personId, { domainKey, wrapped });
  }
}

function placeOf(token: Buffer, field: string, domain: string): Buffer {
  return context('token', token, field, domain);
}
