import type { AuditLog } from '@integument/audit-log';
import { callerId, type Regions } from '@integument/authz';
import {
  type BodyOf,
  type ClientPseudonym,
  GUARDED_MAX,
  type GuardianshipId,
  type GuardianshipView,
  type listOwnGuardians,
  type listOwnGuardianships,
  type makeGuardianship,
  type Reason,
  type ReplyOf,
} from '@integument/contracts';
import { context, decodeId, encodeId, randomId } from '@integument/crypto';
import { type Tx, type UnitOfWork, violates } from '@integument/database';
import { type Asker, by } from '@integument/http';
import type { VaultPerson } from '../../platform/callers.js';
import type { LettersService } from '../letters/index.js';
import type { PersonSealer, PersonValues } from '../people/index.js';
import { type ConsentAge, OF_AGE } from './consent-age.js';
import {
  guardianEnded,
  guardianshipEnded,
  guardianshipLeft,
  guardianshipMade,
  guardianshipOver,
  guardianshipRead,
  guardianshipRevoked,
  ownGuardianshipsListed,
  ownGuardiansListed,
} from './guardianships.audit.js';
import {
  birthDateUnknown,
  guardianshipNotFound,
  guardianUnderAge,
  knownAlready,
  ofAge,
  ofThemselves,
  tooMany,
} from './guardianships.errors.js';
import type { GuardianshipRow, GuardianshipsStore } from './guardianships.store.js';

/** Nobody asked just now. */
const VAULT = { outcome: 'done', actor: { kind: 'system', id: 'guardianships' } } as const;

/** Who answers for whom, as clients record it that know both. */
export class GuardianshipsService {
  constructor(
    private readonly store: GuardianshipsStore,
    private readonly values: PersonValues,
    private readonly sealer: PersonSealer,
    private readonly age: ConsentAge,
    private readonly letters: LettersService,
    private readonly audit: AuditLog,
  ) {}

  /** @throws CodedError `people.not_found` where the client has no name for one of them, and others: see the route */
  async make(
    tx: Tx,
    asker: Asker,
    { guardian, child, purposes, evidence }: BodyOf<typeof makeGuardianship>,
    regions: Regions,
  ): Promise<GuardianshipView> {
    const clientId = callerId(asker.caller);
    const { person, endsOn } = await this.openChild(tx, clientId, child, regions);
    const answering = await this.values.open(tx, clientId, guardian, OF_AGE, regions);
    if (answering.person.personId.equals(person.personId)) throw ofThemselves();
    if (this.age.isKnownMinor(answering.values)) throw guardianUnderAge();
    await this.demandFew(tx, answering.person.personId, person.personId);
    const id = randomId();
    const row = {
      guardianship: id,
      guardianId: answering.person.personId,
      childId: person.personId,
      clientId,
      purposes,
      evidence: this.sealer.sealBeside(person, evidencePlace(id, person.personId), evidence),
      endsOn,
    };
    await this.store.insert(tx, row).catch((error: unknown) => {
      throw violates(error, 'guardianship_one_active') ? knownAlready(error) : error;
    });
    const { subject } = person;
    await this.audit.append(tx, guardianshipMade({ ...by(asker), subject, object: guardianshipName(row) }));
    await this.letters.tell(tx, by(asker), person.personId, 'guardianship-recorded');
    return { guardianship: guardianshipName(row), purposes, endsOn, state: 'active' };
  }

  async read(tx: Tx, asker: Asker, name: GuardianshipId, regions: Regions): Promise<GuardianshipView> {
    const row = await this.getOfClient(tx, asker, name, regions);
    await this.audit.append(tx, guardianshipRead({ ...by(asker), subject: row.subject, object: name }));
    return { ...view(row), state: row.state };
  }

  /** Repeatable. @returns who answered, whose sessions for the child end */
  async end(tx: Tx, asker: Asker, name: GuardianshipId): Promise<Buffer> {
    // No rule about regions keeps a client from ending what it began.
    const row = await this.getOfClient(tx, asker, name, null);
    await this.audit.append(tx, guardianshipEnded({ ...by(asker), subject: row.subject, object: name }));
    return this.close(tx, by(asker), row);
  }

  /** By staff, whoever recorded it. Repeatable. @returns who answered */
  async revoke(
    tx: Tx,
    asker: Asker,
    name: GuardianshipId,
    reason: Reason,
    regions: Regions,
  ): Promise<Buffer> {
    const row = await this.store.findForStaff(tx, decodeId('gua', name), regions);
    if (!row) throw guardianshipNotFound();
    const about = { ...by(asker), subject: row.subject, object: name, reason };
    await this.audit.append(tx, guardianshipRevoked(about));
    return this.close(tx, by(asker), row);
  }

