import {
  OPERATION_NAMES,
  type OperationName,
  type Refusal,
  type ReviewOutcome,
  type StaffRole,
} from '@integument/contracts';
import { canonicalJson } from '@integument/crypto';
import { type Tx, textArray } from '@integument/database';

export type Parameters = Readonly<Record<string, string | readonly string[] | boolean>>;

export interface ApprovalRow {
  readonly approval_id: Buffer;
  readonly operation: OperationName;
  readonly parameters: Parameters;
  readonly digest: Buffer;
  readonly account: Buffer | null;
  readonly requested_by: Buffer;
  readonly requested_at: Date;
  readonly reason_code: string;
  readonly reason_reference: string;
  readonly state: 'requested' | 'approved' | 'refused' | 'taken_back';
  readonly decided_by: Buffer | null;
  readonly refusal: Refusal | null;
  readonly expires_at: Date;
  readonly used_at: Date | null;
  readonly break_glass: boolean;
  readonly reviewed_by: Buffer | null;
  readonly review_outcome: ReviewOutcome | null;
  readonly review_reference: string | null;
  /** Whether its people, and what it is about, still are what they were when it was asked for and decided about. */
  readonly stands: boolean;
}

export type NewApproval = Pick<
  ApprovalRow,
  | 'approval_id'
  | 'operation'
  | 'parameters'
  | 'digest'
  | 'account'
  | 'requested_by'
  | 'reason_code'
  | 'reason_reference'
  | 'expires_at'
  | 'break_glass'
>;

/** How much one person has asked for that isn't done with. */
export interface Burden {
  readonly open: number;
  /** of them, for just the same */
  readonly alike: number;
  readonly unreviewed: number;
  /** of them, for too long */
  readonly overdue: number;
}

/** What must be true of an approval that is used, besides that it is good. */
export interface Use {
  readonly approvalId: Buffer;
  readonly operation: OperationName;
  readonly digest: Buffer;
  readonly requester: Buffer;
  readonly approvers: readonly StaffRole[];
}

/** Who decides, and about which operations they may. */
export interface Decider {
  readonly account: Buffer;
  readonly operations: readonly OperationName[];
}

/**
 * What has changed since it was asked about, was asked about as it is no more. Who has other roles since they asked, or was dismissed, asked for nothing that still counts. Compared within the database, by whose
 * clock both times are: no other clock could let an older request pass for a newer one.
 */
const IT_STANDS = `(overtaken_at IS NULL
  AND EXISTS (SELECT FROM staff s WHERE s.account = requested_by AND s.since <= requested_at))`;
const ITS_DECIDER_STANDS = `(decided_by IS NULL
  OR EXISTS (SELECT FROM staff s WHERE s.account = decided_by AND s.since <= decided_at))`;
const ITS_PEOPLE_STAND = `${IT_STANDS} AND ${ITS_DECIDER_STANDS}`;
const COLUMNS = `approval_id, operation, parameters, digest, account, requested_by, requested_at, reason_code,
  reason_reference, state, decided_by, refusal, expires_at, used_at, break_glass, reviewed_by, review_outcome,
  review_reference, ${ITS_PEOPLE_STAND} AS stands`;
const MOST = 200;
/** $1 the decider, $2 their operations: of somebody else, about somebody else. */
const THEIRS_TO_DECIDE = `operation = ANY($2::text[]) AND requested_by <> $1 AND account IS DISTINCT FROM $1`;

export class ApprovalsStore {
  async insert(tx: Tx, row: NewApproval): Promise<ApprovalRow> {
    const [inserted] = await tx.query<ApprovalRow>(
      `INSERT INTO approval (approval_id, operation, parameters, digest, account, requested_by, requested_at,
         reason_code, reason_reference, expires_at, break_glass, state)
       VALUES ($1, $2, $3::jsonb, $4, $5, $6, clock_timestamp(), $7, $8, $9, $10, $11) RETURNING ${COLUMNS}`,
      [
        row.approval_id,
        row.operation,
        canonicalJson(row.parameters),
        row.digest,
        row.account,
        row.requested_by,
        row.reason_code,
        row.reason_reference,
        row.expires_at,
        row.break_glass,
        row.break_glass ? 'approved' : 'requested',
      ],
    );
    return inserted as ApprovalRow;
  }

