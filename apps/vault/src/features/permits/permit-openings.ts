import type { AuditLog } from '@integument/audit-log';
import {
  type BodyOf,
  notFound,
  type openPermit,
  type PermitView,
  type resumePermit,
} from '@integument/contracts';
import { decodeId, randomId } from '@integument/crypto';
import type { Tx } from '@integument/database';
import { type Asker, by } from '@integument/http';
import type { EvidenceKeeper } from '../evidence/index.js';
import type { WhoAgrees } from '../guardianships/index.js';
import type { DomainKeys } from '../keys/index.js';
import type { WebhookEvents } from '../webhooks/index.js';
import { isLive, view } from './permit-view.js';
import { detailsOf, permitOpened, permitResumed } from './permits.audit.js';
import { sessionUnknown, staleEpoch } from './permits.errors.js';
import type { LivePermit, LockedPerson, NewPermit, PermitRow, PermitsStore } from './permits.store.js';

/** What is asked to open, and for whom, who is held against erasure. */
interface Wanted {
  readonly person: LockedPerson;
  readonly purpose: PermitView['purpose'];
  readonly gate: Buffer;
  readonly epoch: number;
}

/** A yes, as the vault has it: pseudonym and key are minted, or let go on, after it was asked who agrees. */
export class PermitOpenings {
  constructor(
    private readonly store: PermitsStore,
    private readonly keys: DomainKeys,
    private readonly evidence: EvidenceKeeper,
    private readonly webhooks: WebhookEvents,
    private readonly agreeing: WhoAgrees,
    private readonly audit: AuditLog,
  ) {}

  /** Mints pseudonym and key, or gives what is there already: the same message twice mints once. */
  async open(
    tx: Tx,
    asker: Asker,
    { session, purpose, gate: name, epoch }: BodyOf<typeof openPermit>,
  ): Promise<PermitView> {
    // The permit's and that of its evidence.
    this.keys.demandMinted(2);
    const person = await this.store.lockPersonOfSession(tx, decodeId('ssn', session));
    if (!person) throw sessionUnknown();
    await this.agreeing.demandYes(tx, person, purpose);
    const wanted = { person, purpose, gate: decodeId('gat', name), epoch };
    const minted = await this.mint(tx, wanted);
    if (minted) {
      this.webhooks.consent(tx, person.person_id, 'consent.given', purpose);
      await this.noteOpened(tx, asker, wanted, true);
      return minted;
    }
    const known = await this.knownFor(tx, wanted);
    const isOwn = known.gate_id.equals(wanted.gate);
    // A no came between that the vault has still to hear of: it must not close what is agreed to after it. Nor does what they agree to
    // end with whoever opened the same gate for them before.
    const changed = isOwn && (known.epoch < epoch || !isAgreedBy(person, known));
    if (changed) await this.store.reopen(tx, wanted.gate, epoch, person.guardianship);
    await this.noteOpened(tx, asker, wanted, changed);
    return view(isOwn ? { ...known, epoch } : known);
  }

  async resume(
    tx: Tx,
    asker: Asker,
    { session, gate, epoch }: BodyOf<typeof resumePermit>,
  ): Promise<PermitView> {
    const gateId = decodeId('gat', gate);
    const person = await this.store.lockPersonOfSession(tx, decodeId('ssn', session));
    if (!person) throw sessionUnknown();
    const purpose = await this.store.findPurpose(tx, gateId, person.person_id);
    if (!purpose) throw notFound('permits.not_found');
    await this.agreeing.demandYes(tx, person, purpose);
    return this.reopen(tx, asker, person, gateId, epoch);
  }

  /** Of a consent from before, for which nobody is signed in. */
  async resumeImported(tx: Tx, asker: Asker, gate: Buffer, epoch: number): Promise<PermitView> {
    const person = await this.store.lockPersonOfGate(tx, gate);
    if (!person) throw notFound('permits.not_found');
    return this.reopen(tx, asker, person, gate, epoch);
  }

  private async reopen(
    tx: Tx,
    asker: Asker,
    person: LockedPerson,
    gateId: Buffer,
    epoch: number,
  ): Promise<PermitView> {
    const permit = await this.store.lock(tx, gateId);
    if (!permit || !isLive(permit)) throw notFound('permits.not_found');
    if (permit.epoch > epoch || (permit.epoch === epoch && permit.state === 'frozen')) throw staleEpoch();
    const changed = permit.state !== 'open' || permit.epoch !== epoch || !isAgreedBy(person, permit);
    if (changed) await this.store.reopen(tx, gateId, epoch, person.guardianship);
    // A later epoch of what is open already is news to nobody.
    if (permit.state !== 'open') this.webhooks.consent(tx, person.person_id, 'consent.given', permit.purpose);
    const { subject } = person;
    const about = { ...by(asker), subject, purpose: permit.purpose };
    await this.audit.append(tx, permitResumed({ ...about, details: detailsOf(person, changed) }));
    return view({ ...permit, state: 'open', epoch });
  }

  /** @returns null where there is one already that stays as it is: see {@link knownFor} */
  private async mint(tx: Tx, wanted: Wanted): Promise<PermitView | null> {
    const permit = this.fresh(wanted);
    if (await this.store.insert(tx, permit)) return this.withEvidence(tx, permit);
    const own = await this.store.lock(tx, wanted.gate);
    if (own?.state !== 'declined' || own.epoch >= wanted.epoch) return null;
    await this.store.mintDeclined(tx, permit);
    return this.withEvidence(tx, permit);
  }

  /** What lives for the person and purpose, be it behind another gate. */
  private async knownFor(tx: Tx, { person, purpose, gate, epoch }: Wanted): Promise<LivePermit> {
    const known = await this.store.findForOpening(tx, gate, person.person_id, purpose);
    const own = known.find((row) => row.gate_id.equals(gate));
    // A gate that was frozen or destroyed before its opening arrived stays so.
    if (own && (own.state !== 'open' || own.epoch > epoch)) throw staleEpoch();
    // Nor does a no of another gate's give way: whoever opens has that gate to open.
    const alive = own ?? known.find((row) => row.state !== 'destroyed');
    if (!alive || !isLive(alive)) throw staleEpoch();
    return alive;
  }

  private fresh({ person, purpose, gate, epoch }: Wanted): NewPermit {
    const pseudonym = randomId();
    const { domainKey, wrapped } = this.keys.mint('permit', pseudonym);
    const { person_id: personId, guardianship } = person;
    return { gate, epoch, personId, guardianship, purpose, pseudonym, domainKey, wrapped };
  }

  private async withEvidence(tx: Tx, { gate, pseudonym, purpose, epoch }: NewPermit): Promise<PermitView> {
    const subject = await this.evidence.keepPermit(tx, purpose, pseudonym);
    await this.store.setSubject(tx, gate, subject);
    return view({ gate_id: gate, pseudonym, subject, purpose, state: 'open', epoch });
  }

  private async noteOpened(
    tx: Tx,
    asker: Asker,
    { person, purpose }: Wanted,
    changed: boolean,
  ): Promise<void> {
    const about = { ...by(asker), subject: person.subject, purpose };
    await this.audit.append(tx, permitOpened({ ...about, details: detailsOf(person, changed) }));
  }
}

/** Whether it was they who agreed last, whose agreement still stands. */
function isAgreedBy({ guardianship }: LockedPerson, permit: PermitRow): boolean {
  if (permit.consent_ends) return false;
  return guardianship && permit.guardianship
    ? guardianship.equals(permit.guardianship)
    : guardianship === permit.guardianship;
}
