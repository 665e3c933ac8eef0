import type { AuditLog } from '@integument/audit-log';
import { type Caller, type Regions, reaches } from '@integument/authz';
import {
  type BodyOf,
  type ClientPseudonym,
  CodedError,
  type Enrolment,
  IDENTITY_FIELDS,
  type IdentityField,
  type ReplyOf,
  type readPerson,
  type readSelf,
  type revealPerson,
  type SomeIdentityFields,
  type updatePerson,
} from '@integument/contracts';
import { decodeId, encodeId, randomId } from '@integument/crypto';
import type { Tx } from '@integument/database';
import { type Asker, by, forbidden } from '@integument/http';
import { maskText, toText } from '../catalogue/index.js';
import { openedOr } from '../keys/index.js';
import { allowing, type RevealGrant } from '../reveals/index.js';
import { AccountGuard } from './account-guard.js';
import {
  batchEnrolled,
  personEnrolled,
  personRead,
  personRevealed,
  personUpdated,
  selfRead,
} from './people.audit.js';
import { personBroken, personNotFound } from './people.errors.js';
import { CONSOLE, type EnrolmentRow, type FoundPerson, type PeopleStore } from './people.store.js';
import type { PersonIndex } from './person-index.js';
import type { PersonIndexStore } from './person-index.store.js';
import type { PersonSealer, SealedPerson } from './sealed-person.js';
import { mayBeShown, type UpdateReach } from './update-reach.js';

type ReadPerson = ReplyOf<typeof readPerson>;
type MaskedPerson = Omit<ReadPerson, 'undeliverable'>;

type RevealBody = BodyOf<typeof revealPerson>;

/** An enrolment that is ready to be written: sealed, named, with its audit entry. */
export interface PreparedEnrolment {
  readonly row: EnrolmentRow;
  readonly entry: ReturnType<typeof personEnrolled>;
  readonly name: ClientPseudonym;
}

/** What is done with people. `regions`: where the stored rules let the caller's ability reach; decided before the transaction. */
export class PeopleService {
  readonly #guard: AccountGuard;

  constructor(
    private readonly store: PeopleStore,
    private readonly sealer: PersonSealer,
    private readonly index: PersonIndex,
    private readonly indexStore: PersonIndexStore,
    private readonly audit: AuditLog,
    /** the OpenID provider whose subjects enrolments may name */
    private readonly issuer: string,
  ) {
    this.#guard = new AccountGuard(store);
  }

  /** By which the account of a subject may be known. */
  accountDigests(subject: string): Buffer[] {
    return this.sealer.accountDigests({ issuer: this.issuer, subject });
  }

  /** Before so many are prepared. @throws NotReady */
  demandNew(count: number): void {
    this.sealer.demandNew(count);
  }

  /** All the computing of an enrolment, done before any connection is taken. */
  prepare(asker: Asker, { fields, account, region }: Enrolment): PreparedEnrolment {
    const of = account && { issuer: this.issuer, subject: account.subject };
    const { account: sealed, ...person } = this.sealer.sealNew(fields, of);
    const pseudonym = randomId();
    return {
      row: {
        person,
        region: region ?? null,
        clientId: nameOf(asker.caller),
        pseudonym,
        account: sealed,
        indexed: this.index.of(fields),
      },
      entry: personEnrolled({
        ...by(asker),
        subject: person.subject,
        fields: person.values.map((value) => value.field),
      }),
      name: encodeId('cps', pseudonym) as ClientPseudonym,
    };
  }

