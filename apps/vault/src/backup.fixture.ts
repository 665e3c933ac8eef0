import { openDatabase, UnitOfWork } from '@integument/database';
import { freshDatabases } from '@integument/testing';
import type { DataSource } from 'typeorm';
import type { Keyring } from './features/keyring/index.js';
import { DomainKeys, LiveIndex } from './features/keys/index.js';
import { KeysStore } from './features/keys/keys.store.js';
import { PersonSealer } from './features/people/sealed-person.js';
import type { TestVault } from './vault.fixture.js';

const TABLES = ['domain_key', 'person', 'identity_value'];

interface SealedRow {
  readonly person_id: Buffer;
  readonly domain_key: number;
  readonly wrapped_key: Buffer;
  readonly subject: Buffer;
  readonly field: string;
  readonly sealed: Buffer;
}

/** A copy of the tables, put into a database of its own as after a disaster. */
export async function backUp(vault: TestVault) {
  const texts = await Promise.all(
    TABLES.map(async (table) => {
      const sql = `SELECT coalesce(json_agg(t), '[]')::text AS text FROM ${table} t`;
      const [row] = await vault.query<{ text: string }>(sql);
      return { table, text: row?.text ?? '[]' };
    }),
  );
  return async () => {
    const { vaultUrl: url, drop } = await freshDatabases();
    const dataSource = await openDatabase({ url, poolSize: 2, applicationName: 'restored', migrations: [] });
    for (const { table, text } of texts) {
      await dataSource.query(
        `INSERT INTO ${table} OVERRIDING SYSTEM VALUE SELECT * FROM json_populate_recordset(NULL::${table}, $1::json)`,
        [text],
      );
    }
    const close = async () => {
      await dataSource.destroy();
      await drop();
    };
    return { dataSource, close };
  };
}

/** Everybody's addresses in a database, restored or not, by the keyring as it is now. */
export async function addressesIn(keyring: Keyring, dataSource: DataSource) {
  const never = { demand: () => undefined };
  const keys = new DomainKeys(keyring, new KeysStore(), new UnitOfWork(dataSource), never);
  await keys.load();
  const sealer = new PersonSealer(keys, new LiveIndex(keys));
  const rows = await dataSource.query<SealedRow[]>(
    `SELECT person_id, domain_key, wrapped_key, subject, field, sealed FROM person JOIN identity_value USING (person_id)`,
  );
  return rows.map((row) => {
    const values = [{ field: 'email' as const, sealed: row.sealed, digest: null, indexKey: null }];
    const person = { personId: row.person_id, domainKey: row.domain_key, wrapped: row.wrapped_key };
    return sealer.open({ ...person, subject: row.subject, values }, ['email']).email;
  });
}
