import { type BlindIndex, context, open, seal } from '@integument/crypto';
import type { DomainKeys } from '../keys/index.js';
import type { SealedToken, TokenHolder } from './sealed-token.js';

/** Seals what tokens stand for: a person's values under their own key, so that they go with it, all others under a key of the vault. */
export class TokenSealer {
  constructor(
    private readonly keys: DomainKeys,
    private readonly index: BlindIndex,
  ) {}

  seal(token: Buffer, field: string, domain: string, text: string, holder: TokenHolder | null): SealedToken {
    const place = placeOf(token, field, domain);
    const bytes = Buffer.from(text, 'utf8');
    const named = { token, field, domain };
    if (holder) {
      return {
        ...named,
        personId: holder.personId,
        domainKey: null,
        sealed: seal(this.keyOf(holder), bytes, place),
      };
    }
    const { key, domainKey } = this.keys.lend('token', 1);
    return { ...named, personId: null, domainKey, sealed: seal(key, bytes, place) };
  }

  /** @throws SealBroken if a value or a key was moved or changed */
  open({ token, field, domain, domainKey, sealed }: SealedToken, holder: TokenHolder | null): string {
    const key = domainKey === null ? holder && this.keyOf(holder) : this.keys.lent(domainKey);
    if (!key) throw new Error('a token of a person without the person');
    return open(key, sealed, placeOf(token, field, domain)).toString('utf8');
  }

  /** What is the same for the same value, within its field and domain: and unrelated to it, for who has not the index key. */
  digest(field: string, domain: string, normalised: string): { digest: Buffer; indexKey: number } {
    const digest = this.index.digest(`token/${domain}/${field}`, normalised);
    return { digest, indexKey: this.keys.indexKey() };
  }

  private keyOf({ personId, domainKey, wrapped }: TokenHolder): Buffer {
    return this.keys.unwrap('person', personId, { domainKey, wrapped });
  }
}

function placeOf(token: Buffer, field: string, domain: string): Buffer {
  return context('token', token, field, domain);
}
