import type { AuditLog } from '@integument/audit-log';
import {
  type BodyOf,
  type declinePermit,
  type freezePermit,
  type GateId,
  notFound,
  type openPermit,
  type PermitView,
  type permitKeys,
  type ReplyOf,
  type resumePermit,
  type SessionPseudonym,
  type sessionPermits,
  type toldPermits,
} from '@integument/contracts';
import { decodeId, encodeId, randomId } from '@integument/crypto';
import type { Tx } from '@integument/database';
import { type Asker, by } from '@integument/http';
import type { EvidenceKeeper } from '../evidence/index.js';
import type { WhoAgrees } from '../guardianships/index.js';
import type { DomainKeys } from '../keys/index.js';
import type { WebhookEvents } from '../webhooks/index.js';
import { gateName, isLive, view } from './permit-view.js';
import {
  permitDeclined,
  permitDestroyed,
  permitFrozen,
  permitKeysHanded,
  permitOpened,
  permitResumed,
  sessionPermitsRead,
} from './permits.audit.js';
import { sessionUnknown, staleEpoch } from './permits.errors.js';
import type { LivePermit, LockedPerson, NewPermit, PermitsStore } from './permits.store.js';
import type { StandingOptOuts } from './standing-opt-outs.js';

type FreezeReply = ReplyOf<typeof freezePermit>;

/**
 * The vault's half of a permit: pseudonym, key, state and epoch. The data plane decides by its gate; here every message
 * carries the gate's epoch, and one that is lower than what is known changes nothing.
 */
export class PermitsService {
  constructor(
    private readonly store: PermitsStore,
    private readonly keys: DomainKeys,
    private readonly evidence: EvidenceKeeper,
    private readonly webhooks: WebhookEvents,
    private readonly agreeing: WhoAgrees,
    private readonly optOuts: StandingOptOuts,
    private readonly audit: AuditLog,
  ) {}

  /** Mints pseudonym and key, or gives what is there already: the same message twice mints once. */
  async open(
    tx: Tx,
    asker: Asker,
    { session, purpose, gate, epoch }: BodyOf<typeof openPermit>,
  ): Promise<PermitView> {
    // The permit's and that of its evidence.
    this.keys.demandMinted(2);
    const person = await this.store.lockPersonOfSession(tx, decodeId('ssn', session));
    if (!person) throw sessionUnknown();
    await this.agreeing.demandYes(tx, person, purpose);
    const gateId = decodeId('gat', gate);
    const about = { ...by(asker), subject: person.subject, purpose };
    const minted = await this.mint(tx, person, purpose, gateId, epoch);
    if (minted) {
      this.webhooks.consent(tx, person.person_id, 'consent.given', purpose);
      await this.audit.append(tx, permitOpened({ ...about, details: detailsOf(person, true) }));
      return minted;
    }
    const known = await this.store.findForOpening(tx, gateId, person.person_id, purpose);
    const own = known.find((row) => row.gate_id.equals(gateId));
    if (own?.state === 'declined' && own.epoch < epoch) {
      const changed = await this.mintDeclined(tx, person, purpose, gateId, epoch);
      this.webhooks.consent(tx, person.person_id, 'consent.given', purpose);
      await this.audit.append(tx, permitOpened({ ...about, details: detailsOf(person, true) }));
      return changed;
    }
    // A gate that was frozen or destroyed before its opening arrived stays so.
    if (own && (own.state !== 'open' || own.epoch > epoch)) throw staleEpoch();
    // Nor does a no of another gate's give way: whoever opens has that gate to open.
    const alive = own ?? known.find((row) => row.state !== 'destroyed');
    if (!alive || !isLive(alive)) throw staleEpoch();
    await this.audit.append(tx, permitOpened({ ...about, details: detailsOf(person, false) }));
    return view(alive);
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
    const changed = permit.state !== 'open' || permit.epoch !== epoch;
    if (changed) await this.store.reopen(tx, gateId, epoch, person.guardianship);
    // A later epoch of what is open already is news to nobody.
    if (permit.state !== 'open') this.webhooks.consent(tx, person.person_id, 'consent.given', permit.purpose);
    await this.audit.append(
      tx,
      permitResumed({
        ...by(asker),
        subject: person.subject,
        purpose: permit.purpose,
        details: detailsOf(person, changed),
      }),
    );
    return view({ ...permit, state: 'open', epoch });
  }

