import { type GateId, OPT_OUT_BUSINESS_DAYS, type OptOutKind, type PurposeName } from '@integument/contracts';
import { decodeId, encodeId } from '@integument/crypto';
import { byteaArray, type Tx, type UnitOfWork } from '@integument/database';
import { businessDaysAfter, holidaysOfTheUnitedStates } from './business-days.js';

export const optOutClocksSql = `
-- How long an opt-out may take until its last recipient has heard of it. One for each gate that it closed or declined.
CREATE TABLE opt_out_clock (
  gate_id     bytea NOT NULL CONSTRAINT opt_out_clock_gate REFERENCES permit_gate,
  kind        text NOT NULL CONSTRAINT opt_out_clock_kind CHECK (kind IN ('sale-or-sharing', 'limit-use')),
  received_on date NOT NULL,
  due_on      date NOT NULL,
  done_on     date,
  CONSTRAINT opt_out_clock_pk PRIMARY KEY (gate_id, kind)
);
CREATE INDEX opt_out_clock_running ON opt_out_clock (due_on) WHERE done_on IS NULL;
`;

export interface OptOutClock {
  readonly gate_id: Buffer;
  readonly kind: OptOutKind;
  readonly received_on: string;
  readonly due_on: string;
  readonly done_on: string | null;
  /** a year after receipt */
  readonly not_asked_before: string;
}

export interface OverdueOptOuts {
  readonly kind: OptOutKind;
  readonly purpose: PurposeName;
  readonly receivedOn: string;
  readonly dueOn: string;
  readonly count: number;
}

/** In how many business days of the United States an opt-out is due, whatever day it is. */
export class OptOutClocks {
  #isHoliday: ReturnType<typeof holidaysOfTheUnitedStates> | undefined;

  constructor(private readonly now: () => Date = () => new Date()) {}

  /** An opt-out made again, after something was allowed in between, is received anew. */
  async start(tx: Tx, gate: Buffer, kind: OptOutKind): Promise<void> {
    this.#isHoliday ??= holidaysOfTheUnitedStates();
    const today = this.now().toISOString().slice(0, 10);
    const due = businessDaysAfter(today, OPT_OUT_BUSINESS_DAYS, await this.#isHoliday);
    await tx.query(
      `INSERT INTO opt_out_clock (gate_id, kind, received_on, due_on) VALUES ($1, $2, $3, $4)
       ON CONFLICT ON CONSTRAINT opt_out_clock_pk
       DO UPDATE SET received_on = EXCLUDED.received_on, due_on = EXCLUDED.due_on, done_on = NULL`,
      [gate, kind, today, due],
    );
  }

  async findOf(tx: Tx, gates: readonly Buffer[]): Promise<OptOutClock[]> {
    return tx.query<OptOutClock>(
      `SELECT gate_id, kind, received_on::text, due_on::text, done_on::text,
         (received_on + interval '1 year')::date::text AS not_asked_before
       FROM opt_out_clock WHERE gate_id = ANY($1)`,
      [gates],
    );
  }

  async findOverdue(tx: Tx): Promise<OverdueOptOuts[]> {
    return tx.query<OverdueOptOuts>(
      `SELECT c.kind, g.purpose, c.received_on::text AS "receivedOn", c.due_on::text AS "dueOn", count(*)::int AS count
       FROM opt_out_clock c JOIN permit_gate g USING (gate_id)
       WHERE c.done_on IS NULL AND c.due_on < $1 GROUP BY 1, 2, 3, 4 ORDER BY 4, 1, 2 LIMIT 1000`,
      [this.now().toISOString().slice(0, 10)],
    );
  }

  /**
   * Stops the clocks of what every recipient has heard of.
   * @param heard of some gates, those of which they have
   * @returns how many were stopped
   */
  async stop(
    unitOfWork: UnitOfWork,
    heard: (gates: GateId[]) => Promise<readonly string[]>,
  ): Promise<number> {
    let stopped = 0;
    for (let after: Buffer = Buffer.alloc(0); ; ) {
      const some = await unitOfWork.single((tx) => this.findRunning(tx, after));
      const last = some.at(-1);
      if (!last) return stopped;
      const told = await heard(some.map((gate) => encodeId('gat', gate) as GateId));
      if (told.length > 0)
        stopped += await unitOfWork.single((tx) =>
          this.markDone(
            tx,
            told.map((gate) => decodeId('gat', gate as GateId)),
          ),
        );
      after = last;
    }
  }

  private async findRunning(tx: Tx, after: Buffer): Promise<Buffer[]> {
    const rows = await tx.query<{ gate_id: Buffer }>(
      `SELECT DISTINCT gate_id FROM opt_out_clock WHERE done_on IS NULL AND gate_id > $1 ORDER BY gate_id LIMIT 1000`,
      [after],
    );
    return rows.map(({ gate_id }) => gate_id);
  }

  private async markDone(tx: Tx, gates: readonly Buffer[]): Promise<number> {
    const rows = await tx.query(
      `WITH done AS (
         UPDATE opt_out_clock SET done_on = current_date WHERE done_on IS NULL AND gate_id = ANY($1::bytea[]) RETURNING gate_id)
       SELECT gate_id FROM done`,
      [byteaArray(gates)],
    );
    return rows.length;
  }
}
