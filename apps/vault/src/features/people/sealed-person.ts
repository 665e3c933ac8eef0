import { createHmac, timingSafeEqual } from 'node:crypto';
import { IDENTITY_FIELDS, type IdentityField, type SomeIdentityFields } from '@integument/contracts';
import { commit, context, deriveKey, open, randomId, seal } from '@integument/crypto';
import { CATALOGUE, type FieldRule, fromText, toText } from '../catalogue/index.js';
import {
  accountDigests,
  accountStamp,
  accountText,
  type DomainKeys,
  type LiveIndex,
  type Stamped,
  type WrappedKey,
} from '../keys/index.js';

export interface SealedValue {
  readonly field: IdentityField;
  readonly sealed: Buffer;
  readonly digest: Buffer | null;
  /** which version of the index key made the digest */
  readonly indexKey: number | null;
}

/** An account at an OpenID provider. */
export interface Account {
  readonly issuer: string;
  readonly subject: string;
}

/** An account as the database holds it: a digest to find it by, and a copy under its person's key to make the next one from. */
export interface SealedAccount extends Stamped {
  readonly sealed: Buffer;
  /** under each version of the index key that it may stand under already, the oldest first */
  readonly digests: readonly Buffer[];
}

/** A person as the database holds them. */
export interface SealedPerson extends WrappedKey {
  readonly personId: Buffer;
  /** what the audit log says in the person's place: a commitment whose salt is wrapped beside the key */
  readonly subject: Buffer;
  readonly values: readonly SealedValue[];
}

/** Somebody as far as it takes to seal and open what lies under their key. */
export type KeyHolder = Pick<SealedPerson, 'personId'> & WrappedKey;

/** Turns identity fields into what is stored, and back. Each person has a key of their own. */
export class PersonSealer {
  constructor(
    private readonly keys: DomainKeys,
    private readonly index: LiveIndex,
  ) {}

  /** Before many are opened: see `DomainKeys.demandWarm`. @throws NotReady */
  demandWarm(people: readonly WrappedKey[]): void {
    this.keys.demandWarm(people);
  }

  /** Before many are sealed. @throws NotReady */
  demandNew(count: number): void {
    this.keys.demandMinted(count);
  }

  sealNew(fields: SomeIdentityFields, account?: Account): SealedPerson & { account: SealedAccount | null } {
    const personId = randomId();
    const salt = randomId();
    const { key, domainKey, wrapped } = this.keys.mint('person', personId, salt);
    const values = this.sealValues(key, personId, fields);
    const sealed = account ? this.sealAccountUnder(key, personId, account) : null;
    return { personId, subject: commit(salt, personId), domainKey, wrapped, values, account: sealed };
  }

  /** Of a person who exists. */
  sealAccount(personId: Buffer, wrapped: WrappedKey, account: Account): SealedAccount {
    return this.sealAccountUnder(this.keys.unwrap('person', personId, wrapped), personId, account);
  }

  /** Seals more values of a person who exists. */
  sealMore(person: SealedPerson, fields: SomeIdentityFields): SealedValue[] {
    return this.sealValues(this.keys.unwrap('person', person.personId, person), person.personId, fields);
  }

  /** @throws SealBroken if a value or the key was moved or changed */
  open<F extends IdentityField>(person: SealedPerson, wanted: readonly F[]): Pick<SomeIdentityFields, F> {
    const key = this.keys.unwrap('person', person.personId, person);
    const fields: SomeIdentityFields = {};
    for (const { field, sealed } of person.values) {
      if (!(wanted as readonly IdentityField[]).includes(field)) continue;
      const text = open(key, sealed, valuePlace(person.personId, field)).toString('utf8');
      Object.assign(fields, { [field]: fromText(field, text) });
    }
    return fields;
  }

  /** Seals what another feature keeps of a person, to go with their key. @param place what and whose it is */
  sealBeside(person: KeyHolder, place: Buffer, text: string): Buffer {
    const key = this.keys.unwrap('person', person.personId, person);
    return seal(key, Buffer.from(text, 'utf8'), place);
  }

