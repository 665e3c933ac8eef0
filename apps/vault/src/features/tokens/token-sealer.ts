import type { TokenType } from '@integument/contracts';
import { bytesKey, context, contextOf, deriveKey, open, seal } from '@integument/crypto';
import type { TokenCipher, TokenField } from '../catalogue/index.js';
import type { DomainKeys, LiveIndex, Stamped } from '../keys/index.js';
import type { SealedToken, TokenHolder } from './sealed-token.js';
import { TOKEN_BYTES } from './token-ids.js';

/** Under whose key a person's values lie. */
type Holder = Pick<TokenHolder, 'domainKey' | 'personId' | 'wrapped'>;

/** Under which key of the vault values lie that are nobody's. */
export interface LentKey {
  readonly key: Buffer;
  readonly domainKey: number;
}

/** Among which tokens one is the same for the same value. */
interface Sameness {
  readonly type: TokenType;
  readonly stored: boolean;
}

/** What is the same for the same value: by what a token of it is found, and under which digests one may stand already. */
export interface SameToken extends Stamped {
  /** under each version of the index key that there may be tokens under, the oldest first */
  readonly digests: readonly Buffer[];
}

/** What is known of so many fields and domains is kept: more than catalogues have, and no caller's names can fill the memory. */
const KNOWN_MOST = 4_096;

/** Seals what tokens stand for: a person's values under their own key, so that they go with it, all others under a key of the vault. */
export class TokenSealer {
  /** by field and domain, as is the next */
  readonly #ciphers = new Map<string, TokenCipher>();
  readonly #places = new Map<string, (token: Buffer) => Buffer>();

  constructor(
    private readonly keys: DomainKeys,
    private readonly index: LiveIndex,
  ) {}

  /** For values that are nobody's: once for all that are sealed together. @param values how many those are */
  lend(values: number): LentKey {
    return this.keys.lend('token', values);
  }

  /** Before tokens of many people are sealed or opened: see `DomainKeys.demandWarm`. @throws NotReady */
  demandWarm(holders: Iterable<Pick<Holder, 'wrapped'>>): void {
    this.keys.demandWarm(holders);
  }

  seal(token: Buffer, field: string, domain: string, text: string, under: Holder | LentKey): SealedToken {
    const place = this.placeOf(token, field, domain);
    const bytes = Buffer.from(text, 'utf8');
    if ('key' in under) {
      const { key, domainKey } = under;
      return { token, field, domain, personId: null, domainKey, sealed: seal(key, bytes, place) };
    }
    const sealed = seal(this.keyOf(under), bytes, place);
    return { token, field, domain, personId: under.personId, domainKey: null, sealed };
  }

  /** @throws SealBroken if a value or a key was moved or changed */
  open(kept: SealedToken, holder: Holder | null): string {
    return this.openBytes(kept, holder).toString('utf8');
  }

  /** Of a token that is nobody's: its value under the key as it is now. @throws SealBroken */
  reseal(kept: SealedToken): { domainKey: number; sealed: Buffer } {
    const value = this.openBytes(kept, null);
    const { key, domainKey } = this.lend(1);
    const sealed = seal(key, value, this.placeOf(kept.token, kept.field, kept.domain));
    value.fill(0);
    return { domainKey, sealed };
  }

  /**
   * What a token is encrypted under that is the value. Nothing of it is kept, so nothing could be encrypted anew: this key is never rotated,
   * and no erasure reaches what it has made.
   */
  cipher(field: string, domain: string): TokenCipher {
    const name = context('token_format', domain, field);
    const known = this.#ciphers.get(bytesKey(name));
    // Asked each time whether the vault may still use its keys.
    const secret = this.keys.secret('format');
    if (known) return known;
    const cipher = { key: deriveKey(secret, 'integument/format-preserving-tokens/v1', name), tweak: name };
    return keep(this.#ciphers, bytesKey(name), cipher);
  }

  /** What is the same for the same value, within its field and domain: and unrelated to it, for who has not the index key. */
  same({ name, kind }: TokenField, domain: string, text: string, how: Sameness): SameToken {
    const label = labelOf(how, domain, name);
    const normalised = kind.normalise(text);
    return { ...this.index.stamp(label, normalised), digests: this.index.digests(label, normalised) };
  }

  /**
   * By what a token that is there is found from now on.
   * @returns null where the field's kind, another than it was, can't read the value
   * @throws SealBroken
   */
  restamp(
    kept: SealedToken & { readonly format: string | null; readonly ofStored: boolean },
    { name, kind }: TokenField,
    holder: Holder | null,
  ): Stamped | null {
    const type = kept.format === null ? 'deterministic' : 'format-preserving';
    const normalised = normalisedOrNull(kind, this.open(kept, holder));
    const label = labelOf({ type, stored: kept.ofStored }, kept.domain, name);
    return normalised === null ? null : this.index.stamp(label, normalised);
  }

  private openBytes({ token, field, domain, domainKey, sealed }: SealedToken, holder: Holder | null): Buffer {
    const key = domainKey === null ? holder && this.keyOf(holder) : this.keys.lent(domainKey);
    if (!key) throw new Error('a token of a person without the person');
    return open(key, sealed, this.placeOf(token, field, domain));
  }

  private placeOf(token: Buffer, field: string, domain: string): Buffer {
    // Neither name has a blank.
    const name = `${field} ${domain}`;
    const known = this.#places.get(name);
    if (known) return known(token);
    return keep(this.#places, name, contextOf(['token'], TOKEN_BYTES, [field, domain]))(token);
  }

  private keyOf({ personId, domainKey, wrapped }: Holder): Buffer {
    return this.keys.unwrap('person', personId, { domainKey, wrapped });
  }
}

/** Where there are too many, the one that came first goes, and is made anew when it is wanted. */
function keep<Value>(known: Map<string, Value>, name: string, value: Value): Value {
  const [first] = known.keys();
  if (first !== undefined && known.size >= KNOWN_MOST) known.delete(first);
  known.set(name, value);
  return value;
}

/**
 * A value has one token of each type: which of them is asked for must not depend on which came first. What the vault knew already has
 * others than what is sent: who may try values would find by an equal token which of them a person has.
 */
function labelOf({ type, stored }: Sameness, domain: string, field: string): string {
  return `token/${stored ? 'stored-' : ''}${type}/${domain}/${field}`;
}

function normalisedOrNull({ normalise }: TokenField['kind'], text: string): string | null {
  try {
    return normalise(text);
  } catch {
    return null;
  }
}
