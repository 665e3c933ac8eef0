import type { AuditLog } from '@integument/audit-log';
import type { BodyOf, openCommitment, ReplyOf } from '@integument/contracts';
import { encodeId } from '@integument/crypto';
import type { Tx } from '@integument/database';
import { type Asker, by } from '@integument/http';
import type { VaultStaff } from '../../platform/callers.js';
import type { Approvals } from '../approvals/index.js';
import { commitmentOpened, evidenceLapsed } from './evidence.audit.js';
import { evidenceGone } from './evidence.errors.js';
import type { EvidenceKeeper, Opened } from './evidence-keeper.js';

/** Says whom a commitment of an audit log stands for, once for each approval. The entry stands under the commitment itself. */
export class OpeningsService {
  constructor(
    private readonly approvals: Approvals,
    private readonly evidence: EvidenceKeeper,
    private readonly audit: AuditLog,
  ) {}

  /** What can't be opened any more doesn't use the approval up. */
  async open(
    tx: Tx,
    asker: Asker<VaultStaff>,
    { subject: text, approval }: BodyOf<typeof openCommitment>,
  ): Promise<ReplyOf<typeof openCommitment>> {
    const used = await this.approvals.use(tx, asker, 'evidence.open', { subject: text }, approval);
    const subject = Buffer.from(text, 'base64url');
    const opened = await this.evidence.open(tx, subject);
    if (!opened) throw evidenceGone();
    const { reason } = used;
    await this.audit.append(tx, commitmentOpened({ ...by(asker), subject, reason, object: approval }));
    return toReply(text, opened);
  }

  /** Destroys evidence past its period. */
  async sweep(tx: Tx): Promise<void> {
    const count = await this.evidence.lapse(tx);
    if (count === 0) return;
    const actor = { kind: 'system', id: 'vault' } as const;
    await this.audit.append(tx, evidenceLapsed({ outcome: 'done', actor, count }));
  }
}

function toReply(subject: string, { kind, purpose, salt, id, until }: Opened) {
  return {
    subject,
    kind,
    purpose,
    pseudonym: kind === 'permit' ? encodeId('psn', id) : null,
    id: id.toString('base64url'),
    salt: salt.toString('base64url'),
    until,
  };
}
