import type { PoolClient } from 'pg';
import type { DataSource } from 'typeorm';
import { NotReady, whenReady } from './not-ready.js';

/** SQL under a name: PostgreSQL parses and plans it once for each connection. */
export interface Statement {
  readonly name: string;
  readonly text: string;
}

/** The caller's open transaction. Every write of a store takes it first, so forgetting it does not compile. */
export interface Tx {
  query<Row = Record<string, unknown>>(
    statement: string | Statement,
    values?: readonly unknown[],
  ): Promise<Row[]>;
}

/** Opens transactions at the edge of the application; see {@link UnitOfWork.run}. */
export class UnitOfWork {
  constructor(private readonly dataSource: DataSource) {}

  /**
   * Runs the work in one READ COMMITTED transaction on the primary and commits it when the work resolves.
   * If the work rejects, everything is rolled back and the rejection passed on. When this resolves, PostgreSQL has
   * acknowledged the commit.
   *
   * Work that throws {@link NotReady} is rolled back, and run again once that is ready: what it changes outside of the transaction,
   * it must be able to change again. No connection is held meanwhile.
   */
  run<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    return whenReady(() => this.attempt(work));
  }

  private async attempt<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    return this.withClient(async (client) => {
      // Sent without waiting: the first statement travels in the same packet. A failed BEGIN fails that statement too.
      const begun = client.query('BEGIN').catch(() => undefined);
      try {
        const result = await work(transaction(client));
        await begun;
        // A transaction in which a statement failed ends in a rollback however it is ended. If the work swallowed that
        // failure, PostgreSQL answers COMMIT without an error, and the caller would take for stored what isn't.
        const { command } = await client.query('COMMIT');
        if (command !== 'COMMIT') throw new Error('a statement failed, so the transaction was rolled back');
        return result;
      } catch (error) {
        await client.query('ROLLBACK').catch(() => undefined);
        throw error;
      }
    });
  }

  /**
   * Runs work that needs exactly one statement, which then is the transaction: one round trip in place of three.
   * A second statement is refused, because it would commit apart from the first. So is {@link NotReady} after it: the statement
   * has taken effect, and would a second time.
   */
  single<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    return whenReady(() => this.withClient((client) => onlyOnce(client, work)));
  }

  private async withClient<T>(work: (client: PoolClient) => Promise<T>): Promise<T> {
    const runner = this.dataSource.createQueryRunner();
    try {
      return await work((await runner.connect()) as PoolClient);
    } finally {
      await runner.release();
    }
  }
}

async function onlyOnce<T>(client: PoolClient, work: (tx: Tx) => Promise<T>): Promise<T> {
  let spent = false;
  try {
    return await work({
      query: (statement, values) => {
        if (spent) throw new Error('a second statement inside UnitOfWork.single');
        spent = true;
        return transaction(client).query(statement, values);
      },
    });
  } catch (error) {
    throw spent && error instanceof NotReady ? error.otherwise() : error;
  }
}

function transaction(client: PoolClient): Tx {
  return {
    async query<Row>(statement: string | Statement, values: readonly unknown[] = []): Promise<Row[]> {
      const query = typeof statement === 'string' ? { text: statement } : { ...statement };
      const result = await client.query({ ...query, values: values as unknown[] });
      return result.rows as Row[];
    },
  };
}
