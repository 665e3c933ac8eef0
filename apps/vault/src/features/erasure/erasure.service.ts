import { createHash, timingSafeEqual } from 'node:crypto';
import type { AuditLog } from '@integument/audit-log';
import type { Regions } from '@integument/authz';
import {
  type ClientPseudonym,
  CodedError,
  type ErasureClaim,
  type ErasureId,
  erasureClaim,
  type GateId,
  notFound,
  type pendingErasures,
  type Reason,
  type ReplyOf,
  type readErasure,
  type SessionPseudonym,
} from '@integument/contracts';
import { context, decodeId, encodeId, randomId } from '@integument/crypto';
import type { Tx } from '@integument/database';
import { type Asker, by, type Circumstances } from '@integument/http';
import type { EvidenceKeeper } from '../evidence/index.js';
import type { GuardianshipsService } from '../guardianships/index.js';
import type { DomainKeys } from '../keys/index.js';
import { CONSOLE } from '../people/index.js';
import type { BackupReach } from '../rotation/index.js';
import type { SessionsService } from '../sessions/index.js';
import type { WebhookEvents } from '../webhooks/index.js';
import {
  erasureCompleted,
  erasureKeysDestroyed,
  erasureRead,
  erasureRequested,
  erasuresListed,
} from './erasure.audit.js';
import type { ErasureRow, ErasureStore, LastSeenPerson } from './erasure.store.js';

/**
 * Erases in this order, each step its own transaction and repeatable after a crash:
 *   requested       the person is marked: no reveal, no sign-in, no new permit, and nobody for whom they answer any more
 *   (data plane)    all gates closed, the model has forgotten
 *   keys-destroyed  the person's key and every permit's key are gone; so is everything that named the person
 *   (data plane)    rows, caches and queues are clean
 *   completed
 */
export class ErasureService {
  constructor(
    private readonly store: ErasureStore,
    private readonly keys: DomainKeys,
    private readonly evidence: EvidenceKeeper,
    private readonly sessions: SessionsService,
    private readonly guardianships: GuardianshipsService,
    private readonly backups: BackupReach,
    private readonly webhooks: WebhookEvents,
    private readonly audit: AuditLog,
  ) {}

  /** For somebody else: an identity client erases those it has a name for, staff those the console has. */
  async requestFor(
    tx: Tx,
    asker: Asker,
    person: ClientPseudonym,
    reason: Reason,
    regions: Regions,
  ): Promise<{ erasure: ErasureId; claim: ErasureClaim }> {
    const clientId = asker.caller.kind === 'client' ? asker.caller.clientId : CONSOLE;
    const personId = await this.store.findPersonByPseudonym(tx, clientId, decodeId('cps', person), regions);
    if (!personId) throw notFound('people.not_found');
    return this.request(tx, asker, personId, reason);
  }

  async request(
    tx: Tx,
    asker: Asker,
    personId: Buffer,
    reason?: Reason,
  ): Promise<{ erasure: ErasureId; claim: ErasureClaim }> {
    const person = await this.store.markErasing(tx, personId);
    if (!person) throw notFound('people.not_found');
    const erasureId = randomId();
    const claim = randomId();
    await this.store.insert(tx, erasureId, personId, claimDigest(claim));
    const owner = { personId, staff: null };
    // Sign-ins, guardianships, sessions: in the order in which whoever ends or begins one takes them.
    await this.sessions.hold(tx, owner);
    await this.guardianships.endOfGuardian(tx, asker, personId);
    await this.sessions.endAllOf(tx, owner);
    const { subject } = person;
    const erasure = encodeId('ers', erasureId) as ErasureId;
    await this.audit.append(tx, erasureRequested({ ...by(asker), subject, object: erasure, reason }));
    return { erasure, claim: encodeId('ecl', claim) as ErasureClaim };
  }

  /** @returns whose erasure it is; null once nobody knows any more */
  async personOf(tx: Tx, erasure: ErasureId): Promise<Buffer | null> {
    return (await this.store.find(tx, decodeId('ers', erasure)))?.person_id ?? null;
  }

