import type { Regions } from '@integument/authz';
import type { PurposeName } from '@integument/contracts';
import { byteaArray, type Tx } from '@integument/database';
import { inRegions } from '../people/index.js';

export interface NewGuardianship {
  readonly guardianship: Buffer;
  readonly guardianId: Buffer;
  readonly childId: Buffer;
  readonly clientId: string;
  readonly purposes: readonly PurposeName[];
  /** sealed under the child's key */
  readonly evidence: Buffer;
  readonly endsOn: string;
}

/** An open permit of which the guardianship is over, and the epoch of it that ends. */
export interface ConsentEnding {
  readonly gate_id: Buffer;
  readonly epoch: number;
}

export interface GuardianshipRow {
  readonly guardianship: Buffer;
  readonly guardian_id: Buffer;
  readonly child_id: Buffer;
  /** the child's, for the audit log */
  readonly subject: Buffer;
  readonly purposes: readonly PurposeName[];
  readonly ends_on: string;
  readonly state: 'active' | 'ended';
}

/** A guardianship with what shows it. */
export interface ShownGuardianship
  extends Pick<GuardianshipRow, 'guardianship' | 'purposes' | 'ends_on' | 'state'> {
  readonly made_on: string;
  readonly client_id: string;
  readonly evidence: Buffer;
}

/** As the child sees it. */
export interface GuardianRow extends GuardianshipRow {
  readonly client_id: string;
  readonly made_on: string;
}

const COLUMNS = 'g.guardianship, g.guardian_id, g.child_id, p.subject, g.purposes, g.ends_on::text, g.state';
const OF_CHILD = 'guardianship g JOIN person p ON p.person_id = g.child_id';
const GOES_ON = `g.state = 'active' AND NOT p.erasing`;
/** Under what a client recorded that is suspended, or is none any more, nothing begins. */
const IS_HEEDED = `NOT EXISTS (
  SELECT FROM client c WHERE c.client_id = g.client_id AND (c.removed OR c.suspended_at IS NOT NULL))`;
/** The child, before the guardianship is: in the order in which an erasure of the child takes them. */
const HOLDING_CHILD = 'FOR SHARE OF p';

export class GuardianshipsStore {
  async insert(tx: Tx, row: NewGuardianship): Promise<void> {
    const { guardianship, guardianId, childId, clientId, purposes, evidence, endsOn } = row;
    await tx.query(
      `INSERT INTO guardianship (guardianship, guardian_id, child_id, client_id, purposes, evidence, ends_on)
       VALUES ($1, $2, $3, $4, $5, $6, $7)`,
      [guardianship, guardianId, childId, clientId, [...purposes], evidence, endsOn],
    );
  }

  /** Until the transaction ends nobody else records one for the same guardian. */
  async takeTurn(tx: Tx, guardianId: Buffer): Promise<void> {
    await tx.query(
      `SELECT pg_advisory_xact_lock(hashtextextended('integument/guardian/' || encode($1, 'hex'), 0))`,
      [guardianId],
    );
  }

  /** For how many other children somebody answers, whoever recorded it. */
  async countOthers(tx: Tx, guardianId: Buffer, childId: Buffer): Promise<number> {
    const rows = await tx.query<{ count: number }>(
      `SELECT count(DISTINCT child_id)::int AS count FROM guardianship
       WHERE guardian_id = $1 AND child_id <> $2 AND state = 'active'`,
      [guardianId, childId],
    );
    return rows[0]?.count ?? 0;
  }

  /** Of those that the client recorded, and whose child it may be told of. */
  async findOfClient(
    tx: Tx,
    guardianship: Buffer,
    clientId: string,
    regions: Regions,
  ): Promise<GuardianshipRow | null> {
    const rows = await tx.query<GuardianshipRow>(
      `SELECT ${COLUMNS} FROM ${OF_CHILD}
       WHERE g.guardianship = $1 AND g.client_id = $2 AND NOT p.erasing AND ${inRegions('$3')} ${HOLDING_CHILD}`,
      [guardianship, clientId, regions],
    );
    return rows[0] ?? null;
  }

  /** What shows who answers, or has answered, for a child in a purpose; the oldest first. */
  findEvidence(tx: Tx, childId: Buffer, purpose: PurposeName): Promise<ShownGuardianship[]> {
    return tx.query<ShownGuardianship>(
      `SELECT guardianship, purposes, made_on::text, ends_on::text, state, client_id, evidence FROM guardianship
       WHERE child_id = $1 AND $2 = ANY(purposes) ORDER BY made_on, guardianship`,
      [childId, purpose],
    );
  }

  /** Anybody's, of a child that staff may be told of. */
  async findForStaff(tx: Tx, guardianship: Buffer, regions: Regions): Promise<GuardianshipRow | null> {
    const rows = await tx.query<GuardianshipRow>(
      `SELECT ${COLUMNS} FROM ${OF_CHILD}
       WHERE g.guardianship = $1 AND NOT p.erasing AND ${inRegions('$2')} ${HOLDING_CHILD}`,
      [guardianship, regions],
    );
    return rows[0] ?? null;
  }

