import type { Tx } from '@integument/database';
import type { ConsentAge } from './consent-age.js';
import type { GuardianshipRow, GuardianshipsStore } from './guardianships.store.js';

/** Guardianships that somebody may act under just now. */
export class ActiveGuardianships {
  constructor(
    private readonly store: GuardianshipsStore,
    private readonly age: ConsentAge,
  ) {}

  /**
   * Guardianship and child are held until the transaction ends. How old the child is, is asked behind the lock and each time: since the
   * guardianship was recorded it may have turned out to be older, or have moved to where that is old enough.
   * @returns null where it is over, or the child agrees by itself
   */
  async lock(tx: Tx, guardianship: Buffer): Promise<GuardianshipRow | null> {
    const found = await this.store.lockActive(tx, guardianship, this.age.today());
    return found && (await this.age.isUnderAge(tx, found.child_id)) ? found : null;
  }
}
