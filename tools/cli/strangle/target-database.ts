import pg from 'pg';
import { Failure, WrongUse } from '../failure.js';
import { type Environment, secretOf } from '../settings.js';

const VARIABLE = 'INTEGUMENT_TARGET_DATABASE_URL';
/** How long an application that holds a row may hold us up. */
const LOCK_TIMEOUT = '10s';
const TRIES = 5;
/** serialization failure, deadlock, lock not available */
const PASSING = new Set(['40001', '40P01', '55P03']);

export type Values = readonly unknown[];

/** What can be asked of the database in one transaction. */
export interface Statements {
  query<Row extends pg.QueryResultRow>(text: string, values?: Values): Promise<Row[]>;
}

/** The operator's own database, whose values become tokens. One connection: everything is done one by one. */
export class TargetDatabase implements Statements {
  private constructor(private readonly client: pg.Client) {}

  /** @param readOnly the server itself then refuses whatever would change something */
  static async connect(environment: Environment, readOnly: boolean): Promise<TargetDatabase> {
    const connectionString = secretOf(environment, VARIABLE);
    if (connectionString === undefined) {
      throw new WrongUse(`not set in the environment: ${VARIABLE} or ${VARIABLE}_FILE`);
    }
    const client = clientOf(connectionString, readOnly);
    // A connection that is lost is told by the next statement.
    client.on('error', () => undefined);
    try {
      await client.connect();
    } catch (error) {
      throw failureOf(error);
    }
    return new TargetDatabase(client);
  }

  async query<Row extends pg.QueryResultRow>(text: string, values: Values = []): Promise<Row[]> {
    try {
      return (await this.client.query<Row>(text, [...values])).rows;
    } catch (error) {
      throw failureOf(error);
    }
  }

  /** Runs a transaction, again where it only met with another one. */
  async transaction<T>(work: (tx: Statements) => Promise<T>): Promise<T> {
    for (let tries = 1; ; tries++) {
      try {
        await this.query('BEGIN');
        const result = await work(this);
        await this.query('COMMIT');
        return result;
      } catch (error) {
        await this.client.query('ROLLBACK').catch(() => undefined);
        const passes = error instanceof DatabaseFailure && PASSING.has(error.state);
        if (!passes || tries === TRIES) throw error;
      }
    }
  }

  close(): Promise<void> {
    return this.client.end();
  }
}

/** What the database says, without what it was about: its own texts quote values. */
export class DatabaseFailure extends Failure {
  constructor(
    /** SQLSTATE, or what the system calls it */
    readonly state: string,
    constraint: string | undefined,
  ) {
    super(`the target database says ${state}${constraint === undefined ? '' : ` (${constraint})`}`);
  }

  /** A value that this row, and perhaps no other, can't have. */
  get isOfOneRow(): boolean {
    return /^2[23]/.test(this.state);
  }
}

function failureOf(error: unknown): DatabaseFailure {
  const { code, constraint } = error as { code?: string; constraint?: string };
  return new DatabaseFailure(code ?? 'no more: the connection is lost', constraint);
}

function clientOf(connectionString: string, readOnly: boolean): pg.Client {
  const options = `-c lock_timeout=${LOCK_TIMEOUT}${readOnly ? ' -c default_transaction_read_only=on' : ''}`;
  try {
    return new pg.Client({ connectionString, options, application_name: 'integument-strangle' });
  } catch {
    throw new WrongUse(`${VARIABLE} is no URL of a database`);
  }
}