  async findOfChild(tx: Tx, guardianship: Buffer, childId: Buffer): Promise<GuardianshipRow | null> {
    const rows = await tx.query<GuardianshipRow>(
      `SELECT ${COLUMNS} FROM ${OF_CHILD}
       WHERE g.guardianship = $1 AND g.child_id = $2 AND NOT p.erasing ${HOLDING_CHILD}`,
      [guardianship, childId],
    );
    return rows[0] ?? null;
  }

  findGuardians(tx: Tx, childId: Buffer): Promise<GuardianRow[]> {
    return tx.query<GuardianRow>(
      `SELECT ${COLUMNS}, g.client_id, g.made_on::text FROM ${OF_CHILD} WHERE g.child_id = $1 AND ${GOES_ON}
       ORDER BY g.made_on, g.guardianship`,
      [childId],
    );
  }

  /** All that go on, whoever their children are, which are held in one order. */
  findActiveOfGuardian(tx: Tx, guardianId: Buffer): Promise<GuardianshipRow[]> {
    return tx.query<GuardianshipRow>(
      `SELECT ${COLUMNS} FROM ${OF_CHILD} WHERE g.guardian_id = $1 AND g.state = 'active'
       ORDER BY p.person_id ${HOLDING_CHILD}`,
      [guardianId],
    );
  }

  findOfGuardian(tx: Tx, guardianId: Buffer, today: string): Promise<GuardianshipRow[]> {
    return tx.query<GuardianshipRow>(
      `SELECT ${COLUMNS} FROM ${OF_CHILD} WHERE g.guardian_id = $1 AND ${GOES_ON} AND g.ends_on > $2 AND ${IS_HEEDED}
       ORDER BY g.made_on, g.guardianship`,
      [guardianId, today],
    );
  }

  /** One that goes on, with its child, held until the transaction ends: it does not end, and nobody erases the child. */
  async lockActive(tx: Tx, guardianship: Buffer, today: string): Promise<GuardianshipRow | null> {
    const rows = await tx.query<GuardianshipRow>(
      `SELECT ${COLUMNS} FROM ${OF_CHILD}
       WHERE g.guardianship = $1 AND ${GOES_ON} AND g.ends_on > $2 FOR SHARE OF p, g`,
      [guardianship, today],
    );
    const [found] = rows;
    return found && (await this.isHeeded(tx, guardianship)) ? found : null;
  }

  /** A statement of its own, behind the lock: one that began before would miss the suspension that it waited for. */
  private async isHeeded(tx: Tx, guardianship: Buffer): Promise<boolean> {
    const rows = await tx.query(`SELECT 1 FROM guardianship g WHERE g.guardianship = $1 AND ${IS_HEEDED}`, [
      guardianship,
    ]);
    return rows.length === 1;
  }

  /** What came of it ends with it: see the triggers of the table. @returns false where it was ended before */
  async end(tx: Tx, guardianship: Buffer): Promise<boolean> {
    const rows = await tx.query<{ guardianship: Buffer }>(
      `WITH ended AS (
         UPDATE guardianship SET state = 'ended' WHERE guardianship = $1 AND state = 'active' RETURNING guardianship)
       SELECT guardianship FROM ended`,
      [guardianship],
    );
    return rows.length === 1;
  }

  /** Some whose day has come, or that a client recorded which is none any more; in any order, so that some that keep failing cannot hide the others. */
  findDue(tx: Tx, today: string): Promise<GuardianshipRow[]> {
    return tx.query<GuardianshipRow>(
      `SELECT ${COLUMNS} FROM ${OF_CHILD} WHERE g.state = 'active' AND (g.ends_on <= $1
         OR EXISTS (SELECT FROM client c WHERE c.client_id = g.client_id AND c.removed)) ORDER BY random() LIMIT 100`,
      [today],
    );
  }

  /** Held until the transaction ends, so that neither goes on without the other. */
  async holdChild(tx: Tx, childId: Buffer): Promise<void> {
    await tx.query('SELECT FROM person WHERE person_id = $1 FOR SHARE', [childId]);
  }

  /**
   * Of one purpose, any, so that one that gets nowhere doesn't hide the others; in any order, so that nothing is learned of which belong
   * to one child.
   */
  findConsentEndings(tx: Tx, limit: number): Promise<ConsentEnding[]> {
    return tx.query<ConsentEnding>(
      `SELECT gate_id, epoch FROM permit WHERE consent_ends AND purpose = (
         SELECT purpose FROM permit WHERE consent_ends GROUP BY purpose ORDER BY random() LIMIT 1)
       ORDER BY random() LIMIT $1`,
      [limit],
    );
  }

  /** @returns how many of them nobody was told of before */
  async markListed(tx: Tx, gates: readonly Buffer[]): Promise<number> {
    const rows = await tx.query<{ gate_id: Buffer }>(
      `WITH listed AS (
         UPDATE permit SET ending_listed = true WHERE gate_id IN (
           SELECT gate_id FROM permit WHERE gate_id = ANY($1::bytea[]) AND consent_ends AND NOT ending_listed
           ORDER BY gate_id FOR UPDATE) RETURNING gate_id)
       SELECT gate_id FROM listed`,
      [byteaArray(gates)],
    );
    return rows.length;
  }
}
