import { migrate, migration, openDatabase, type Tx, UnitOfWork } from '@integument/database';
import { FixedClock, freshEmptyDatabase } from '@integument/testing';
import pg from 'pg';
import { z } from 'zod';
import { auditAlertsSchemaSql } from '../alerts/alerts-schema.js';
import {
  generateNoteKey,
  NoteSigner,
  type VerifyOptions,
  type VerifyReport,
  verifyExport,
} from '../core/index.js';
import { type AuditEntry, defineAction } from '../entry.js';
import { auditAnchorSchemaSql } from './anchor-schema.js';
import { auditArchiveSchemaSql } from './archive-schema.js';
import { AuditLog } from './audit-log.js';
import { AuditReader } from './audit-reader.js';
import { auditSchemaSql } from './audit-schema.js';
import { auditIndexSchemaSql } from './entry-index-schema.js';
import { auditFollowerSchemaSql } from './follower-schema.js';
import { Integrator, type IntegratorOptions } from './integrator.js';
import { TreeReader } from './tree-reader.js';
import { auditTreeSchemaSql } from './tree-schema.js';

/** Every table of a log, in the order in which migrations made them. */
const SCHEMA = [
  auditSchemaSql,
  auditFollowerSchemaSql,
  auditTreeSchemaSql,
  auditIndexSchemaSql,
  auditAnchorSchemaSql,
  auditAlertsSchemaSql,
  auditArchiveSchemaSql,
].join('\n');

export const counted = defineAction('tests.count', z.object({ n: z.int(), writer: z.int().optional() }));

/** An entry that can be told from others. */
export function entry(n: number, writer?: number) {
  return counted({ outcome: 'done', actor: { kind: 'system', id: 'test' }, details: { n, writer } });
}

/** What the n-th of the entries from {@link TestLog.fill} holds. */
export function filledEntry(n: number): Uint8Array {
  return Buffer.from(`{"v":1,"n":${n}}`);
}

class RolledBack extends Error {}

/** A log in a database of its own, on the run's PostgreSQL, opened as an app does: no superuser. */
export class TestLog {
  readonly clock = new FixedClock();
  readonly audit = new AuditLog(this.clock.now);
  readonly reader: AuditReader;
  readonly tree: TreeReader;
  /** the key as text, for other processes */
  readonly pair = generateNoteKey('test.example/audit');
  readonly vkey = this.pair.vkey;
  readonly signer = NoteSigner.parse(this.pair.skey);

  private constructor(
    readonly unitOfWork: UnitOfWork,
    readonly url: string,
    readonly superuserUrl: string,
    readonly drop: () => Promise<void>,
  ) {
    this.reader = new AuditReader(unitOfWork);
    this.tree = new TreeReader(unitOfWork);
  }

  static async open(): Promise<TestLog> {
    const database = await freshEmptyDatabase();
    const dataSource = await openDatabase({
      url: database.url,
      poolSize: 12,
      applicationName: 'audit-log tests',
      migrations: [migration(1, 'audit', SCHEMA)],
    });
    await migrate(dataSource);
    return new TestLog(new UnitOfWork(dataSource), database.url, database.superuserUrl, async () => {
      await dataSource.destroy();
      await database.drop();
    });
  }

  integrator(options: Partial<IntegratorOptions> = {}): Integrator {
    const onError = (error: unknown) => {
      throw error;
    };
    return new Integrator({
      unitOfWork: this.unitOfWork,
      signer: this.signer,
      clock: this.clock.now,
      onError,
      ...options,
    });
  }

  /** Appends entries with these numbers in one transaction. */
  append(...numbers: number[]): Promise<void> {
    return this.unitOfWork.run((tx) => this.audit.append(tx, ...numbers.map((n) => entry(n))));
  }

  /** Stages many entries at once; {@link filledEntry} says what each holds. */
  async fill(from: number, end: number): Promise<void> {
    await this.unitOfWork.single((tx) =>
      tx.query(
        `INSERT INTO audit_staging (entry)
         SELECT convert_to('{"v":1,"n":' || n || '}', 'UTF8') FROM generate_series($1::bigint, $2::bigint - 1) AS n`,
        [from, end],
      ),
    );
  }

  /** A transaction that has done its work and stays open until it is ended. */
  async hold(
    work: (tx: Tx) => Promise<void>,
  ): Promise<{ end: (how: 'commit' | 'rollback') => Promise<void> }> {
    const worked = deferred<void>();
    const ended = deferred<'commit' | 'rollback'>();
    const finished = this.unitOfWork
      .run(async (tx) => {
        await work(tx);
        worked.resolve();
        if ((await ended.promise) === 'rollback') throw new RolledBack();
      })
      .catch((error: unknown) => {
        if (!(error instanceof RolledBack)) throw error;
      });
    await Promise.race([worked.promise, finished]);
    return {
      end: (how) => {
        ended.resolve(how);
        return finished;
      },
    };
  }

  /** The numbers of all integrated entries in their order. */
  async numbers(): Promise<number[]> {
    return (await this.details()).map(({ n }) => n);
  }

  async details(): Promise<{ n: number; writer?: number }[]> {
    const found: AuditEntry[] = [];
    for (let after: number | null = null; ; ) {
      const page = await this.reader.page({ after, limit: 1_000 });
      found.push(...page.entries.map(({ entry }) => entry as AuditEntry));
      if (page.next === null) return found.map(({ details }) => details as { n: number; writer?: number });
      after = page.next;
    }
  }

  /** @param reader another one than the log's own, as on the connection of somebody else's transaction */
  async exported(reader = this.reader): Promise<string> {
    let text = '';
    for await (const chunk of reader.exportNdjson()) text += chunk;
    return text;
  }

  async verify(options?: VerifyOptions, reader = this.reader): Promise<VerifyReport> {
    return verifyExport([Buffer.from(await this.exported(reader))], this.vkey, options);
  }

  /** What a database superuser does who wants to change the log. */
  tamper(sql: string, values: unknown[] = []): Promise<void> {
    const tables = ['entry', 'checkpoint', 'head', 'node', 'key', 'archive', 'leaf_tile'];
    return this.superuser(
      sql,
      values,
      tables.map((table) => `ALTER TABLE audit_${table} DISABLE TRIGGER ALL`).join(';'),
    );
  }

  async superuser(sql: string, values: unknown[] = [], before = ''): Promise<void> {
    const client = new pg.Client(this.superuserUrl);
    await client.connect();
    try {
      await client.query(before);
      await client.query(sql, values);
    } finally {
      await client.end();
    }
  }

  /** A new log in place of the old one: faster than a new database. */
  async reset(): Promise<void> {
    await this.unitOfWork.single((tx) =>
      tx.query(`DROP SCHEMA public CASCADE; CREATE SCHEMA public; ${SCHEMA}`),
    );
  }
}

function deferred<T>(): { promise: Promise<T>; resolve: (value: T) => void } {
  let resolve: (value: T) => void = () => undefined;
  const promise = new Promise<T>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}
