import type { ConsentImportId, PurposeName } from '@integument/contracts';
import { SHOP } from '../../../apps/vault/src/vault.fixture.js';
import type { PersonSession } from './person-session.js';
import type { TwoPlanes } from './two-planes.js';

const DAY_MS = 86_400_000;
/** As long before that it is still good. */
export const GIVEN_ON = dayBefore(100);

export function dayBefore(days: number): string {
  return new Date(Date.now() - days * DAY_MS).toISOString().slice(0, 10);
}

/** A shop that has consents from before, and brings them. */
export class ImportingShop {
  constructor(private readonly planes: TwoPlanes) {}

  /** Somebody whom it knows, and who signs in here. */
  async customer(): Promise<{ name: string; person: PersonSession }> {
    const { planes } = this;
    const name = await planes.enrol();
    return { name, person: await planes.signIn(await planes.vault.personIdOf(name)) };
  }

  async customers(count: number): Promise<string[]> {
    const names: string[] = [];
    while (names.length < count) names.push(await this.planes.enrol());
    return names;
  }

  consentOf(person: string, purpose: PurposeName = 'ingest', change: object = {}) {
    const { notice } = this.planes.api.agreementTo(purpose);
    const evidence = { form: 'newsletter-2024', wording: 'Yes, please', address: '192.0.2.7' };
    return { person, purpose, notice, givenOn: GIVEN_ON, evidence, ...change };
  }

  bring(consents: readonly object[]) {
    const { unitOfWork, imports } = this.planes.vault;
    return unitOfWork.run((tx) => imports.take(tx, SHOP, consents, null));
  }

  stateOf(name: string) {
    const { unitOfWork, imports } = this.planes.vault;
    return unitOfWork.run((tx) => imports.read(tx, SHOP, name as ConsentImportId));
  }
}