  findWaiting(tx: Tx, { account, operations }: Decider, now: Date): Promise<ApprovalRow[]> {
    return tx.query<ApprovalRow>(
      `SELECT ${COLUMNS} FROM approval WHERE ${THEIRS_TO_DECIDE} AND state = 'requested' AND expires_at > $3 AND ${IT_STANDS}
       ORDER BY expires_at LIMIT ${MOST}`,
      [account, textArray(operations), now],
    );
  }

  findToReview(tx: Tx, { account, operations }: Decider): Promise<ApprovalRow[]> {
    return tx.query<ApprovalRow>(
      `SELECT ${COLUMNS} FROM approval WHERE ${THEIRS_TO_DECIDE} AND break_glass AND reviewed_by IS NULL
       ORDER BY requested_at LIMIT ${MOST}`,
      [account, textArray(operations)],
    );
  }

  findOf(tx: Tx, requester: Buffer): Promise<ApprovalRow[]> {
    return tx.query<ApprovalRow>(
      `SELECT ${COLUMNS} FROM approval WHERE requested_by = $1 AND operation = ANY($2::text[])
       ORDER BY requested_at DESC LIMIT ${MOST}`,
      // One that was declared when it was asked for, and is no more, can't be shown nor used.
      [requester, textArray(OPERATION_NAMES)],
    );
  }

  /** One that they asked for or may decide about: everybody else's is as good as none. */
  async findVisible(
    tx: Tx,
    { account, operations }: Decider,
    approvalId: Buffer,
  ): Promise<ApprovalRow | null> {
    const rows = await tx.query<ApprovalRow>(
      `SELECT ${COLUMNS} FROM approval WHERE approval_id = $3 AND operation = ANY($4::text[])
         AND (requested_by = $1 OR (${THEIRS_TO_DECIDE}))`,
      [account, textArray(operations), approvalId, textArray(OPERATION_NAMES)],
    );
    return rows[0] ?? null;
  }

  /** In one statement: of a hundred decisions at once one is made. @returns null where there is nothing to decide */
  async decide(
    tx: Tx,
    { account, operations }: Decider,
    approvalId: Buffer,
    refusal: Refusal | null,
    now: Date,
  ): Promise<ApprovalRow | null> {
    const rows = await tx.query<ApprovalRow>(
      `UPDATE approval SET state = $5, refusal = $6, decided_by = $1, decided_at = clock_timestamp()
       WHERE approval_id = $3 AND ${THEIRS_TO_DECIDE} AND state = 'requested' AND expires_at > $4 AND ${IT_STANDS}
       RETURNING ${COLUMNS}`,
      [account, textArray(operations), approvalId, now, refusal === null ? 'approved' : 'refused', refusal],
    );
    return rows[0] ?? null;
  }

  async takeBack(tx: Tx, requester: Buffer, approvalId: Buffer, now: Date): Promise<ApprovalRow | null> {
    const rows = await tx.query<ApprovalRow>(
      `UPDATE approval SET state = 'taken_back'
       WHERE approval_id = $2 AND requested_by = $1 AND state IN ('requested', 'approved') AND NOT break_glass
         AND used_at IS NULL AND expires_at > $3
       RETURNING ${COLUMNS}`,
      [requester, approvalId, now],
    );
    return rows[0] ?? null;
  }

  async review(
    tx: Tx,
    { account, operations }: Decider,
    approvalId: Buffer,
    { outcome, reference }: { outcome: ReviewOutcome; reference: string },
    now: Date,
  ): Promise<ApprovalRow | null> {
    const rows = await tx.query<ApprovalRow>(
      `UPDATE approval SET reviewed_by = $1, reviewed_at = $4, review_outcome = $5, review_reference = $6
       WHERE approval_id = $3 AND ${THEIRS_TO_DECIDE} AND break_glass AND reviewed_by IS NULL
       RETURNING ${COLUMNS}`,
      [account, textArray(operations), approvalId, now, outcome, reference],
    );
    return rows[0] ?? null;
  }

