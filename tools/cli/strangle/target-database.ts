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
    const client = clientOf(connectionString);
    // A connection that is lost is told by the next statement.
    client.on('error', () => undefined);
    try {
      await client.connect();
      for (const setting of settingsOf(readOnly)) await client.query(setting);
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

  /** A value that this row, and perhaps no other, can't have; or what a trigger of the table raises. */
  get isOfOneRow(): boolean {
    return /^2[23]|^P0001$/.test(this.state);
  }
}

function failureOf(error: unknown): DatabaseFailure {
  const { code, constraint } = error as { code?: string; constraint?: string };
  return new DatabaseFailure(code ?? 'no more: the connection is lost', constraint);
}

/** Set once connected: `options` in the URL would take the place of those of the client. */
function settingsOf(readOnly: boolean): string[] {
  return [
    `SET lock_timeout = '${LOCK_TIMEOUT}'`,
    // Rows that a policy hides would stay as they are, and nobody would hear of it: so the server refuses to leave them out.
    'SET row_security = off',
    ...(readOnly ? ['SET default_transaction_read_only = on'] : []),
  ];
}

function clientOf(connectionString: string): pg.Client {
  try {
    return new pg.Client({ connectionString, application_name: 'integument-strangle' });
  } catch {
    throw new WrongUse(`${VARIABLE} is no URL of a database`);
  }
}
