import type { PermitState, PurposeName } from '@integument/contracts';
import { byteaArray, type Tx, textArray } from '@integument/database';

export interface Gate {
  readonly gate_id: Buffer;
  readonly purpose: PurposeName;
  readonly pseudonym: Buffer | null;
  readonly state: PermitState;
  readonly epoch: number;
  /** what the audit log says in the pseudonym's place, 32 bytes */
  readonly subject: Buffer | null;
  /** when an open one ends unless its consent is renewed */
  readonly ends_on: string | null;
  readonly due_on: string | null;
}

/** A gate that data flows through, for one purpose: it has its pseudonym. */
export type OpenGate<P extends PurposeName = PurposeName> = Gate & {
  readonly state: 'open';
  readonly purpose: P;
  readonly pseudonym: Buffer;
  readonly subject: Buffer;
};

/** A gate behind which somebody is told of a day beforehand. */
export interface Foretold {
  readonly gate_id: Buffer;
  readonly on_day: string;
}

/** Days that people are told of beforehand, and of which gates `g`. Behind one that never opened there is nothing to erase. */
const FORETOLD = {
  ends_on: { day: 'g.ends_on', which: `g.state = 'open'` },
  // What is kept on another ground is erased after the last day of that.
  due_on: {
    day: 'greatest(g.due_on, permit_held_until(g.gate_id) + 1)',
    which: `g.state = 'frozen' AND g.pseudonym IS NOT NULL`,
  },
} as const;

/**
 * Whoever wants a gate waits for their turn first. A row's lock knows none: who shares it with others needs not wait for who wants it
 * alone, so that effects which overlap would keep a withdrawal waiting for as long as they come. The row's lock is what counts.
 */
const TURN = {
  shared: "pg_advisory_xact_lock_shared(hashtext('permit_gate'), hashtext(encode(gate_id, 'hex')))",
  alone: {
    name: 'permits.turn',
    text: "SELECT pg_advisory_xact_lock(hashtext('permit_gate'), hashtext(encode($1::bytea, 'hex')))",
  },
} as const;

export const GATE = 'gate_id, purpose, pseudonym, state, epoch, subject, ends_on::text, due_on::text';

const LOCK = {
  name: 'permits.lock',
  text: `SELECT ${GATE} FROM permit_gate WHERE gate_id = $1 FOR UPDATE`,
};
const FREEZE = {
  name: 'permits.freeze',
  text: `UPDATE permit_gate SET state = 'frozen', epoch = $2, changed_on = current_date, ends_on = NULL,
      due_on = coalesce(due_on, current_date + $3::int), foretold = CASE WHEN due_on IS NOT NULL THEN foretold END
    WHERE gate_id = $1 RETURNING ${GATE}`,
};

export class PermitsStore {
  /**
   * The gate, locked FOR SHARE: until the caller's transaction ends no withdrawal of it commits.
   * @returns null where it is not open for this purpose; who asks learns no more
   */
  async lockOpen<P extends PurposeName>(tx: Tx, pseudonym: Buffer, purpose: P): Promise<OpenGate<P> | null> {
    const rows = await tx.query<OpenGate<P>>(
      {
        name: 'permits.lock_open',
        text: `WITH turn AS MATERIALIZED (SELECT gate_id AS turn_of, ${TURN.shared} FROM permit_gate WHERE pseudonym = $1)
               SELECT ${GATE} FROM turn JOIN permit_gate ON gate_id = turn_of
               WHERE pseudonym = $1 AND purpose = $2 AND state = 'open' FOR SHARE OF permit_gate`,
      },
      [pseudonym, purpose],
    );
    return rows[0] ?? null;
  }

  /**
   * The same for many, by the names of their gates.
   * @returns false where one of them is not open for this purpose; the others are locked all the same
   */
  async lockAllOpen(tx: Tx, gates: readonly Buffer[], purpose: PurposeName): Promise<boolean> {
    const rows = await tx.query(
      `SELECT 1 FROM permit_gate WHERE gate_id = ANY($1::bytea[]) AND purpose = $2 AND state = 'open'
       ORDER BY gate_id FOR SHARE`,
      [byteaArray(gates), purpose],
    );
    return rows.length === gates.length;
  }

