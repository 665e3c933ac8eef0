import type { Language } from '@integument/contracts';
import type { Tx } from '@integument/database';
import type { KnownPerson, PeopleStore } from './people.store.js';
import type { PersonSealer } from './sealed-person.js';

/** Somebody whom a letter may be for. */
export interface Addressee {
  readonly personId: Buffer;
  /** what the audit log says in their place */
  readonly subject: Buffer;
  /** which they chose, if any */
  readonly language: Language | null;
  readonly email: 'none' | 'there' | 'undeliverable';
}

/** Where a letter goes. For whoever sends it, at that moment. */
export interface Address {
  readonly subject: Buffer;
  readonly email: string;
  readonly givenName: string | undefined;
  /** what is kept of the email, to know it again */
  readonly digest: Buffer;
  /** a letter came back from it */
  readonly undeliverable: boolean;
}

/** What letters need of people: before one is sent, no address. */
export class Addressees {
  constructor(
    private readonly store: PeopleStore,
    private readonly sealer: PersonSealer,
  ) {}

  /** Those of them who are not being erased, held against that until the transaction ends. @throws NotReady */
  async find(tx: Tx, personIds: readonly Buffer[]): Promise<Addressee[]> {
    const people = await this.store.findMany(tx, personIds);
    this.sealer.demandWarm(people.filter(isOpened));
    return people.map((person) => ({
      personId: person.personId,
      subject: person.subject,
      language: has(person, 'language') ? (this.sealer.open(person, ['language']).language ?? null) : null,
      email: this.emailOf(person),
    }));
  }

  /** @returns null where there is no such person any more, or no email of theirs @throws NotReady */
  async address(tx: Tx, personId: Buffer): Promise<Address | null> {
    const person = await this.store.findById(tx, personId);
    if (!person) return null;
    const { email, given_name: givenName } = this.sealer.open(person, ['email', 'given_name']);
    if (email === undefined) return null;
    const digest = this.sealer.emailDigest(person, email);
    const undeliverable = person.undeliverable?.equals(digest) ?? false;
    return { subject: person.subject, email, givenName, digest, undeliverable };
  }

  /** A letter came back from the email that this is the digest of. */
  markUndeliverable(tx: Tx, personId: Buffer, digest: Buffer): Promise<void> {
    return this.store.setUndeliverable(tx, personId, digest);
  }

  private emailOf(person: KnownPerson): Addressee['email'] {
    if (!has(person, 'email')) return 'none';
    return this.sealer.isUndeliverable(person) ? 'undeliverable' : 'there';
  }
}

function has({ values }: KnownPerson, wanted: 'email' | 'language'): boolean {
  return values.some(({ field }) => field === wanted);
}

/** Of most people nothing has to be opened to know that there can be a letter. */
function isOpened(person: KnownPerson): boolean {
  return person.undeliverable !== null || has(person, 'language');
}
