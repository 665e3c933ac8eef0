import { type PermitState, type PurposeName, STOPPING_EVENTS } from '@integument/contracts';
import { byteaArray, type Tx, textArray } from '@integument/database';
import { DESTROYED, NOTHING_MINTED } from './destroyed-columns.js';

export interface PermitRow {
  readonly gate_id: Buffer;
  readonly pseudonym: Buffer | null;
  readonly person_id: Buffer | null;
  readonly purpose: PurposeName | null;
  readonly state: Exclude<PermitState, 'opening'>;
  readonly epoch: number;
  readonly domain_key: number | null;
  readonly wrapped_key: Buffer | null;
  /** commits to the pseudonym, for the data plane's log; null for permits from before the vault made it */
  readonly subject: Buffer | null;
  /** the person's, for the vault's own log */
  readonly person_subject: Buffer | null;
  /** under which somebody agreed for them last; null where they did themselves, or it is over */
  readonly guardianship: Buffer | null;
  /** that guardianship is over, and the data plane has still to end the consent */
  readonly consent_ends: boolean;
}

type Absent = 'guardianship' | 'subject';

/** A permit that still has its key. */
export type LivePermit = { readonly [K in keyof Omit<PermitRow, Absent>]: NonNullable<PermitRow[K]> } & Pick<
  PermitRow,
  Absent
> & { readonly state: 'open' | 'frozen' };

export interface NewPermit {
  readonly gate: Buffer;
  readonly epoch: number;
  readonly personId: Buffer;
  readonly purpose: PurposeName;
  readonly pseudonym: Buffer;
  readonly domainKey: number;
  readonly wrapped: Buffer;
  /** under which somebody agreed for them; null where they did themselves */
  readonly guardianship: Buffer | null;
}

/** A no, by its gate. */
export interface Declined {
  readonly gate: Buffer;
  readonly epoch: number;
  readonly personId: Buffer;
  readonly purpose: PurposeName;
}

const COLUMNS = `gate_id, pseudonym, person_id, purpose, state, epoch, domain_key, wrapped_key, subject, guardianship, consent_ends,
  (SELECT p.subject FROM person p WHERE p.person_id = permit.person_id) AS person_subject`;

const LOCK = { name: 'permits.lock', text: `SELECT ${COLUMNS} FROM permit WHERE gate_id = $1 FOR UPDATE` };
const MOVE = {
  name: 'permits.move',
  text: 'UPDATE permit SET state = $2, epoch = $3, guardianship = NULL, consent_ends = false WHERE gate_id = $1',
};

/** A person who may get new leave, locked against erasure until the transaction ends. */
export interface LockedPerson {
  readonly person_id: Buffer;
  readonly subject: Buffer;
  /** under which somebody else acts for them in this session */
  readonly guardianship: Buffer | null;
}

export class PermitsStore {
  /** Whose session it is; null also where the person is being erased. */
  async lockPersonOfSession(tx: Tx, session: Buffer): Promise<LockedPerson | null> {
    const rows = await tx.query<LockedPerson>(
      `SELECT p.person_id, p.subject, s.guardianship FROM api_session s JOIN person p USING (person_id)
       WHERE s.session = $1 AND s.expires_at > now() AND NOT p.erasing FOR SHARE OF p`,
      [session],
    );
    return rows[0] ?? null;
  }

  /** The person behind a gate, who acts for themselves. Taken before the permit's own lock, as an erasure does. */
  async lockPersonOfGate(tx: Tx, gate: Buffer): Promise<LockedPerson | null> {
    const rows = await tx.query<LockedPerson>(
      `SELECT p.person_id, p.subject, NULL::bytea AS guardianship FROM permit JOIN person p USING (person_id)
       WHERE gate_id = $1 AND NOT p.erasing FOR SHARE OF p`,
      [gate],
    );
    return rows[0] ?? null;
  }

  /** What a permit of theirs is for. Without its lock, which comes after that of the guardianship. */
  async findPurpose(tx: Tx, gate: Buffer, personId: Buffer): Promise<PurposeName | null> {
    const rows = await tx.query<{ purpose: PurposeName }>(
      `SELECT purpose FROM permit WHERE gate_id = $1 AND person_id = $2`,
      [gate, personId],
    );
    return rows[0]?.purpose ?? null;
  }

  /** The gate itself, or the one that already lives for the person and purpose. */
  async findForOpening(tx: Tx, gate: Buffer, personId: Buffer, purpose: string): Promise<PermitRow[]> {
    return tx.query<PermitRow>(
      `SELECT ${COLUMNS} FROM permit
       WHERE gate_id = $1 OR (person_id = $2 AND purpose = $3 AND state <> 'destroyed') FOR UPDATE`,
      [gate, personId, purpose],
    );
  }

  /** @returns false where another opening for the person and purpose, or this gate's own, came first */
  async insert(tx: Tx, permit: NewPermit): Promise<boolean> {
    const rows = await tx.query(
      `INSERT INTO permit (gate_id, pseudonym, person_id, purpose, state, epoch, domain_key, wrapped_key, guardianship)
       VALUES ($1, $2, $3, $4, 'open', $5, $6, $7, $8) ON CONFLICT DO NOTHING RETURNING gate_id`,
      [
        permit.gate,
        permit.pseudonym,
        permit.personId,
        permit.purpose,
        permit.epoch,
        permit.domainKey,
        permit.wrapped,
        permit.guardianship,
      ],
    );
    return rows.length === 1;
  }

