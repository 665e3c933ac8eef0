import type { AuditLog } from '@integument/audit-log';
import {
  type BodyOf,
  type declinePermit,
  type freezePermit,
  type GateId,
  type PermitView,
  type permitKeys,
  type ReplyOf,
  type SessionPseudonym,
  type sessionPermits,
  type toldPermits,
} from '@integument/contracts';
import { decodeId, encodeId } from '@integument/crypto';
import type { Tx } from '@integument/database';
import { type Asker, by } from '@integument/http';
import type { EvidenceKeeper } from '../evidence/index.js';
import type { WhoAgrees } from '../guardianships/index.js';
import type { DomainKeys } from '../keys/index.js';
import type { WebhookEvents } from '../webhooks/index.js';
import { gateName, isLive, view } from './permit-view.js';
import {
  detailsOf,
  permitDeclined,
  permitDestroyed,
  permitFrozen,
  permitKeysHanded,
  sessionPermitsRead,
} from './permits.audit.js';
import { sessionUnknown, staleEpoch } from './permits.errors.js';
import type { LivePermit, PermitRow, PermitsStore } from './permits.store.js';
import type { StandingOptOuts } from './standing-opt-outs.js';

type FreezeReply = ReplyOf<typeof freezePermit>;

/**
 * The vault's half of a permit: pseudonym, key, state and epoch. The data plane decides by its gate; here every message
 * carries the gate's epoch, and one that is lower than what is known changes nothing. How one opens: PermitOpenings.
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
  async freeze(tx: Tx, asker: Asker, asked: BodyOf<typeof freezePermit>): Promise<FreezeReply> {
    const { gate, epoch, keepNo, withKey } = asked;
    const gateId = decodeId('gat', gate);
    const permit = await this.store.lock(tx, gateId);
    if (!permit) return (await this.bury(tx, asker, asked, permitFrozen)) ?? this.freeze(tx, asker, asked);
    if (permit.state === 'destroyed' || permit.epoch >= epoch)
      return { gate, state: permit.state, epoch: permit.epoch };
    // Of one that is declined a late opening is refused by the epoch.
    const state = permit.state === 'declined' ? 'declined' : 'frozen';
    this.store.move(tx, gateId, state, epoch);
    if (isLive(permit) && permit.state === 'open')
      this.webhooks.stopped(tx, permit.person_id, permit.purpose);
    await this.audit.append(tx, permitFrozen(aboutPermit(asker, permit)));
    if (keepNo && isLive(permit)) return this.end(tx, asker, permit, epoch, keepNo);
    const key = withKey && isLive(permit) ? this.keyAtHand(permit) : null;
    if (!key) return { gate, state, epoch };
    await this.audit.append(tx, keysHanded(asker, 1, 'rights'));
    return { gate, state, epoch, key };
  }

  /** Nothing that may be wrong with the keyring keeps a freeze waiting: whoever asks for the key by itself is told of it. */
  private keyAtHand(permit: LivePermit): string | null {
    try {
      return this.keyOf(permit).key;
    } catch {
      return null;
    }
  }

  /** @returns null where the gate came to be known since it was looked for */
  private async bury(
    tx: Tx,
    asker: Asker,
    { gate, epoch }: Pick<FreezeReply, 'epoch' | 'gate'>,
    noted: typeof permitFrozen,
  ): Promise<FreezeReply | null> {
    if (!(await this.store.bury(tx, decodeId('gat', gate), epoch))) return null;
    await this.audit.append(tx, noted(by(asker)));
    return { gate, state: 'destroyed', epoch };
  }

  /**
   * Destroys a permit's key. What stays is the gate's epoch, so that nothing brings it back; where a no is to be kept, the permit is
   * declined. A no that stands is destroyed with its person alone.
   */
  async destroy(tx: Tx, asker: Asker, gate: GateId, epoch: number, keepNo?: true): Promise<FreezeReply> {
    const permit = await this.store.lock(tx, decodeId('gat', gate));
    // Its opening may still be under way: were the gate not remembered, it would mint a key that nobody comes to destroy.
    if (!permit)
      return (
        (await this.bury(tx, asker, { gate, epoch }, permitDestroyed)) ??
        this.destroy(tx, asker, gate, epoch, keepNo)
      );
    if (permit.state === 'destroyed') return { gate, state: 'destroyed', epoch: permit.epoch };
    if (permit.state === 'declined' && keepNo) return { gate, state: 'declined', epoch: permit.epoch };
    if (!isLive(permit) || permit.state === 'open' || permit.epoch > epoch) throw staleEpoch();
    return this.end(tx, asker, permit, epoch, keepNo);
  }

  private async end(
    tx: Tx,
    asker: Asker,
    permit: LivePermit,
    epoch: number,
    keepNo?: true,
  ): Promise<FreezeReply> {
    const { gate_id, person_id, purpose, subject } = permit;
    await (keepNo ? this.store.keepNo(tx, gate_id, epoch) : this.store.destroy(tx, gate_id, epoch));
    this.webhooks.consent(tx, person_id, 'consent.ended', purpose);
    if (subject) await this.evidence.endPermits(tx, [subject]);
    await this.audit.append(tx, permitDestroyed(aboutPermit(asker, permit)));
    return { gate: gateName(permit), state: keepNo ? 'declined' : 'destroyed', epoch };
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
    await this.audit.append(tx, keysHanded(asker, allowed.length, use));
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

function keysHanded(asker: Asker, count: number, use: BodyOf<typeof permitKeys>['use']) {
  return permitKeysHanded({ ...by(asker), count, details: { use } });
}

/** Of the data plane, about whoever is behind a permit. */
function aboutPermit(asker: Asker, { person_subject: subject, purpose }: PermitRow) {
  return { ...by(asker), ...(subject && { subject }), ...(purpose && { purpose }) };
}
