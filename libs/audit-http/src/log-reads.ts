import { CodedError } from '@integument/contracts';
import { openReaders, type Tx, UnitOfWork } from '@integument/database';
import type { OnModuleDestroy } from '@nestjs/common';
import type { DataSource } from 'typeorm';

export interface LogReadsOptions {
  readonly url: string;
  readonly applicationName: string;
  /** connections at most; default 4 */
  readonly poolSize?: number;
  /** milliseconds that a statement may take; default 30,000 */
  readonly statementMs?: number;
}

const ARE_LIMITED = `
  SELECT current_setting('default_transaction_read_only') = 'on'
    AND (SELECT setting::bigint FROM pg_settings WHERE name = 'statement_timeout') = $1::bigint AS limited`;

/**
 * Connections of their own for whoever reads the log: an auditor's heavy question, or strangers at the public tiles, must not
 * keep people waiting. They can write nothing, and no statement on them goes on for ever.
 */
export class LogReads extends UnitOfWork implements OnModuleDestroy {
  private constructor(private readonly readers: DataSource) {
    super(readers);
  }

  /** @throws where the URL sets other limits */
  static async open({ poolSize = 4, statementMs = 30_000, ...database }: LogReadsOptions): Promise<LogReads> {
    const reads = new LogReads(await openReaders({ ...database, poolSize }, { statementMs }));
    // A URL with options of its own wins over what was asked for.
    const [row] = await reads.single((tx) => tx.query<{ limited: boolean }>(ARE_LIMITED, [statementMs]));
    if (row?.limited === true) return reads;
    await reads.onModuleDestroy();
    throw new Error('the database URL takes away the limits of those who read the log');
  }

  /** @throws {CodedError} `audit.read_too_long`, `server.busy` */
  override run<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    return super.run(work).catch(refuse);
  }

  /** @throws {CodedError} `audit.read_too_long`, `server.busy` */
  override single<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    return super.single(work).catch(refuse);
  }

  async onModuleDestroy(): Promise<void> {
    await this.readers.destroy();
  }
}

function refuse(error: unknown): never {
  const { code, message } = error as { code?: unknown; message?: unknown };
  if (code === '57014') {
    throw new CodedError('audit.read_too_long', 503, 'This took too long to read. Ask for a shorter time.', {
      cause: error,
    });
  }
  // The pool's own words: it gives no code.
  if (message === 'timeout exceeded when trying to connect') {
    throw new CodedError('server.busy', 503, 'Too much of the log is being read. Try again soon.', {
      headers: { 'retry-after': '5' },
      cause: error,
    });
  }
  throw error;
}
