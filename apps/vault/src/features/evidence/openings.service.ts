import type { AuditLog } from '@integument/audit-log';
import { callerId } from '@integument/authz';
import type {
  BodyOf,
  listOpenings,
  OpeningId,
  openCommitment,
  ReplyOf,
  requestOpening,
} from '@integument/contracts';
import { decodeId, encodeId, randomId } from '@integument/crypto';
import type { Tx } from '@integument/database';
import { type Asker, by } from '@integument/http';
import {
  commitmentOpened,
  evidenceLapsed,
  openingApproved,
  openingRequested,
  openingsRead,
} from './evidence.audit.js';
import {
  alreadyApproved,
  evidenceGone,
  notApproved,
  openingNotFound,
  samePerson,
} from './evidence.errors.js';
import type { EvidenceKeeper, Opened } from './evidence-keeper.js';
import type { OpeningRow, OpeningsStore } from './openings.store.js';

const HOURS = 24;

type Opening = ReplyOf<typeof requestOpening>;

/**
 * Says whom a commitment of an audit log stands for: asked for by one person with a reason, agreed to by another, opened
 * once by the first within a day. Every step is an entry under the commitment itself.
 */
export class OpeningsService {
  constructor(
    private readonly store: OpeningsStore,
    private readonly evidence: EvidenceKeeper,
    private readonly audit: AuditLog,
    private readonly now: () => Date = () => new Date(),
  ) {}

  async request(tx: Tx, asker: Asker, { subject, reason }: BodyOf<typeof requestOpening>): Promise<Opening> {
    const row = {
      opening_id: randomId(),
      subject: Buffer.from(subject, 'base64url'),
      requested_by: callerId(asker.caller),
      reason_code: reason.code,
      reason_reference: reason.reference,
      approved_by: null,
      expires_at: new Date(this.now().getTime() + HOURS * 3_600_000),
    };
    await this.store.insert(tx, row);
    await this.audit.append(tx, openingRequested({ ...by(asker), ...aboutOf(row) }));
    return toReply(row, asker);
  }

  async list(tx: Tx, asker: Asker): Promise<ReplyOf<typeof listOpenings>> {
    const rows = await this.store.findWaiting(tx, this.now());
    await this.audit.append(tx, openingsRead({ ...by(asker), count: rows.length }));
    return { openings: rows.map((row) => toReply(row, asker)) };
  }

  /** @throws CodedError `evidence.same_person` to whoever asked for it */
  async approve(tx: Tx, asker: Asker, opening: OpeningId): Promise<Opening> {
    const row = await this.lock(tx, opening);
    const approver = callerId(asker.caller);
    if (row.requested_by === approver) throw samePerson();
    if (row.approved_by !== null) throw alreadyApproved();
    await this.store.approve(tx, row.opening_id, approver);
    await this.audit.append(tx, openingApproved({ ...by(asker), ...aboutOf(row) }));
    return toReply({ ...row, approved_by: approver }, asker);
  }

  /** Once, by whoever asked for it. What can't be opened any more doesn't use the agreement up. */
  async open(tx: Tx, asker: Asker, opening: OpeningId): Promise<ReplyOf<typeof openCommitment>> {
    const row = await this.lock(tx, opening);
    if (row.requested_by !== callerId(asker.caller)) throw openingNotFound();
    if (row.approved_by === null) throw notApproved();
    const opened = await this.evidence.open(tx, row.subject);
    if (!opened) throw evidenceGone();
    await this.store.markOpened(tx, row.opening_id);
    await this.audit.append(tx, commitmentOpened({ ...by(asker), ...aboutOf(row) }));
    return toOpened(row, opened);
  }

  /** Destroys evidence past its period, and forgets requests that ran out. */
  async sweep(tx: Tx): Promise<void> {
    await this.store.deleteExpired(tx, this.now());
    const count = await this.evidence.lapse(tx);
    if (count === 0) return;
    const actor = { kind: 'system', id: 'vault' } as const;
    await this.audit.append(tx, evidenceLapsed({ outcome: 'done', actor, count }));
  }

  private async lock(tx: Tx, opening: OpeningId): Promise<OpeningRow> {
    const row = await this.store.lockWaiting(tx, decodeId('aop', opening), this.now());
    if (!row) throw openingNotFound();
    return row;
  }
}

function aboutOf(row: OpeningRow) {
  return {
    subject: row.subject,
    object: encodeId('aop', row.opening_id),
    reason: { code: row.reason_code, reference: row.reason_reference },
  };
}

function toReply(row: OpeningRow, asker: Asker): Opening {
  return {
    opening: encodeId('aop', row.opening_id),
    subject: row.subject.toString('base64url'),
    reason: { code: row.reason_code, reference: row.reason_reference } as Opening['reason'],
    state: row.approved_by === null ? 'requested' : 'approved',
    mine: row.requested_by === callerId(asker.caller),
    expiresAt: row.expires_at.toISOString(),
  };
}

function toOpened({ subject }: OpeningRow, { kind, purpose, salt, id, until }: Opened) {
  return {
    subject: subject.toString('base64url'),
    kind,
    purpose,
    pseudonym: kind === 'permit' ? encodeId('psn', id) : null,
    id: id.toString('base64url'),
    salt: salt.toString('base64url'),
    until,
  };
}
