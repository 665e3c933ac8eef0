import { setTimeout as sleep } from 'node:timers/promises';
import type { AuditEntry } from '@integument/audit-log';
import type { DatabaseInfo, PlatformInfo } from '@integument/testing';
import pg from 'pg';

export type Plane = 'vault' | 'platform';
const PLANES = ['vault', 'platform'] as const;

/** The databases of a running platform as their superuser sees them: what was written, and how to make writing fail. */
export class LogTables {
  private constructor(private readonly clients: Readonly<Record<Plane, pg.Client>>) {}

  static async open({ databases }: PlatformInfo): Promise<LogTables> {
    return new LogTables({
      vault: await connect(databases.vault),
      platform: await connect(databases.platform),
    });
  }

  async close(): Promise<void> {
    await Promise.all(Object.values(this.clients).map((client) => client.end()));
  }

  /** Every entry of one request, staged or in the tree. */
  async entriesOf(plane: Plane, requestId: string): Promise<AuditEntry[]> {
    const needle = Buffer.from(`"requestId":"${requestId}"`);
    return (await this.all(plane)).filter((bytes) => bytes.includes(needle)).map(read);
  }

  /** Entries that say this of their object. */
  async entriesAbout(plane: Plane, object: string): Promise<AuditEntry[]> {
    const needle = Buffer.from(`"object":"${object}"`);
    return (await this.all(plane)).filter((bytes) => bytes.includes(needle)).map(read);
  }

  /** The stored bytes of all entries. */
  async all(plane: Plane): Promise<Buffer[]> {
    const { rows } = await this.clients[plane].query<{ entry: Buffer }>(
      'SELECT entry FROM audit_staging UNION ALL SELECT entry FROM audit_entry',
    );
    return rows.map(({ entry }) => entry);
  }

  /** From here on no entry can be written. The default is what PostgreSQL says when its disk is full. */
  async break(planes: readonly Plane[] = PLANES, sqlState = '53100'): Promise<void> {
    for (const plane of planes) {
      await this.clients[plane].query(`
        CREATE OR REPLACE FUNCTION audit_is_broken() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = '${sqlState}'; END $$;
        CREATE TRIGGER audit_is_broken BEFORE INSERT ON audit_staging EXECUTE FUNCTION audit_is_broken();`);
    }
  }

  async mend(): Promise<void> {
    for (const client of Object.values(this.clients)) {
      await client.query('DROP TRIGGER IF EXISTS audit_is_broken ON audit_staging');
    }
  }

  /** Resolves once the worker has nothing left to do: it would change tables beside what is looked at. */
  async settled(): Promise<void> {
    for (;;) {
      const { rowCount: erasures } = await this.clients.vault.query(
        `SELECT 1 FROM erasure WHERE state <> 'completed' LIMIT 1`,
      );
      const { rowCount: messages } = await this.clients.platform.query('SELECT 1 FROM outbox LIMIT 1');
      if (erasures === 0 && messages === 0) return;
      await sleep(50);
    }
  }

  /**
   * A digest of everything that the databases hold besides the logs: equal before and after what had no effect. That something which
   * is good once was used is none: it stays used, so that a sign-in that fails can't be tried again. Nor are counts of requests, which
   * go by themselves when their time is over.
   */
  async effects(planes: readonly Plane[] = PLANES): Promise<Record<string, string>> {
    const digests: Record<string, string> = {};
    for (const plane of planes) {
      const client = this.clients[plane];
      const { rows } = await client.query<{ name: string }>(
        `SELECT table_name AS name FROM information_schema.tables
         WHERE table_schema = 'public' AND table_type = 'BASE TABLE' AND table_name NOT LIKE 'audit%'
           AND table_name NOT IN ('sign_in_spent', 'rate_count')`,
      );
      for (const { name } of rows) {
        const digest = await client.query<{ digest: string }>(
          `SELECT coalesce(md5(string_agg(t::text, ' ' ORDER BY t::text)), '') AS digest FROM "${name}" t`,
        );
        digests[`${plane}.${name}`] = digest.rows[0]?.digest ?? '';
      }
    }
    return digests;
  }
}

async function connect({ superuserUrl }: DatabaseInfo): Promise<pg.Client> {
  if (superuserUrl === null) throw new Error('the database is not ours to break');
  const client = new pg.Client(superuserUrl);
  await client.connect();
  return client;
}

function read(bytes: Buffer): AuditEntry {
  return JSON.parse(bytes.toString('utf8')) as AuditEntry;
}
