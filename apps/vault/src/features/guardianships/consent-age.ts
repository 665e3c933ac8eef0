import { ageOfDigitalConsent, dayOf, type SomeIdentityFields } from '@integument/contracts';
import type { Tx } from '@integument/database';
import { dayAfterYears } from '../catalogue/index.js';
import type { PersonValues } from '../people/index.js';

/** What is read of somebody to know whether they agree by themselves. */
export const OF_AGE = ['birth_date', 'postal_address'] as const;
/** What mostly is enough. */
export const BORN = ['birth_date'] as const;

type Living = { readonly region: string | null };
type Told = Pick<SomeIdentityFields, (typeof OF_AGE)[number]>;

const FULL_AGE = 18;

/** From which day people agree by themselves, where they live. */
export class ConsentAge {
  constructor(
    private readonly values: PersonValues,
    private readonly now: () => number = Date.now,
  ) {}

  /** The vault's own day, ISO 8601, of UTC. */
  today(): string {
    return dayOf(this.now());
  }

  /** @returns null where no date of birth is known */
  reachedOn({ region }: Living, { birth_date, postal_address }: Told): string | null {
    if (!birth_date) return null;
    return dayAfterYears(ageOfDigitalConsent(region ?? postal_address?.country ?? null), birth_date);
  }

  isKnownMinor({ birth_date }: Told): boolean {
    return birth_date !== undefined && dayAfterYears(FULL_AGE, birth_date) > this.today();
  }

  /** Where a grown-up lives makes no difference, and of others it mostly is known from their region: then an address stays sealed. */
  hangsOnAddress({ region }: Living, told: Told): boolean {
    return region === null && this.isKnownMinor(told);
  }

  /** Who has no date of birth here is not known to be too young. @throws CodedError `people.broken` */
  async isUnderAge(tx: Tx, personId: Buffer): Promise<boolean> {
    const born = await this.values.openOf(tx, personId, BORN);
    if (!born) return false;
    if (!this.hangsOnAddress(born.person, born.values)) return this.isTooYoung(born.person, born.values);
    const known = await this.values.openOf(tx, personId, OF_AGE);
    return known !== null && this.isTooYoung(known.person, known.values);
  }

  isTooYoung(living: Living, told: Told): boolean {
    const reached = this.reachedOn(living, told);
    return reached !== null && reached > this.today();
  }
}
