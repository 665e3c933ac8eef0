import type { Writable } from 'node:stream';
import type { PoolClient } from 'pg';
import type { DataSource } from 'typeorm';
import { isAnswer, lost } from './away.js';
import { noConnection } from './no-connection.js';
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
  /**
   * Sends a statement whose rows nobody reads, without waiting for its answer: one round trip less. If it fails nothing is committed,
   * and the unit of work rejects with its error.
   */
  send(statement: string | Statement, values?: readonly unknown[]): void;
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
      together(client);
      const begun = client.query('BEGIN').catch(() => undefined);
      const sent: Promise<unknown>[] = [];
      try {
        const result = await work(transaction(client, sent));
        // A transaction in which a statement failed ends in a rollback however it is ended. If the work swallowed that
        // failure, or what was sent has failed, PostgreSQL answers COMMIT without an error, and the caller would take for
        // stored what isn't.
        together(client);
        const { command } = await client.query('COMMIT');
        if (!(await begun) || command !== 'COMMIT')
          throw new Error('a statement failed, so the transaction was rolled back');
        return result;
      } catch (error) {
        const isGone = await client.query('ROLLBACK').then(
          () => false,
          () => true,
        );
        const first = await refuseFailed(sent).then(
          () => error,
          (failed: unknown) => failed,
        );
        throw isGone ? lost(first) : first;
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
      return await work((await runner.connect().catch(refuseLost)) as PoolClient);
    } finally {
      await runner.release();
    }
  }
}

async function onlyOnce<T>(client: PoolClient, work: (tx: Tx) => Promise<T>): Promise<T> {
  let spent = false;
  const sent: Promise<unknown>[] = [];
  const spend = () => {
    if (spent) throw new Error('a second statement inside UnitOfWork.single');
    spent = true;
    return transaction(client, sent);
  };
  try {
    const result = await work({
      query: (statement, values) => spend().query(statement, values),
      send: (statement, values) => spend().send(statement, values),
    });
    await refuseFailed(sent);
    return result;
  } catch (error) {
    if (!spent) throw error;
    if (error instanceof NotReady) throw error.otherwise();
    // What the statement did is done, whatever failed behind it.
    throw isAnswer(error) ? error : lost(error);
  }
}

function refuseLost(error: unknown): never {
  throw lost(noConnection(error));
}

function transaction(client: PoolClient, sent: Promise<unknown>[]): Tx {
  const run = (statement: string | Statement, values: readonly unknown[] = []) => {
    together(client);
    const query = typeof statement === 'string' ? { text: statement } : { ...statement };
    return client.query({ ...query, values: values as unknown[] });
  };
  return {
    async query<Row>(statement: string | Statement, values?: readonly unknown[]): Promise<Row[]> {
      return (await run(statement, values)).rows as Row[];
    },
    send(statement, values) {
      const answered = run(statement, values);
      // Asked for at the end; until then, one that fails is nobody's and would end the process.
      answered.catch(() => undefined);
      sent.push(answered);
    },
  };
}

/** What is sent in the same moment leaves in one system call, which costs more than what it sends. */
function together(client: PoolClient): void {
  // Not in its types; without it each statement travels alone.
  const { stream } = (client as unknown as { readonly connection: { readonly stream: Writable } }).connection;
  stream.cork();
  process.nextTick(() => stream.uncork());
}

/** What came after a failed statement says only that one had failed: this says which. @throws its error */
async function refuseFailed(sent: readonly Promise<unknown>[]): Promise<void> {
  await Promise.all(sent);
}