  /** Needs the claim, not a session: the person has none any more. */
  async read(
    tx: Tx,
    circumstances: Circumstances,
    erasure: ErasureId,
    claimHeader: unknown,
  ): Promise<ReplyOf<typeof readErasure>> {
    const claim = erasureClaim.safeParse(claimHeader);
    const row = await this.store.find(tx, decodeId('ers', erasure));
    const given = claimDigest(claim.success ? decodeId('ecl', claim.data) : Buffer.alloc(16));
    const known = row?.claim ?? Buffer.alloc(given.length);
    if (!timingSafeEqual(given, known) || !row) throw notFound('erasure.not_found');
    // Whoever has the claim; nobody else is known of them.
    const actor = { kind: 'person', id: 'claim-holder' } as const;
    const { requestId, policy, from } = circumstances;
    const facts = {
      actor,
      requestId,
      policy,
      object: erasure,
      ...(from && { from: { listener: from.listener } }),
    };
    await this.audit.append(tx, erasureRead({ ...facts, outcome: 'done' }));
    const reach = await this.backups.of(tx, row.key_versions);
    return {
      erasure,
      state: row.state,
      requestedOn: row.requested_on,
      keysDestroyed: row.keys_destroyed,
      backupsUnreadableOn: reach?.on ?? null,
      backupsUnreadable: reach?.reached ?? false,
    };
  }

  /** Asked for twice a second: an entry only where something is told. */
  async pending(tx: Tx, asker: Asker): Promise<ReplyOf<typeof pendingErasures>> {
    const rows = await this.store.findUnfinished(tx);
    if (rows.length > 0) await this.audit.append(tx, erasuresListed({ ...by(asker), count: rows.length }));
    return {
      erasures: rows.flatMap((row) =>
        row.state === 'completed'
          ? []
          : [
              {
                erasure: encodeId('ers', row.erasure_id) as ErasureId,
                state: row.state,
                gates: row.gates.map((gate) => encodeId('gat', gate) as GateId),
                sessions: row.sessions.map((session) => encodeId('ssn', session) as SessionPseudonym),
              },
            ],
      ),
    };
  }

  async gatesClosed(
    tx: Tx,
    asker: Asker,
    erasure: ErasureId,
  ): Promise<{ erasure: ErasureId; keysDestroyed: number }> {
    const row = await this.lock(tx, erasure);
    if (row.state !== 'requested' || !row.person_id) return { erasure, keysDestroyed: row.keys_destroyed };
    const person = await this.store.findPerson(tx, row.person_id);
    if (!person) throw new Error('an erasure of nobody');
    await this.keepEvidence(tx, person);
    await this.webhooks.erased(tx, row.person_id);
    const keysDestroyed = await this.store.destroyKeys(tx, row);
    const { subject } = person;
    await this.audit.append(
      tx,
      erasureKeysDestroyed({ ...by(asker), subject, object: erasure, count: keysDestroyed }),
    );
    return { erasure, keysDestroyed };
  }

  async completed(tx: Tx, asker: Asker, erasure: ErasureId): Promise<void> {
    const row = await this.lock(tx, erasure);
    if (row.state === 'completed') return;
    if (row.state === 'requested') {
      throw new CodedError('erasure.out_of_order', 409, 'The keys of this erasure still exist.');
    }
    await this.store.complete(tx, row.erasure_id);
    await this.audit.append(tx, erasureCompleted({ ...by(asker), object: erasure }));
  }

  /** What lets two people say later whom the log's entries were about goes where no key of the person leads. */
  private async keepEvidence(tx: Tx, person: LastSeenPerson): Promise<void> {
    const { person_id: id, domain_key: domainKey, wrapped_key: wrapped } = person;
    this.keys.demandWarm(person.subject_salt ? [] : [{ wrapped }], 1);
    const salt = person.subject_salt ?? this.keys.unwrapBeside('person', id, { domainKey, wrapped });
    await this.evidence.keepErasedPerson(tx, person.subject, salt, id);
    await this.evidence.endPermits(tx, await this.store.findSubjects(tx, id));
  }

  private async lock(tx: Tx, erasure: ErasureId): Promise<ErasureRow> {
    const row = await this.store.lock(tx, decodeId('ers', erasure));
    if (!row) throw notFound('erasure.not_found');
    return row;
  }
}

function claimDigest(claim: Buffer): Buffer {
  return createHash('sha256').update(context('integument/erasure-claim/v1', claim)).digest();
}
