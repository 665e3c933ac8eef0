import type { Tx } from '@integument/database';
import { accountTaken } from './people.errors.js';
import type { PeopleStore } from './people.store.js';
import type { SealedAccount } from './sealed-person.js';

/**
 * While accounts lie under two versions of the index key, the primary key does not see that two of them are the same one.
 * So whoever adds one waits for all who add the same, by the one digest that they all agree about, and then looks for both.
 */
export class AccountGuard {
  constructor(private readonly store: PeopleStore) {}

  /** @throws CodedError `people.account_taken` */
  async admit(tx: Tx, accounts: readonly (SealedAccount | null)[]): Promise<void> {
    const doubtful = accounts.filter((one) => one !== null).filter(isDoubtful);
    if (doubtful.length === 0) return;
    await this.store.lockAccounts(
      tx,
      doubtful.flatMap(({ digests }) => digests.slice(0, 1)),
    );
    const taken = await this.store.findAccounts(
      tx,
      doubtful.flatMap(({ digests }) => digests),
    );
    if (taken.size > 0) throw accountTaken(undefined);
  }
}

/** Needs a transaction of several statements. */
export function isDoubtful({ digests }: SealedAccount): boolean {
  return digests.length > 1;
}
