import type { OptOutKind, OptOutView, PurposeName } from '@integument/contracts';
import { byteaArray, int4Array, type Tx, textArray } from '@integument/database';

/** An opt-out as it was received: one day for all purposes that it concerns. */
export interface ReceivedOptOut {
  readonly kind: OptOutKind;
  readonly on: string;
  readonly dueOn: string;
}

export interface OptOutClock {
  readonly gate_id: Buffer;
  readonly kind: OptOutKind;
  readonly due_on: string;
  readonly done_on: string | null;
  readonly not_asked_before: string;
}

/** As the person is told of it, and where there is none. */
export function timesOf(
  clock: OptOutClock | undefined,
): Pick<OptOutView['purposes'][number], 'doneOn' | 'dueOn' | 'notAskedBefore'> {
  return {
    dueOn: clock?.due_on ?? null,
    doneOn: clock?.done_on ?? null,
    notAskedBefore: clock?.not_asked_before ?? null,
  };
}

/** One that no end is known of. */
export interface RunningClock {
  readonly gate_id: Buffer;
  readonly kind: OptOutKind;
  readonly epoch: number;
}

export interface OverdueOptOuts {
  readonly kind: OptOutKind;
  readonly purpose: PurposeName;
  readonly receivedOn: string;
  readonly dueOn: string;
  readonly state: 'lost' | 'waiting';
  readonly count: number;
}

// A year, and the day by which the day of receipt can have been another one where they are.
const CLOCK = `gate_id, kind, due_on::text, done_on::text,
  (received_on + interval '1 year 1 day')::date::text AS not_asked_before`;

export class OptOutClocksStore {
  /** The caller holds the gate. @returns the clock that stands: one that stood before goes on */
  async start(
    tx: Tx,
    { gate_id, epoch }: Pick<RunningClock, 'epoch' | 'gate_id'>,
    { kind, on, dueOn }: ReceivedOptOut,
  ): Promise<OptOutClock> {
    const rows = await tx.query<OptOutClock>(
      `INSERT INTO opt_out_clock (gate_id, kind, epoch, received_on, due_on) VALUES ($1, $2, $3, $4, $5)
       ON CONFLICT ON CONSTRAINT opt_out_clock_pk DO UPDATE SET epoch = opt_out_clock.epoch RETURNING ${CLOCK}`,
      [gate_id, kind, epoch, on, dueOn],
    );
    const [clock] = rows;
    if (!clock) throw new Error('a clock that did not start');
    return clock;
  }

  async findOf(tx: Tx, gates: readonly Buffer[]): Promise<OptOutClock[]> {
    return tx.query<OptOutClock>(`SELECT ${CLOCK} FROM opt_out_clock WHERE gate_id = ANY($1::bytea[])`, [
      byteaArray(gates),
    ]);
  }

  async findOverdue(tx: Tx, today: string): Promise<OverdueOptOuts[]> {
    return tx.query<OverdueOptOuts>(
      `SELECT c.kind, g.purpose, c.received_on::text AS "receivedOn", c.due_on::text AS "dueOn",
         CASE WHEN c.lost_on IS NULL THEN 'waiting' ELSE 'lost' END AS state, count(*)::int AS count
       FROM opt_out_clock c JOIN permit_gate g USING (gate_id)
       WHERE c.done_on IS NULL AND c.due_on < $1 GROUP BY 1, 2, 3, 4, 5 ORDER BY 4, 1, 2, 5 LIMIT 1000`,
      [today],
    );
  }

  /** Some of them in the order of their names, behind one of those. */
  async findRunning(tx: Tx, after: RunningClock | null, most: number): Promise<RunningClock[]> {
    return tx.query<RunningClock>(
      `SELECT gate_id, kind, epoch FROM opt_out_clock
       WHERE done_on IS NULL AND lost_on IS NULL AND (gate_id, kind) > ($1, $2) ORDER BY gate_id, kind LIMIT $3`,
      [after?.gate_id ?? Buffer.alloc(0), after?.kind ?? '', most],
    );
  }

  /** Those that nobody ended, or started anew, since they were found. @returns how many */
  async end(
    tx: Tx,
    how: 'done_on' | 'lost_on',
    clocks: readonly RunningClock[],
    today: string,
  ): Promise<number> {
    const rows = await tx.query(
      `UPDATE opt_out_clock c SET ${how} = $1
       FROM unnest($2::bytea[], $3::text[], $4::int4[]) AS ended (gate_id, kind, epoch)
       WHERE c.gate_id = ended.gate_id AND c.kind = ended.kind AND c.epoch = ended.epoch
         AND c.done_on IS NULL AND c.lost_on IS NULL RETURNING c.gate_id`,
      [
        today,
        byteaArray(clocks.map(({ gate_id }) => gate_id)),
        textArray(clocks.map(({ kind }) => kind)),
        int4Array(clocks.map(({ epoch }) => epoch)),
      ],
    );
    return rows.length;
  }
}
