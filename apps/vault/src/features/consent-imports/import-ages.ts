import { CodedError, type SomeIdentityFields } from '@integument/contracts';
import { bytesKey } from '@integument/crypto';
import type { Tx } from '@integument/database';
import { BORN, type ConsentAge, OF_AGE } from '../guardianships/index.js';
import type { KnownPerson, PersonValues } from '../people/index.js';

/** Why nothing is taken of somebody, early or late. */
export type AgeRefusal = 'consent_imports.under_age' | 'people.broken';

interface Opened {
  readonly person: KnownPerson;
  readonly values: SomeIdentityFields;
}

/** Whose consents count for nothing, whatever they say, since of a child somebody else has to agree. */
export class ImportAges {
  constructor(
    private readonly values: PersonValues,
    private readonly age: ConsentAge,
  ) {}

  /** @param people who are held in this transaction. @returns by {@link bytesKey}; of whom nothing is known they are not refused */
  async refusals(tx: Tx, people: readonly Buffer[]): Promise<ReadonlyMap<string, AgeRefusal>> {
    const refused = new Map<string, AgeRefusal>();
    const born = await this.open(tx, people, BORN, refused);
    const hangs = ({ person, values }: Opened) => this.age.hangsOnAddress(person, values);
    const ids = born.filter(hangs).map(({ person }) => person.personId);
    const known = [...born.filter((one) => !hangs(one)), ...(await this.open(tx, ids, OF_AGE, refused))];
    for (const { person, values } of known) {
      if (this.age.isTooYoung(person, values))
        refused.set(bytesKey(person.personId), 'consent_imports.under_age');
    }
    return refused;
  }

  /** @returns those whose values open. Others could be of any age, and are refused */
  private async open(
    tx: Tx,
    people: readonly Buffer[],
    fields: readonly (typeof OF_AGE)[number][],
    refused: Map<string, AgeRefusal>,
  ): Promise<Opened[]> {
    if (people.length === 0) return [];
    const all = await this.values.openMany(tx, people, fields);
    return all.flatMap(({ person, values }) => {
      if (!(values instanceof CodedError)) return [{ person, values }];
      refused.set(bytesKey(person.personId), 'people.broken');
      return [];
    });
  }
}
