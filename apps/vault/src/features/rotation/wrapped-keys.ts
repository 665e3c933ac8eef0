import { setImmediate as nextTurn } from 'node:timers/promises';
import { byteaArray, type Tx } from '@integument/database';
import { ownerOf } from '../factors/index.js';
import type { DomainKeys, SealingDomain } from '../keys/index.js';
import { areThere, countOf, FIRST, type Moved, type Mover, madeOf, type Under, underOf } from './mover.js';

/** A table of data keys that lie under a domain's key. Names come from this file and from nowhere else. */
export interface WrappedTable {
  readonly domain: SealingDomain;
  readonly table: string;
  readonly id: string;
  readonly wrapped: string;
  /** SQL of what else the owner's name is made of */
  readonly beside?: string;
  /** what the key is bound to */
  readonly owner: (id: Buffer, beside: Buffer) => Buffer;
  /** another table, whose rows are gone within minutes */
  readonly passing?: string;
}

const own = (id: Buffer) => id;

export const WRAPPED_TABLES: readonly WrappedTable[] = [
  { domain: 'person', table: 'person', id: 'person_id', wrapped: 'wrapped_key', owner: own },
  {
    domain: 'permit',
    table: 'permit',
    id: 'gate_id',
    wrapped: 'wrapped_key',
    beside: 'pseudonym',
    owner: (_gate, pseudonym) => pseudonym,
  },
  { domain: 'model', table: 'model_key', id: 'model_key_id', wrapped: 'wrapped_key', owner: own },
  { domain: 'evidence', table: 'evidence', id: 'subject', wrapped: 'wrapped_key', owner: own },
  {
    domain: 'factor',
    table: 'factor',
    id: 'factor_id',
    wrapped: 'wrapped',
    beside: 'account',
    owner: (factorId, account) => ownerOf(account, factorId),
    passing: 'factor_enrolment',
  },
  { domain: 'webhook', table: 'webhook_secret', id: 'secret_id', wrapped: 'wrapped', owner: own },
];

interface Row {
  readonly id: Buffer;
  readonly beside: Buffer;
  readonly domain_key: number;
  readonly wrapped: Buffer;
}

/** Rows of one statement. */
const PART = 500;

/** Unwraps each data key and wraps it again: what lies under the data key itself stays as it is. */
export class WrappedKeys implements Mover {
  constructor(
    private readonly of: WrappedTable,
    private readonly keys: DomainKeys,
  ) {}

  count(tx: Tx, to: number): Promise<number> {
    return countOf(tx, `SELECT count(*) FROM ${this.of.table} WHERE domain_key <> $1`, [to]);
  }

  any(tx: Tx, to: number): Promise<boolean> {
    return areThere(tx, `${this.of.table} WHERE domain_key <> $1`, [to]);
  }

  async left(tx: Tx, to: number): Promise<Under[]> {
    const of = (table: string) => {
      const sql = `SELECT domain_key AS version, count(*)::float8 AS rows FROM ${table} WHERE domain_key <> $1 GROUP BY 1`;
      return underOf(tx, sql, to);
    };
    return (await Promise.all(this.tables.map(of))).flat();
  }

  async holds(tx: Tx, version: number): Promise<boolean> {
    for (const table of this.tables) {
      if (await areThere(tx, `${table} WHERE domain_key = $1`, [version])) return true;
    }
    return false;
  }

  async move(tx: Tx, to: number, after: Buffer | null, size: number): Promise<Moved> {
    const { table, id, wrapped, beside = "''::bytea" } = this.of;
    const rows = await tx.query<Row>(
      `SELECT ${id} AS id, ${beside} AS beside, domain_key, ${wrapped} AS wrapped FROM ${table}
       WHERE domain_key <> $1 AND ${id} > $2 ORDER BY ${id} LIMIT $3`,
      [to, after ?? FIRST, size],
    );
    this.keys.demandWarm(rows, rows.length);
    const moved = await this.moveRows(tx, to, rows);
    return { moved, next: rows.length === size ? (rows.at(-1)?.id ?? null) : null };
  }

  private get tables(): string[] {
    const { table, passing } = this.of;
    return passing ? [table, passing] : [table];
  }

  /** In parts: PostgreSQL writes one while the next one is made, and in between requests have their turn. */
  private async moveRows(tx: Tx, to: number, rows: readonly Row[]): Promise<number> {
    const writes: Promise<number>[] = [];
    for (let at = 0; at < rows.length; at += PART) {
      const made = rows.slice(at, at + PART).flatMap((row) => this.rewrapped(row, to));
      const write = made.length > 0 ? this.write(tx, to, made) : Promise.resolve(0);
      // Told to whoever waits for all of them; before that, one that fails is nobody's and would end the process.
      write.catch(() => undefined);
      writes.push(write);
      await nextTurn();
    }
    return (await Promise.all(writes)).reduce((sum, moved) => sum + moved, 0);
  }

  /** Under the version that is written beside it, and no other: which one seals may change in the middle of a batch. */
  private rewrapped(
    { id, beside, domain_key: domainKey, wrapped }: Row,
    to: number,
  ): [Buffer, Buffer, Buffer][] {
    const owner = this.of.owner(id, beside);
    const made = madeOf(() => this.keys.rewrap(this.of.domain, owner, { domainKey, wrapped }));
    return made?.domainKey === to ? [[id, wrapped, made.wrapped]] : [];
  }

  // Only in the place of what was read: a key that was destroyed meanwhile does not come back. Rows are locked one by one and then
  // found again by their place: of a join by their ids planners make a scan of the whole table, for each batch.
  private write(tx: Tx, to: number, rows: readonly [Buffer, Buffer, Buffer][]): Promise<number> {
    const { table, id, wrapped } = this.of;
    return countOf(
      tx,
      `WITH free AS MATERIALIZED (
         SELECT place, made FROM unnest($1::bytea[], $2::bytea[], $3::bytea[]) AS n(id, old, made)
         CROSS JOIN LATERAL (
           SELECT t.ctid AS place FROM ${table} t WHERE t.${id} = n.id AND t.${wrapped} = n.old
           FOR NO KEY UPDATE SKIP LOCKED) AS found),
       moved AS (
         UPDATE ${table} t SET domain_key = $4, ${wrapped} = made FROM free
         WHERE t.ctid = place AND t.ctid = ANY(ARRAY(SELECT place FROM free)) RETURNING 1)
       SELECT count(*) FROM moved`,
      [
        byteaArray(rows.map(([of]) => of)),
        byteaArray(rows.map(([, old]) => old)),
        byteaArray(rows.map(([, , made]) => made)),
        to,
      ],
    );
  }
}
