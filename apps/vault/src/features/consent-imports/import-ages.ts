import { CodedError } from '@integument/contracts';
import { bytesKey } from '@integument/crypto';
import type { Tx } from '@integument/database';
import { type ConsentAge, OF_AGE } from '../guardianships/index.js';
import type { PersonValues } from '../people/index.js';

/** Why nothing is taken of somebody, early or late. */
export type AgeRefusal = 'consent_imports.under_age' | 'people.broken';

/** Whose consents count for nothing, whatever they say, since of a child somebody else has to agree. */
export class ImportAges {
  constructor(
    private readonly values: PersonValues,
    private readonly age: ConsentAge,
  ) {}

  /** @param people who are held in this transaction. @returns by {@link bytesKey}; of whom nothing is known they are not refused */
  async refusals(tx: Tx, people: readonly Buffer[]): Promise<ReadonlyMap<string, AgeRefusal>> {
    const refused = new Map<string, AgeRefusal>();
    if (people.length === 0) return refused;
    for (const { person, values } of await this.values.openMany(tx, people, OF_AGE)) {
      // Whose age doesn't open could be anybody's.
      if (values instanceof CodedError) refused.set(bytesKey(person.personId), 'people.broken');
      else if (this.age.isTooYoung(person, values))
        refused.set(bytesKey(person.personId), 'consent_imports.under_age');
    }
    return refused;
  }
}