  /** @throws SealBroken if it was moved or changed */
  openBeside(person: KeyHolder, place: Buffer, sealed: Buffer): string {
    return open(this.keys.unwrap('person', person.personId, person), sealed, place).toString('utf8');
  }

  /** Blind index of a value that is searched for: under each version of the index key, the oldest first. Null: it has none. */
  digests(field: IdentityField, value: unknown): Buffer[] | null {
    const { normalise } = CATALOGUE[field] as FieldRule;
    return normalise ? this.index.digests(field, normalise(value)) : null;
  }

  /** Of an email as this person has it: under their own key, so that nobody else's is the same. */
  emailDigest(person: SealedPerson, email: string): Buffer {
    const key = this.keys.unwrap('person', person.personId, person);
    return emailDigestUnder(key, email);
  }

  /** Whether a letter came back from the very email that the person has. */
  isUndeliverable(person: SealedPerson & { readonly undeliverable: Buffer | null }): boolean {
    if (!person.undeliverable) return false;
    const { email } = this.open(person, ['email']);
    return email !== undefined && timingSafeEqual(this.emailDigest(person, email), person.undeliverable);
  }

  /** By which an account may be known, the oldest first. */
  accountDigests({ issuer, subject }: Account): Buffer[] {
    return accountDigests(this.index, issuer, subject);
  }

  /** The digest of a stored value as it would be now. @throws SealBroken */
  restamp(personId: Buffer, wrapped: WrappedKey, field: IdentityField, sealed: Buffer): Stamped | null {
    const key = this.keys.unwrap('person', personId, wrapped);
    const text = open(key, sealed, valuePlace(personId, field)).toString('utf8');
    return this.stamp(field, fromText(field, text));
  }

  /** The same of an account's copy. @throws SealBroken */
  restampAccount(personId: Buffer, wrapped: WrappedKey, sealed: Buffer): Stamped {
    const key = this.keys.unwrap('person', personId, wrapped);
    const text = open(key, sealed, accountPlace(personId)).toString('utf8');
    const [issuer, subject] = JSON.parse(text) as [string, string];
    return accountStamp(this.index, issuer, subject);
  }

  private stamp(field: IdentityField, value: unknown): Stamped | null {
    const { normalise } = CATALOGUE[field] as FieldRule;
    return normalise ? this.index.stamp(field, normalise(value)) : null;
  }

  private sealAccountUnder(key: Buffer, personId: Buffer, account: Account): SealedAccount {
    const { issuer, subject } = account;
    const text = Buffer.from(accountText(issuer, subject), 'utf8');
    return {
      ...accountStamp(this.index, issuer, subject),
      sealed: seal(key, text, accountPlace(personId)),
      digests: this.accountDigests(account),
    };
  }

  private sealValues(key: Buffer, personId: Buffer, fields: SomeIdentityFields): SealedValue[] {
    const values: SealedValue[] = [];
    for (const field of IDENTITY_FIELDS) {
      const value = fields[field];
      if (value === undefined) continue;
      const text = Buffer.from(toText(value), 'utf8');
      const sealed = seal(key, text, valuePlace(personId, field));
      const { digest = null, indexKey = null } = this.stamp(field, value) ?? {};
      values.push({ field, sealed, digest, indexKey });
    }
    return values;
  }
}

function emailDigestUnder(key: Buffer, email: string): Buffer {
  const { normalise } = CATALOGUE.email;
  const digestKey = deriveKey(key, 'integument/undeliverable-email/v1');
  return createHmac('sha256', digestKey)
    .update(normalise ? normalise(email) : email)
    .digest();
}

function accountPlace(personId: Buffer): Buffer {
  return context('account', personId);
}

function valuePlace(personId: Buffer, field: IdentityField): Buffer {
  return context('identity_value', personId, field);
}