  /** Remembers a no for which nothing was minted. Where a permit lives already nothing changes, and the reply names its gate. */
  async decline(
    tx: Tx,
    asker: Asker,
    { session, purpose, gate, epoch }: BodyOf<typeof declinePermit>,
  ): Promise<FreezeReply> {
    const person = await this.store.lockPersonOfSession(tx, decodeId('ssn', session));
    if (!person) throw sessionUnknown();
    await this.agreeing.demandPurpose(tx, person, purpose);
    const gateId = decodeId('gat', gate);
    const about = { ...by(asker), subject: person.subject, purpose };
    if (await this.store.insertDeclined(tx, { gate: gateId, epoch, personId: person.person_id, purpose })) {
      this.webhooks.declined(tx, person.person_id, purpose);
      await this.audit.append(tx, permitDeclined({ ...about, details: detailsOf(person, true) }));
      return { gate, state: 'declined', epoch };
    }
    const known = await this.store.findForOpening(tx, gateId, person.person_id, purpose);
    const alive = known.find(({ state }) => state !== 'destroyed');
    // The gate itself was frozen or destroyed before this arrived.
    if (!alive) throw staleEpoch();
    await this.audit.append(tx, permitDeclined({ ...about, details: detailsOf(person, false) }));
    return { gate: gateName(alive), state: alive.state, epoch: alive.epoch };
  }

  /** Never fails for an unknown gate: its epoch is remembered, so that the opening it overtook is refused. */
  async freeze(tx: Tx, asker: Asker, { gate, epoch }: BodyOf<typeof freezePermit>): Promise<FreezeReply> {
    const gateId = decodeId('gat', gate);
    const permit = await this.store.lock(tx, gateId);
    if (!permit) {
      if (await this.store.bury(tx, gateId, epoch)) return { gate, state: 'destroyed', epoch };
      return this.freeze(tx, asker, { gate, epoch });
    }
    if (permit.state === 'declined' && permit.epoch < epoch) {
      // It was to be opened and is not any more: a late opening is refused by the epoch.
      await this.store.move(tx, gateId, 'declined', epoch);
      return { gate, state: 'declined', epoch };
    }
    if (!isLive(permit) || permit.epoch >= epoch) return { gate, state: permit.state, epoch: permit.epoch };
    await this.store.move(tx, gateId, 'frozen', epoch);
    if (permit.state !== 'frozen') this.webhooks.stopped(tx, permit.person_id, permit.purpose);
    await this.audit.append(
      tx,
      permitFrozen({ ...by(asker), subject: permit.person_subject, purpose: permit.purpose }),
    );
    return { gate, state: 'frozen', epoch };
  }

  /** Destroys a permit's key. What stays is the gate's epoch, so that nothing brings it back. */
  async destroy(tx: Tx, asker: Asker, gate: GateId, epoch: number): Promise<FreezeReply> {
    const gateId = decodeId('gat', gate);
    const permit = await this.store.lock(tx, gateId);
    if (!permit || permit.state === 'destroyed')
      return { gate, state: 'destroyed', epoch: permit?.epoch ?? epoch };
    if (permit.epoch > epoch || permit.state === 'open') throw staleEpoch();
    await this.store.destroy(tx, gateId, epoch);
    // A no has no key to be destroyed, and nobody was told that anything began.
    if (!isLive(permit)) return { gate, state: 'destroyed', epoch };
    this.webhooks.consent(tx, permit.person_id, 'consent.ended', permit.purpose);
    if (permit.subject) await this.evidence.endPermits(tx, [permit.subject]);
    await this.audit.append(
      tx,
      permitDestroyed({ ...by(asker), subject: permit.person_subject, purpose: permit.purpose }),
    );
    return { gate, state: 'destroyed', epoch };
  }