  /**
   * The same where some may have closed.
   * @returns those that are open, locked
   */
  async lockOpenAmong(tx: Tx, gates: readonly Buffer[], purpose: PurposeName): Promise<Buffer[]> {
    const rows = await tx.query<{ gate_id: Buffer }>(
      `SELECT gate_id FROM permit_gate WHERE gate_id = ANY($1::bytea[]) AND purpose = $2 AND state = 'open'
       ORDER BY gate_id FOR SHARE`,
      [byteaArray(gates), purpose],
    );
    return rows.map(({ gate_id }) => gate_id);
  }

  /** The gate in whatever state, without a lock: nothing may rest on it but which key to ask for. */
  async findByPseudonym(tx: Tx, pseudonym: Buffer): Promise<Gate | null> {
    const rows = await tx.query<Gate>(`SELECT ${GATE} FROM permit_gate WHERE pseudonym = $1`, [pseudonym]);
    return rows[0] ?? null;
  }

  /** Locked FOR UPDATE: waits for every effect under way, and lets none begin. */
  async lock(tx: Tx, gate: Buffer): Promise<Gate | null> {
    tx.send(TURN.alone, [gate]);
    const rows = await tx.query<Gate>(LOCK, [gate]);
    return rows[0] ?? null;
  }

  async findMany(tx: Tx, gates: readonly Buffer[]): Promise<Gate[]> {
    return tx.query<Gate>(`SELECT ${GATE} FROM permit_gate WHERE gate_id = ANY($1)`, [gates]);
  }

  async findOpening(tx: Tx): Promise<Gate[]> {
    return tx.query<Gate>(
      `SELECT ${GATE} FROM permit_gate WHERE state = 'opening' ORDER BY random() LIMIT 1000`,
    );
  }

  /** Some open gates whose consent ends today or ended before; in any order, so that some that keep failing cannot hide the others. */
  async findEnded(tx: Tx): Promise<Gate[]> {
    return tx.query<Gate>(
      `SELECT ${GATE} FROM permit_gate WHERE state = 'open' AND ends_on <= current_date ORDER BY random() LIMIT 100`,
    );
  }

  /** Some whose day is near, and of which nobody was told as near as that. */
  async findToForetell(tx: Tx, what: keyof typeof FORETOLD, days: number, most: number): Promise<Foretold[]> {
    const { day, which } = FORETOLD[what];
    return tx.query<Foretold>(
      `SELECT gate_id, ${day}::text AS on_day FROM permit_gate g
       WHERE ${which} AND g.${what} <= current_date + $1::int AND ${day} > current_date AND ${day} <= current_date + $1::int
         AND (foretold IS NULL OR foretold > $1) LIMIT $2`,
      [days, most],
    );
  }

  /** Those whose day is still the same. */
  async markForetold(
    tx: Tx,
    what: keyof typeof FORETOLD,
    days: number,
    gates: readonly Foretold[],
  ): Promise<void> {
    // Held in the order in which others hold many: in none, a count of the same people and this one would wait for each other.
    await tx.query(
      `WITH held AS MATERIALIZED (
         SELECT gate_id FROM permit_gate WHERE gate_id = ANY($2::bytea[]) ORDER BY gate_id FOR NO KEY UPDATE)
       UPDATE permit_gate g SET foretold = $1 FROM held JOIN unnest($2::bytea[], $3::text[]) AS told (gate_id, on_day) USING (gate_id)
       WHERE g.gate_id = held.gate_id AND ${FORETOLD[what].day} = told.on_day::date`,
      [days, byteaArray(gates.map(({ gate_id }) => gate_id)), textArray(gates.map(({ on_day }) => on_day))],
    );
  }

  /** Some of them in the order of their names, behind one of those. */
  async findOpenAfter<P extends PurposeName>(
    tx: Tx,
    purpose: P,
    after: Buffer,
    most: number,
  ): Promise<OpenGate<P>[]> {
    return tx.query<OpenGate<P>>(
      `SELECT ${GATE} FROM permit_gate WHERE state = 'open' AND purpose = $1 AND gate_id > $2 ORDER BY gate_id LIMIT $3`,
      [purpose, after, most],
    );
  }

