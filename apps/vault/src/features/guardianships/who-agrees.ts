import type { PurposeName } from '@integument/contracts';
import type { Tx } from '@integument/database';
import type { ActiveGuardianships } from './active-guardianships.js';
import type { ConsentAge } from './consent-age.js';
import { notGuarded, underAge } from './guardianships.errors.js';

/** Whose session it is, and whether they act in it themselves. */
export interface Acting {
  readonly person_id: Buffer;
  /** under which somebody else acts for them */
  readonly guardianship: Buffer | null;
}

/** Who may agree for whom. Asked in the transaction of what they agree to, in which it then stays so. */
export class WhoAgrees {
  constructor(
    private readonly guardianships: ActiveGuardianships,
    private readonly age: ConsentAge,
  ) {}

  /** @throws CodedError `permits.under_age`, `permits.not_guarded` */
  async demandYes(tx: Tx, acting: Acting, purpose: PurposeName): Promise<void> {
    await this.demandPurpose(tx, acting, purpose);
    if (!acting.guardianship && (await this.age.isUnderAge(tx, acting.person_id))) throw underAge();
  }

  /** A no is everybody's own, at any age. @throws CodedError `permits.not_guarded` */
  async demandPurpose(tx: Tx, acting: Acting, purpose: PurposeName): Promise<void> {
    const purposes = await this.purposesOf(tx, acting);
    if (purposes && !purposes.includes(purpose)) throw notGuarded();
  }

  /** @returns null where they act themselves: all; none where the guardianship is over, or the child is old enough */
  async purposesOf(tx: Tx, { guardianship }: Acting): Promise<readonly PurposeName[] | null> {
    if (!guardianship) return null;
    return (await this.guardianships.lock(tx, guardianship))?.purposes ?? [];
  }
}