  /** Writes enrolments and their audit entries in one statement, before which doubtful accounts take others. */
  async enrol(tx: Tx, enrolments: readonly PreparedEnrolment[]): Promise<void> {
    const entries = this.audit.encode(...enrolments.map(({ entry }) => entry));
    const rows = enrolments.map(({ row }) => row);
    await this.#guard.admit(
      tx,
      rows.map(({ account }) => account),
    );
    await this.store.enrol(tx, rows, entries);
  }

  /** Of a batch that goes on: how many of its entries the stored rules refused. */
  async refuseInBatch(tx: Tx, asker: Asker, count: number): Promise<void> {
    const refused = { outcome: 'refused', code: 'auth.forbidden', count } as const;
    await this.audit.append(tx, batchEnrolled({ ...by(asker), ...refused }));
  }

  async read(tx: Tx, asker: Asker, name: ClientPseudonym, regions: Regions): Promise<ReadPerson> {
    const person = await this.get(tx, asker.caller, name, regions);
    await this.audit.append(tx, personRead({ ...by(asker), subject: person.subject }));
    return { ...this.masked(person), undeliverable: this.sealer.isUndeliverable(person) };
  }

  /** For `RevealDesk` alone, which decides whether it may be. */
  async reveal(
    tx: Tx,
    asker: Asker,
    name: ClientPseudonym,
    { fields, purpose, reason, form }: RevealBody,
    grant: RevealGrant,
  ): Promise<ReplyOf<typeof revealPerson>> {
    const person = await this.get(tx, asker.caller, name, grant.regions);
    await this.audit.append(
      tx,
      personRevealed({
        ...by(asker),
        subject: person.subject,
        purpose,
        fields,
        reason,
        count: fields.length,
        details: { form, policies: allowing(grant, person.region) },
      }),
    );
    if (form === 'masked') return { person: name, fields: {}, masked: this.masksOf(person, fields) };
    return { person: name, fields: this.open(person, fields) };
  }

  async update(
    tx: Tx,
    asker: Asker,
    name: ClientPseudonym,
    { fields = {}, region }: BodyOf<typeof updatePerson>,
    reach: UpdateReach,
  ): Promise<MaskedPerson> {
    const person = await this.lock(tx, asker.caller, name, reach.regions);
    if (region !== undefined) refuseMove(reach, person.region, region);
    if (region !== undefined) await this.store.setRegion(tx, person.personId, region);
    const given = IDENTITY_FIELDS.filter((field) => fields[field] !== undefined);
    const removed = given.filter((field) => fields[field] === null);
    const kept = Object.fromEntries(
      Object.entries(fields).filter(([, value]) => value !== null && value !== undefined),
    );
    await this.store.replaceValues(tx, person.personId, this.sealer.sealMore(person, kept), removed);
    // Also where the value is the same as before: else that would tell.
    if (given.length > 0) await this.store.retireTokens(tx, person.personId, given);
    if (given.length > 0) await this.reindex(tx, person, kept, removed);
    const changed = region === undefined ? given : [...given, 'region'];
    await this.audit.append(tx, personUpdated({ ...by(asker), subject: person.subject, fields: changed }));
    return this.shown(await this.get(tx, asker.caller, name, reach.regions), reach);
  }

  /** What an update that was done before is answered with: it reads anew, on record, where it may. */
  async readUpdated(tx: Tx, asker: Asker, name: ClientPseudonym, reach: UpdateReach): Promise<MaskedPerson> {
    const person = await this.get(tx, asker.caller, name, reach.regions);
    if (mayBeShown(reach, person.region))
      await this.audit.append(tx, personRead({ ...by(asker), subject: person.subject }));
    return this.shown(person, reach);
  }

  async readSelf(tx: Tx, asker: Asker, personId: Buffer): Promise<ReplyOf<typeof readSelf>> {
    const person = await this.store.findById(tx, personId);
    if (!person) throw personNotFound();
    await this.audit.append(tx, selfRead({ ...by(asker), subject: person.subject }));
    const { region, enrolledOn } = person;
    return { fields: this.open(person, IDENTITY_FIELDS), region, enrolledOn };
  }

  private async get(tx: Tx, caller: Caller, name: ClientPseudonym, regions: Regions): Promise<FoundPerson> {
    const person = await this.store.findByPseudonym(tx, nameOf(caller), decodeId('cps', name), regions);
    if (!person) throw personNotFound();
    return person;
  }

  private async lock(tx: Tx, caller: Caller, name: ClientPseudonym, regions: Regions): Promise<FoundPerson> {
    const person = await this.store.lockByPseudonym(tx, nameOf(caller), decodeId('cps', name), regions);
    if (!person) throw personNotFound();
    return person;
  }

  /** @throws CodedError `people.broken` */
  private open<F extends IdentityField>(
    person: SealedPerson,
    wanted: readonly F[],
  ): Pick<SomeIdentityFields, F> {
    const fields = openedOr(personBroken, () => this.sealer.open(person, wanted));
    if (fields instanceof CodedError) throw fields;
    return fields;
  }

  /** In the coarse indexes stands what a person has now: what was there before goes in the same transaction. */
  private async reindex(
    tx: Tx,
    person: FoundPerson,
    changed: SomeIdentityFields,
    removed: readonly IdentityField[],
  ): Promise<void> {
    if (!this.index.inForce && person.searchPlan === null) return;
    const kept = this.index.fields.filter((field) => !removed.includes(field));
    const fields = { ...this.open(person, kept), ...changed };
    await this.indexStore.replace(tx, [{ personId: person.personId, indexed: this.index.of(fields) }]);
  }

  /** Who may change somebody may not see them for that. */
  private shown(person: FoundPerson, reach: UpdateReach): MaskedPerson {
    if (mayBeShown(reach, person.region)) return this.masked(person);
    return { person: encodeId('cps', person.pseudonym), masked: {}, region: null };
  }

  masked(person: FoundPerson): MaskedPerson {
    const masked = this.masksOf(person, IDENTITY_FIELDS);
    return { person: encodeId('cps', person.pseudonym), masked, region: person.region };
  }

  private masksOf(person: FoundPerson, wanted: readonly IdentityField[]): MaskedPerson['masked'] {
    const fields = this.open(person, wanted);
    return Object.fromEntries(
      wanted.flatMap((field) => {
        const value = fields[field];
        return value === undefined ? [] : [[field, maskText(field, toText(value))]];
      }),
    );
  }
}

/** Nobody moves a person out of their own reach, or into that of others, or from a region that their rules or policies close. */
function refuseMove({ moves }: UpdateReach, from: string | null, to: string | null): void {
  if (!reaches(moves, from) || !reaches(moves, to)) throw forbidden();
}

/** Under which client's names the caller knows people. */
export function nameOf(caller: Caller): string {
  if (caller.kind === 'client') return caller.clientId;
  if (caller.kind === 'staff') return CONSOLE;
  throw personNotFound();
}