  async insertOpening(tx: Tx, gate: Buffer, purpose: PurposeName, epoch = 1): Promise<void> {
    await tx.query(
      `INSERT INTO permit_gate (gate_id, purpose, state, epoch) VALUES ($1, $2, 'opening', $3)`,
      [gate, purpose, epoch],
    );
  }

  /** @returns false where the gate is there already */
  async insertDeclined(tx: Tx, gate: Buffer, purpose: PurposeName, epoch: number): Promise<boolean> {
    const rows = await tx.query(
      `INSERT INTO permit_gate (gate_id, purpose, state, epoch) VALUES ($1, $2, 'declined', $3)
       ON CONFLICT DO NOTHING RETURNING gate_id`,
      [gate, purpose, epoch],
    );
    return rows.length === 1;
  }

  /** It stays due when it was until it has opened: an erasure that has set out by then is not undone by what comes to nothing. */
  async reopen(tx: Tx, gate: Buffer, epoch: number): Promise<void> {
    await tx.query(
      `UPDATE permit_gate SET state = 'opening', epoch = $2, changed_on = current_date WHERE gate_id = $1`,
      [gate, epoch],
    );
  }

  /** A no stands, and nothing else: neither pseudonym nor data. */
  async decline(tx: Tx, gate: Buffer, epoch: number): Promise<void> {
    await tx.query(
      `UPDATE permit_gate SET state = 'declined', epoch = $2, pseudonym = NULL, subject = NULL, ends_on = NULL, due_on = NULL,
         changed_on = current_date, foretold = NULL
       WHERE gate_id = $1`,
      [gate, epoch],
    );
  }

  /**
   * @param subject null where the vault made none: the gate then has one from before
   * @param days for which it is open unless it is renewed
   * @returns false where the gate has moved on since its epoch: a withdrawal came between
   */
  async open(
    tx: Tx,
    gate: Buffer,
    epoch: number,
    { pseudonym, subject, days }: { pseudonym: Buffer; subject: Buffer | null; days: number },
  ): Promise<boolean> {
    // Before the row, as everybody does: the other way round two of them would wait for each other.
    tx.send(TURN.alone, [gate]);
    const rows = await tx.query(
      `UPDATE permit_gate SET state = 'open', pseudonym = $3, subject = coalesce($4, subject), changed_on = current_date,
         ends_on = current_date + $5::int, due_on = NULL, foretold = NULL
       WHERE gate_id = $1 AND epoch = $2 AND state = 'opening' RETURNING gate_id`,
      [gate, epoch, pseudonym, subject, days],
    );
    return rows.length === 1;
  }

  /** Of an open gate, which the caller holds. */
  async prolong(tx: Tx, gate: Buffer, days: number): Promise<void> {
    await tx.query(
      'UPDATE permit_gate SET ends_on = current_date + $2::int, foretold = NULL WHERE gate_id = $1',
      [gate, days],
    );
  }

  /** Due on the day on which it was before, else after so many. The caller holds it. @returns the gate as it is then */
  async freeze(tx: Tx, gate: Buffer, epoch: number, eraseAfterDays: number): Promise<Gate> {
    return held(await tx.query<Gate>(FREEZE, [gate, epoch, eraseAfterDays]));
  }

  /** Nothing of the permit stays but the fact that this gate is spent. */
  async destroy(tx: Tx, gate: Buffer): Promise<void> {
    await tx.query(
      `UPDATE permit_gate SET state = 'destroyed', pseudonym = NULL, subject = NULL, ends_on = NULL, due_on = NULL,
         epoch = epoch + 1, changed_on = current_date
       WHERE gate_id = $1 AND state <> 'destroyed'`,
      [gate],
    );
  }
}

function held([gate]: readonly Gate[]): Gate {
  if (!gate) throw new Error('a gate that is held is gone');
  return gate;
}
