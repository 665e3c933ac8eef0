import { DataSource, type DataSourceOptions, type MigrationInterface } from 'typeorm';

export interface DatabaseOptions {
  /** postgres:// URL */
  readonly url: string;
  /** connections at most */
  readonly poolSize: number;
  /** shown in pg_stat_activity */
  readonly applicationName: string;
  /** PostgreSQL ends a connection whose transaction does nothing for so long, and the transaction with it; milliseconds */
  readonly idleInTransactionMs?: number;
  /** how long work waits for a connection; 5,000 milliseconds when absent */
  readonly connectionMs?: number;
  readonly migrations: readonly (new () => MigrationInterface)[];
}

/** What a day is: `current_date` is otherwise that of the server, and the apps reckon in UTC. */
const IN_UTC = '-c TimeZone=UTC';

/** A fixed number, so that two processes starting together migrate one after the other. */
const MIGRATION_LOCK = 7_220_453_016;

/** Opens the pool. Does not migrate. */
export async function openDatabase({
  migrations,
  idleInTransactionMs,
  ...pool
}: DatabaseOptions): Promise<DataSource> {
  const client = { ...(idleInTransactionMs && { idle_in_transaction_session_timeout: idleInTransactionMs }) };
  return connect(pool, { migrations: [...migrations], migrationsTableName: 'migration' }, client);
}

/**
 * Opens a pool that can only read, for work that must not take the app's own connections or time from it.
 * @param limits.statementMs PostgreSQL ends a statement that takes longer, with SQLSTATE 57014
 */
export async function openReaders(
  pool: Omit<DatabaseOptions, 'idleInTransactionMs' | 'migrations'>,
  { statementMs }: { statementMs: number },
): Promise<DataSource> {
  const options = `${IN_UTC} -c default_transaction_read_only=on`;
  return connect(pool, {}, { statement_timeout: statementMs, options });
}

function connect(
  {
    url,
    poolSize,
    applicationName,
    connectionMs = 5_000,
  }: Omit<DatabaseOptions, 'idleInTransactionMs' | 'migrations'>,
  migrating: Pick<DataSourceOptions, 'migrations' | 'migrationsTableName'>,
  client: object = {},
): Promise<DataSource> {
  const dataSource = new DataSource({
    type: 'postgres',
    url,
    poolSize,
    applicationName,
    ...migrating,
    migrationsTransactionMode: 'each',
    synchronize: false,
    logging: false,
    uuidExtension: 'pgcrypto',
    // Statements of one transaction are sent without waiting for each other's answer.
    extra: {
      pipeline: true,
      connectionTimeoutMillis: connectionMs,
      idleTimeoutMillis: 30_000,
      options: IN_UTC,
      ...client,
    },
  });
  return dataSource.initialize();
}

/** Runs what is missing, one process at a time. */
export async function migrate(dataSource: DataSource): Promise<void> {
  const runner = dataSource.createQueryRunner();
  try {
    await runner.query('SELECT pg_advisory_lock($1)', [MIGRATION_LOCK]);
    try {
      await dataSource.runMigrations();
    } finally {
      await runner.query('SELECT pg_advisory_unlock($1)', [MIGRATION_LOCK]);
    }
  } finally {
    await runner.release();
  }
}
