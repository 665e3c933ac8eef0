import type { Tx } from '@integument/database';
import { holdDigests } from '../keys/index.js';
import { accountTaken } from './people.errors.js';
import type { PeopleStore } from './people.store.js';
import type { SealedAccount } from './sealed-person.js';

/** Keeps an account from having two people while accounts lie under two versions of the index key: see `holdDigests`. */
export class AccountGuard {
  constructor(private readonly store: PeopleStore) {}

  /** @throws CodedError `people.account_taken` */
  async admit(tx: Tx, accounts: readonly (SealedAccount | null)[]): Promise<void> {
    const doubtful = accounts.filter((one) => one !== null).filter(isDoubtful);
    if (doubtful.length === 0) return;
    const digests = doubtful.flatMap((one) => one.digests);
    await holdDigests(tx, 'account', digests);
    const taken = await this.store.findAccounts(tx, digests);
    if (taken.size > 0) throw accountTaken(undefined);
  }
}

/** Needs a transaction of several statements. */
export function isDoubtful({ digests }: SealedAccount): boolean {
  return digests.length > 1;
}