  /** @returns false where the gate is known, or the person has a permit for the purpose, or said no before */
  async insertDeclined(tx: Tx, { gate, epoch, personId, purpose }: Declined): Promise<boolean> {
    const rows = await tx.query(
      `INSERT INTO permit (gate_id, person_id, purpose, state, epoch) VALUES ($1, $2, $3, 'declined', $4)
       ON CONFLICT DO NOTHING RETURNING gate_id`,
      [gate, personId, purpose, epoch],
    );
    return rows.length === 1;
  }

  /** A no becomes a yes: what was declined, and is held by the caller, gets its pseudonym and key. */
  async mintDeclined(tx: Tx, permit: NewPermit): Promise<void> {
    const { gate, pseudonym, epoch, domainKey, wrapped, guardianship } = permit;
    await tx.query(
      `UPDATE permit SET state = 'open', pseudonym = $2, epoch = $3, domain_key = $4, wrapped_key = $5, guardianship = $6
       WHERE gate_id = $1`,
      [gate, pseudonym, epoch, domainKey, wrapped, guardianship],
    );
  }

  /** Locks the permit; null where the gate is unknown. */
  async lock(tx: Tx, gate: Buffer): Promise<PermitRow | null> {
    const rows = await tx.query<PermitRow>(LOCK, [gate]);
    return rows[0] ?? null;
  }

  async setSubject(tx: Tx, gate: Buffer, subject: Buffer): Promise<void> {
    await tx.query('UPDATE permit SET subject = $2 WHERE gate_id = $1', [gate, subject]);
  }

  move(tx: Tx, gate: Buffer, state: 'declined' | 'frozen', epoch: number): void {
    tx.send(MOVE, [gate, state, epoch]);
  }

  /** Agreed to again, by themselves or under a guardianship. */
  async reopen(tx: Tx, gate: Buffer, epoch: number, guardianship: Buffer | null): Promise<void> {
    await tx.query(
      `UPDATE permit SET state = 'open', epoch = $2, guardianship = $3, consent_ends = false WHERE gate_id = $1`,
      [gate, epoch, guardianship],
    );
  }

  /** Remembers the epoch of a gate that never opened, so that its late opening is refused. */
  async bury(tx: Tx, gate: Buffer, epoch: number): Promise<boolean> {
    const rows = await tx.query(
      `INSERT INTO permit (gate_id, state, epoch) VALUES ($1, 'destroyed', $2) ON CONFLICT DO NOTHING RETURNING gate_id`,
      [gate, epoch],
    );
    return rows.length === 1;
  }

  async destroy(tx: Tx, gate: Buffer, epoch: number): Promise<void> {
    await tx.query(`UPDATE permit SET ${DESTROYED}, epoch = $2 WHERE gate_id = $1`, [gate, epoch]);
  }

  /** Pseudonym and key go as with a destroyed one; whose no it is, and to what, stays. */
  async keepNo(tx: Tx, gate: Buffer, epoch: number): Promise<void> {
    await tx.query(`UPDATE permit SET state = 'declined', epoch = $2, ${NOTHING_MINTED} WHERE gate_id = $1`, [
      gate,
      epoch,
    ]);
  }

  /**
   * Closed ones of whose end no recipient has still to hear, whoever ended them and how.
   * Lost: somebody never heard and never will; of what is destroyed nobody can say, since it leads to nobody who could be told.
   */
  async findHeard(tx: Tx, gates: readonly Buffer[]): Promise<{ gate_id: Buffer; lost: boolean }[]> {
    return tx.query<{ gate_id: Buffer; lost: boolean }>(
      `SELECT p.gate_id, p.state = 'destroyed' OR coalesce(bool_or(d.state = 'lost' OR u.pseudonym IS NOT NULL), false) AS lost
       FROM permit p
       LEFT JOIN client_pseudonym c ON c.person_id = p.person_id
       LEFT JOIN webhook_delivery d ON d.client_id = c.client_id AND d.pseudonym = c.pseudonym AND d.purpose = p.purpose
         AND d.event = ANY($2::text[])
       LEFT JOIN webhook_unheard u ON u.pseudonym = c.pseudonym AND u.purpose = p.purpose
       WHERE p.gate_id = ANY($1::bytea[]) AND p.state <> 'open'
       GROUP BY p.gate_id HAVING count(*) FILTER (WHERE d.state <> 'lost') = 0`,
      [byteaArray(gates), textArray(STOPPING_EVENTS)],
    );
  }

  async findMany(tx: Tx, gates: readonly Buffer[]): Promise<PermitRow[]> {
    return tx.query<PermitRow>(`SELECT ${COLUMNS} FROM permit WHERE gate_id = ANY($1)`, [gates]);
  }

  async findOfPerson(tx: Tx, personId: Buffer): Promise<PermitRow[]> {
    return tx.query<PermitRow>(
      `SELECT ${COLUMNS} FROM permit WHERE person_id = $1 AND state <> 'destroyed' ORDER BY purpose`,
      [personId],
    );
  }
}
