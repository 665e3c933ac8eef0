import type { Tx } from '@integument/database';

/** What time it is. The database's, since processes wait for each other by it. */
export type Clock = (tx: Tx) => Promise<Date>;

export const databaseClock: Clock = async (tx) => {
  const [row] = await tx.query<{ now: Date }>('SELECT clock_timestamp() AS now');
  if (!row) throw new Error('the database has no clock');
  return row.now;
};
