import type { Tx } from '@integument/database';

export interface ConsentEventRow {
  readonly kind: 'given' | 'renewed' | 'withdrawn';
  readonly on_day: string;
  readonly notice: Buffer | null;
}

export class ConsentStore {
  async append(
    tx: Tx,
    gate: Buffer,
    epoch: number,
    kind: ConsentEventRow['kind'],
    notice: Buffer | null,
  ): Promise<void> {
    await tx.query('INSERT INTO consent_event (gate_id, epoch, kind, notice) VALUES ($1, $2, $3, $4)', [
      gate,
      epoch,
      kind,
      notice,
    ]);
  }

  async findAll(tx: Tx, gate: Buffer): Promise<ConsentEventRow[]> {
    return tx.query<ConsentEventRow>(
      'SELECT kind, on_day::text, notice FROM consent_event WHERE gate_id = $1 ORDER BY epoch',
      [gate],
    );
  }
}
