import type { Regions } from '@integument/authz';
import {
  type ClientPseudonym,
  CodedError,
  type IdentityField,
  type SomeIdentityFields,
} from '@integument/contracts';
import { decodeId } from '@integument/crypto';
import type { Tx } from '@integument/database';
import { Turns } from '../../platform/turns.js';
import { openedOr } from '../keys/index.js';
import { personBroken, personNotFound } from './people.errors.js';
import type { FoundPerson, KnownPerson, PeopleStore } from './people.store.js';
import type { PersonSealer } from './sealed-person.js';

/** For features that put something in the place of a person's values; whoever asks is told none of them. */
export class PersonValues {
  constructor(
    private readonly store: PeopleStore,
    private readonly sealer: PersonSealer,
  ) {}

  /**
   * The person is locked against erasure, and against a change of what is read, until the transaction ends.
   * @returns those of the fields that are known of the person
   * @throws CodedError `people.not_found`, `people.broken`
   */
  async open(
    tx: Tx,
    clientId: string,
    name: ClientPseudonym,
    fields: readonly IdentityField[],
    regions: Regions,
  ): Promise<{ person: FoundPerson; values: SomeIdentityFields }> {
    const person = await this.store.readUnchanging(tx, clientId, decodeId('cps', name), regions);
    if (!person) throw personNotFound();
    const values = openedOr(personBroken, () => this.sealer.open(person, fields));
    if (values instanceof CodedError) throw values;
    return { person, values };
  }

  /**
   * The same of somebody whom the vault itself means.
   * @returns null where they are being erased
   * @throws CodedError `people.broken`
   */
  async openOf(
    tx: Tx,
    personId: Buffer,
    fields: readonly IdentityField[],
  ): Promise<{ person: KnownPerson; values: SomeIdentityFields } | null> {
    const person = await this.store.findById(tx, personId);
    if (!person) return null;
    const values = openedOr(personBroken, () => this.sealer.open(person, fields));
    if (values instanceof CodedError) throw values;
    return { person, values };
  }

  /**
   * The same of many at once, who are held in this transaction already: against erasure, and against a change of what is read.
   * @returns those of whom one of the fields is known. Of whom one doesn't open, there is the refusal, beside the others
   */
  async openMany(
    tx: Tx,
    personIds: readonly Buffer[],
    fields: readonly IdentityField[],
  ): Promise<{ person: KnownPerson; values: SomeIdentityFields | CodedError }[]> {
    const people = await this.store.readFields(tx, personIds, fields);
    this.sealer.demandWarm(people);
    return new Turns().map(people, (person) => ({
      person,
      values: openedOr(personBroken, () => this.sealer.open(person, fields)),
    }));
  }
}
