import { context, open, seal } from '@integument/crypto';
import type { DomainKeys, WrappedKey } from '../keys/index.js';
import type { NewConsentRecord } from './consent-imports.store.js';

type Holder = WrappedKey & { readonly personId: Buffer };
/** In which row; in another one it doesn't open. */
type Place = Pick<NewConsentRecord, 'at' | 'purpose'> & { readonly import_id: Buffer };

/** What proves a consent lies under its person's own key: it may say who they are, and goes with them. */
export class EvidenceSealer {
  constructor(private readonly keys: DomainKeys) {}

  /** Before many are sealed. @throws NotReady */
  demandWarm(people: readonly WrappedKey[]): void {
    this.keys.demandWarm(people);
  }

  /** @throws SealBroken */
  seal(person: Holder, place: Place, evidence: string): Buffer {
    return seal(this.keyOf(person), Buffer.from(evidence, 'utf8'), placeOf(person, place));
  }

  /** @throws SealBroken */
  open(person: Holder, place: Place, sealed: Buffer): string {
    return open(this.keyOf(person), sealed, placeOf(person, place)).toString('utf8');
  }

  private keyOf(person: Holder): Buffer {
    return this.keys.unwrap('person', person.personId, person);
  }
}

function placeOf({ personId }: Holder, { import_id, at, purpose }: Place): Buffer {
  return context('consent_record', import_id, at, personId, purpose);
}