  /** By the child, at any age. Repeatable. @returns who answered */
  async endOwn(tx: Tx, asker: Asker<VaultPerson>, name: GuardianshipId): Promise<Buffer> {
    const row = await this.store.findOfChild(tx, decodeId('gua', name), asker.caller.personId);
    if (!row) throw guardianshipNotFound();
    await this.audit.append(tx, guardianEnded({ ...by(asker), subject: row.subject, object: name }));
    return this.close(tx, by(asker), row);
  }

  /** Whoever answers is being erased, and their row will not be there to say it. */
  async endOfGuardian(tx: Tx, asker: Asker, guardianId: Buffer): Promise<void> {
    for (const row of await this.store.findActiveOfGuardian(tx, guardianId)) {
      const about = { ...by(asker), subject: row.subject, object: guardianshipName(row) };
      await this.audit.append(tx, guardianshipLeft(about));
      await this.close(tx, by(asker), row);
    }
  }

  async listGuardians(tx: Tx, asker: Asker<VaultPerson>): Promise<ReplyOf<typeof listOwnGuardians>> {
    const rows = await this.store.findGuardians(tx, asker.caller.personId);
    await this.audit.append(tx, ownGuardiansListed({ ...by(asker), count: rows.length }));
    const guardians = rows.map((row) => ({ ...view(row), recordedOn: row.made_on, client: row.client_id }));
    return { guardians };
  }

  async listOwn(tx: Tx, asker: Asker<VaultPerson>): Promise<ReplyOf<typeof listOwnGuardianships>> {
    const rows = await this.store.findOfGuardian(tx, asker.caller.personId, this.age.today());
    await this.audit.append(tx, ownGuardianshipsListed({ ...by(asker), count: rows.length }));
    return { guardianships: rows.map(view) };
  }

  /** Ends those whose child is old enough, and those of clients that were removed, round by round, as long as a round gets somewhere. @returns how many ended */
  async endDue(unitOfWork: UnitOfWork): Promise<number> {
    let ended = 0;
    for (;;) {
      const due = await unitOfWork.single((tx) => this.store.findDue(tx, this.age.today()));
      const before = ended;
      for (const row of due) if (await unitOfWork.run((tx) => this.endOne(tx, row))) ended++;
      if (ended === before) return ended;
    }
  }

  private async endOne(tx: Tx, row: GuardianshipRow): Promise<boolean> {
    await this.store.holdChild(tx, row.child_id);
    if (!(await this.store.end(tx, row.guardianship))) return false;
    const why = row.ends_on <= this.age.today() ? 'of_age' : 'client_removed';
    const about = { ...VAULT, subject: row.subject, object: guardianshipName(row) };
    await this.audit.append(tx, guardianshipOver({ ...about, details: { why } }));
    await this.letters.tell(tx, VAULT, row.child_id, 'guardianship-ended');
    return true;
  }

  /** The child is told once. @param row with its child held @returns who answered, whose sessions for the child end */
  private async close(
    tx: Tx,
    facts: ReturnType<typeof by>,
    { guardianship, guardian_id, child_id }: GuardianshipRow,
  ): Promise<Buffer> {
    if (await this.store.end(tx, guardianship))
      await this.letters.tell(tx, facts, child_id, 'guardianship-ended');
    return guardian_id;
  }

  /** Who could answer for any number would be worth more than one lie. */
  private async demandFew(tx: Tx, guardianId: Buffer, childId: Buffer): Promise<void> {
    await this.store.takeTurn(tx, guardianId);
    if ((await this.store.countOthers(tx, guardianId, childId)) >= GUARDED_MAX) throw tooMany();
  }

  /** Somebody who is too young to agree by themselves, and until when. */
  private async openChild(tx: Tx, clientId: string, name: ClientPseudonym, regions: Regions) {
    const { person, values } = await this.values.open(tx, clientId, name, OF_AGE, regions);
    const endsOn = this.age.reachedOn(person, values);
    if (endsOn === null) throw birthDateUnknown();
    if (endsOn <= this.age.today()) throw ofAge();
    return { person, endsOn };
  }

  private async getOfClient(tx: Tx, { caller }: Asker, name: GuardianshipId, regions: Regions) {
    const row = await this.store.findOfClient(tx, decodeId('gua', name), callerId(caller), regions);
    if (!row) throw guardianshipNotFound();
    return row;
  }
}

/** Where what shows a guardianship lies. */
export function evidencePlace(guardianship: Buffer, childId: Buffer): Buffer {
  return context('guardianship', guardianship, childId);
}

export function guardianshipName({ guardianship }: Pick<GuardianshipRow, 'guardianship'>): GuardianshipId {
  return encodeId('gua', guardianship) as GuardianshipId;
}

function view(row: GuardianshipRow) {
  return { guardianship: guardianshipName(row), purposes: [...row.purposes], endsOn: row.ends_on };
}
