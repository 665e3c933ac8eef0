import { CodedError, type IdentityField } from '@integument/contracts';
import { bytesKey } from '@integument/crypto';
import type { Tx } from '@integument/database';
import { grouped } from '../../platform/grouped.js';
import { toText } from '../catalogue/index.js';
import { type PersonValues, personNotFound } from '../people/index.js';
import type { TokenHolder } from './sealed-token.js';
import { valueUnknown } from './tokens.errors.js';
import type { KnownWish, TokenWish, WantedToken } from './wanted-token.js';

type Holders = ReadonlyMap<string, TokenHolder>;
type Known = ReadonlyMap<string, string | CodedError>;

/** What the vault knows of people already: read here where a token of it is asked for, and told to nobody. */
export class KnownValues {
  constructor(private readonly values: PersonValues) {}

  /**
   * Puts what is known in the place of what was not sent.
   * @param holders everybody whose tokens are asked for, held until the transaction ends
   * @returns in the same order: what is asked for with its value, or why there is none
   */
  async read(
    tx: Tx,
    wishes: readonly TokenWish[],
    holders: Holders,
  ): Promise<readonly (CodedError | WantedToken)[]> {
    const ofKnown = wishes.filter(isOfKnown);
    if (ofKnown.length === 0) return wishes as readonly WantedToken[];
    const known = await this.open(tx, ofKnown, holders);
    return wishes.map((wish) => (isOfKnown(wish) ? withKnown(wish, holders, known) : wish));
  }

  /** Field by field: of nobody is more opened than what is asked for, and one value that doesn't open refuses no other. */
  private async open(tx: Tx, wishes: readonly KnownWish[], holders: Holders): Promise<Known> {
    const known = new Map<string, string | CodedError>();
    for (const some of grouped(wishes, ({ field }) => field.name)) {
      const field = some[0]?.field.name as IdentityField;
      const people = new Set(some.flatMap(({ person }) => holders.get(bytesKey(person)) ?? []));
      const ids = Array.from(people, ({ personId }) => personId);
      for (const { person, values } of await this.values.openMany(tx, ids, [field])) {
        const value = values instanceof CodedError ? values : values[field];
        if (value === undefined) continue;
        known.set(placeOf(person.personId, field), value instanceof CodedError ? value : toText(value));
      }
    }
    return known;
  }
}

function isOfKnown(wish: TokenWish): wish is KnownWish {
  return !('text' in wish);
}

function withKnown(wish: KnownWish, holders: Holders, known: Known): CodedError | WantedToken {
  const holder = holders.get(bytesKey(wish.person));
  if (!holder) return personNotFound();
  // As it is kept: it was checked when it came, by the limits of that day.
  const text = known.get(placeOf(holder.personId, wish.field.name)) ?? valueUnknown();
  return text instanceof CodedError ? text : { ...wish, text, stored: true };
}

function placeOf(personId: Buffer, field: string): string {
  return `${field} ${bytesKey(personId)}`;
}
