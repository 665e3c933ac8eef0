import type { Tx } from '@integument/database';
import type { IndexKeeper } from '../people/index.js';
import { areThere, FIRST, type Moved, type Mover, type Under, underOf } from './mover.js';

/**
 * Digests of coarse indexes: whoever has some is opened, and all of theirs are made anew. It is people who are counted. Digests of
 * a plan that isn't in force here wait for those who follow a newer one to make, or delete, them.
 */
export class CoarseDigests implements Mover {
  constructor(private readonly keeper: Pick<IndexKeeper, 'countUnderOthers' | 'restamp'>) {}

  count(tx: Tx, to: number): Promise<number> {
    return this.keeper.countUnderOthers(tx, to);
  }

  async any(tx: Tx, to: number): Promise<boolean> {
    return (await this.keeper.countUnderOthers(tx, to)) > 0;
  }

  left(tx: Tx, to: number): Promise<Under[]> {
    const sql = `SELECT index_key AS version, count(DISTINCT person_id)::float8 AS rows FROM person_index
       WHERE index_key <> $1 GROUP BY 1`;
    return underOf(tx, sql, to);
  }

  holds(tx: Tx, version: number): Promise<boolean> {
    return areThere(tx, 'person_index WHERE index_key = $1', [version]);
  }

  async move(tx: Tx, to: number, after: Buffer | null, size: number): Promise<Moved> {
    const { people, last } = await this.keeper.restamp(tx, to, after ?? FIRST, size);
    return { moved: people, next: last };
  }
}