  /** A frozen permit's key opens only for the person's own rights, and once to forget. */
  async handOutKeys(
    tx: Tx,
    asker: Asker,
    { gates, use }: BodyOf<typeof permitKeys>,
  ): Promise<ReplyOf<typeof permitKeys>> {
    const rows = await this.store.findMany(
      tx,
      gates.map((gate) => decodeId('gat', gate)),
    );
    const allowed = rows.filter(isLive).filter(({ state }) => state === 'open' || use !== 'process');
    this.keys.demandWarm(allowed.map(({ wrapped_key: wrapped }) => ({ wrapped })));
    await this.audit.append(tx, permitKeysHanded({ ...by(asker), count: allowed.length, details: { use } }));
    return { keys: allowed.map((permit) => this.keyOf(permit)) };
  }

  /** The permits behind a session: a translation between purposes, and so an entry in the log. */
  async ofSession(tx: Tx, asker: Asker, session: SessionPseudonym): Promise<ReplyOf<typeof sessionPermits>> {
    const person = await this.store.lockPersonOfSession(tx, decodeId('ssn', session));
    if (!person) throw sessionUnknown();
    await this.audit.append(tx, sessionPermitsRead({ ...by(asker), subject: person.subject }));
    const purposes = await this.agreeing.purposesOf(tx, person);
    const all = await this.store.findOfPerson(tx, person.person_id);
    // Who answers for a child is told of nothing but what they answer for.
    const rows = all.filter(({ purpose }) => !purposes || (purpose && purposes.includes(purpose)));
    const declined = rows.flatMap((row) =>
      row.state === 'declined' && row.purpose
        ? [{ gate: gateName(row), purpose: row.purpose, epoch: row.epoch }]
        : [],
    );
    const optOuts = await this.optOuts.ofPerson(tx, person.person_id);
    return { permits: rows.filter(isLive).map(view), declined, optOuts };
  }

  /** What is in neither list some recipient has still to hear of. */
  async told(tx: Tx, gates: readonly GateId[]): Promise<ReplyOf<typeof toldPermits>> {
    const heard = await this.store.findHeard(
      tx,
      gates.map((gate) => decodeId('gat', gate)),
    );
    return {
      told: heard.filter(({ lost }) => !lost).map(gateName),
      lost: heard.filter(({ lost }) => lost).map(gateName),
    };
  }

  async ofPerson(tx: Tx, personId: Buffer): Promise<PermitView[]> {
    return (await this.store.findOfPerson(tx, personId)).filter(isLive).map(view);
  }

  private async mint(
    tx: Tx,
    person: LockedPerson,
    purpose: PermitView['purpose'],
    gate: Buffer,
    epoch: number,
  ): Promise<PermitView | null> {
    const permit = this.fresh(person, purpose, gate, epoch);
    return (await this.store.insert(tx, permit)) ? this.withEvidence(tx, permit) : null;
  }

  private async mintDeclined(
    tx: Tx,
    person: LockedPerson,
    purpose: PermitView['purpose'],
    gate: Buffer,
    epoch: number,
  ): Promise<PermitView> {
    const permit = this.fresh(person, purpose, gate, epoch);
    await this.store.mintDeclined(tx, permit);
    return this.withEvidence(tx, permit);
  }

  private fresh(
    person: LockedPerson,
    purpose: PermitView['purpose'],
    gate: Buffer,
    epoch: number,
  ): NewPermit {
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

  private keyOf(permit: LivePermit): ReplyOf<typeof permitKeys>['keys'][number] {
    const wrapped = { domainKey: permit.domain_key, wrapped: permit.wrapped_key };
    const key = this.keys.unwrap('permit', permit.pseudonym, wrapped);
    return {
      gate: encodeId('gat', permit.gate_id),
      epoch: permit.epoch,
      key: key.toString('base64url'),
    };
  }
}

/** What an entry says beside whom it is about. */
function detailsOf({ guardianship }: LockedPerson, changed: boolean) {
  return { changed, ...(guardianship && { guardian: true as const }) };
}