  /**
   * Uses an approval up, in one statement in the effect's own transaction: of a hundred uses at once one gets the row, and an effect
   * that rolls back leaves it to be used. Both people must still be what they were when they asked and agreed: who was dismissed or got
   * other roles since then, and has them back, asks and agrees anew.
   */
  async use(tx: Tx, { approvalId, operation, digest, requester, approvers }: Use, now: Date) {
    const rows = await tx.query<ApprovalRow>(
      `UPDATE approval SET used_at = $6
       WHERE approval_id = $1 AND operation = $2 AND digest = $3 AND requested_by = $4
         AND state = 'approved' AND used_at IS NULL AND expires_at > $6
         AND ${IT_STANDS}
         AND (break_glass OR EXISTS (
           SELECT FROM staff s
           WHERE s.account = decided_by AND s.roles && $5::text[] AND s.since <= decided_at))
       RETURNING ${COLUMNS}`,
      [approvalId, operation, digest, requester, textArray(approvers), now],
    );
    return rows[0] ?? null;
  }

  /** Voids what else was asked for and not used, of parameters that hold these. */
  async overtake(tx: Tx, operation: OperationName, about: Parameters): Promise<void> {
    await tx.query(
      `UPDATE approval SET overtaken_at = clock_timestamp()
       WHERE operation = $1 AND parameters @> $2::jsonb AND state IN ('requested', 'approved')
         AND used_at IS NULL AND overtaken_at IS NULL`,
      [operation, canonicalJson(about)],
    );
  }

  /** To say to the requester, and nobody else, why it could not be used. */
  async findUnusable(tx: Tx, { approvalId, operation, requester }: Use): Promise<ApprovalRow | null> {
    const rows = await tx.query<ApprovalRow>(
      `SELECT ${COLUMNS} FROM approval WHERE approval_id = $1 AND operation = $2 AND requested_by = $3`,
      [approvalId, operation, requester],
    );
    return rows[0] ?? null;
  }

  /** Whose a session of the data plane is, with the roles they have now. */
  async findStaffOf(tx: Tx, session: Buffer): Promise<{ account: Buffer; roles: string[] } | null> {
    const rows = await tx.query<{ account: Buffer; roles: string[] }>(
      `SELECT s.account, s.roles FROM api_session a JOIN staff s ON s.account = a.staff
       WHERE a.session = $1 AND a.expires_at > now()`,
      [session],
    );
    return rows[0] ?? null;
  }

  /** Until the transaction ends nobody else asks as this person. @returns whether they are staff */
  async lockRequester(tx: Tx, requester: Buffer): Promise<boolean> {
    const rows = await tx.query('SELECT 1 FROM staff WHERE account = $1 FOR NO KEY UPDATE', [requester]);
    return rows.length > 0;
  }

  /** @param reviewBy a use of break-glass from before then has waited too long for its review */
  async burdenOf(tx: Tx, requester: Buffer, digest: Buffer, now: Date, reviewBy: Date): Promise<Burden> {
    const [burden] = await tx.query<Burden>(
      `SELECT count(*) FILTER (WHERE open)::int AS open,
         count(*) FILTER (WHERE open AND digest = $2)::int AS alike,
         count(*) FILTER (WHERE unreviewed)::int AS unreviewed,
         count(*) FILTER (WHERE unreviewed AND requested_at < $4)::int AS overdue
       FROM (SELECT digest, requested_at, break_glass AND reviewed_by IS NULL AS unreviewed,
               NOT break_glass AND state IN ('requested', 'approved') AND used_at IS NULL AND expires_at > $3
                 AND ${ITS_PEOPLE_STAND} AS open
             FROM approval WHERE requested_by = $1) AS asked`,
      [requester, digest, now, reviewBy],
    );
    return burden as Burden;
  }

  /** What is long over; never a use of break-glass that nobody has reviewed. */
  async deleteOver(tx: Tx, before: Date): Promise<void> {
    await tx.query(
      'DELETE FROM approval WHERE expires_at < $1 AND (NOT break_glass OR reviewed_by IS NOT NULL)',
      [before],
    );
  }
}
