import { IDENTITY_FIELDS, type IdentityField, type SomeIdentityFields } from '@integument/contracts';
import { type BlindIndex, commit, context, open, randomId, seal } from '@integument/crypto';
import { CATALOGUE, type FieldRule, fromText, toText } from '../catalogue/index.js';
import { accountDigest, type DomainKeys, type WrappedKey } from '../keys/index.js';

export interface SealedValue {
  readonly field: IdentityField;
  readonly sealed: Buffer;
  readonly digest: Buffer | null;
}

/** A person as the database holds them. */
export interface SealedPerson extends WrappedKey {
  readonly personId: Buffer;
  /** what the audit log says in the person's place: a commitment whose salt is wrapped beside the key */
  readonly subject: Buffer;
  readonly values: readonly SealedValue[];
}

/** Turns identity fields into what is stored, and back. Each person has a key of their own. */
export class PersonSealer {
  constructor(
    private readonly keys: DomainKeys,
    private readonly index: BlindIndex,
  ) {}

  sealNew(fields: SomeIdentityFields): SealedPerson {
    const personId = randomId();
    const salt = randomId();
    const { key, domainKey, wrapped } = this.keys.mint('person', personId, salt);
    const values = this.sealValues(key, personId, fields);
    return { personId, subject: commit(salt, personId), domainKey, wrapped, values };
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

  /** Blind index of a value that was searched for or stored. */
  digest(field: IdentityField, value: unknown): Buffer | null {
    const { normalise } = CATALOGUE[field] as FieldRule;
    return normalise ? this.index.digest(field, normalise(value)) : null;
  }

  /** Keyed digest of an account at an OpenID provider. */
  account(issuer: string, subject: string): Buffer {
    return accountDigest(this.index, issuer, subject);
  }

  private sealValues(key: Buffer, personId: Buffer, fields: SomeIdentityFields): SealedValue[] {
    const values: SealedValue[] = [];
    for (const field of IDENTITY_FIELDS) {
      const value = fields[field];
      if (value === undefined) continue;
      const text = Buffer.from(toText(value), 'utf8');
      values.push({
        field,
        sealed: seal(key, text, valuePlace(personId, field)),
        digest: this.digest(field, value),
      });
    }
    return values;
  }
}

function valuePlace(personId: Buffer, field: IdentityField): Buffer {
  return context('identity_value', personId, field);
}
