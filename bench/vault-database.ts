import { migrate, openDatabase } from '@integument/database';
import type { DatabaseInfo } from '@integument/testing';
import pg from 'pg';
import { platformMigrations } from '../apps/api/src/migrations/index.js';
import { vaultMigrations } from '../apps/vault/src/migrations/index.js';

/**
 * An empty twin of the vault's database, on the same server, of the same owner, with the same tables, indexes and
 * constraints: what raw statements write here costs PostgreSQL what the vault's own do. @returns its URL
 */
export async function twinOfVaultDatabase(vault: DatabaseInfo, name: string): Promise<string> {
  const url = await emptyVaultDatabase(vault, name);
  // What people refer to.
  await query(url, `INSERT INTO domain_key (domain, version, wrapped) VALUES ('person', 1, '')`);
  return url;
}

/** The same as the vault finds it at its first start. @returns its URL */
export function emptyVaultDatabase(vault: DatabaseInfo, name: string): Promise<string> {
  return emptyDatabase(vault, name, vaultMigrations);
}

/** The same of the data plane's. */
export function emptyPlatformDatabase(platform: DatabaseInfo, name: string): Promise<string> {
  return emptyDatabase(platform, name, platformMigrations);
}

async function emptyDatabase(
  there: DatabaseInfo,
  name: string,
  migrations: typeof vaultMigrations,
): Promise<string> {
  const url = new URL(there.url);
  const owner = pg.escapeIdentifier(url.username);
  await query(there.superuserUrl ?? there.url, `CREATE DATABASE ${pg.escapeIdentifier(name)} OWNER ${owner}`);
  url.pathname = `/${name}`;
  const options = { url: url.href, poolSize: 2, applicationName: 'bench', migrations };
  const database = await openDatabase(options);
  await migrate(database);
  await database.destroy();
  return url.href;
}

/** Waits until the audit log holds all that was staged, so that this work doesn't go on under another measurement. */
export async function auditIsIntegrated(vault: DatabaseInfo): Promise<void> {
  const client = new pg.Client(vault.url);
  await client.connect();
  try {
    for (let waiting = true; waiting; ) {
      const { rows } = await client.query<{ waiting: boolean }>(
        'SELECT EXISTS (SELECT FROM audit_staging) AS waiting',
      );
      waiting = rows[0]?.waiting === true;
      if (waiting) await new Promise((resolve) => setTimeout(resolve, 50));
    }
  } finally {
    await client.end();
  }
}

const BYTES_EACH = `
  SELECT (SELECT avg(octet_length(wrapped_key) + octet_length(subject)) FROM person) AS person,
         (SELECT avg(octet_length(pseudonym) + octet_length(client_id)) FROM client_pseudonym) AS pseudonym,
         (SELECT avg(octet_length(sealed)) FROM identity_value) AS sealed,
         (SELECT avg(octet_length(digest)) FROM identity_value) AS digest,
         (SELECT count(digest)::numeric / count(*) FROM identity_value) AS digests,
         (SELECT count(*)::numeric / (SELECT count(*) FROM person) FROM identity_value) AS values,
         (SELECT avg(octet_length(entry)) FROM (SELECT entry FROM audit_staging UNION ALL SELECT entry FROM audit_entry) e
           WHERE convert_from(entry, 'UTF8') LIKE '%"people.enrol"%') AS entry`;

const TOKEN_BYTES_EACH = `
  SELECT avg(octet_length(token)) AS token, avg(octet_length(field) + octet_length(domain)) AS names,
         avg(octet_length(sealed)) AS sealed, count(domain_key)::numeric / count(*) AS keys FROM token`;

/** @throws if what stands for a person in one of the two databases is more than in the other */
export async function refuseUnequalRows(vault: string, twin: string): Promise<void> {
  await refuseUnequal(vault, twin, BYTES_EACH);
}

/** @throws if what stands for a token in one of the two databases is more than in the other */
export async function refuseUnequalTokens(vault: string, twin: string, ofPeople: boolean): Promise<void> {
  await refuseUnequal(
    vault,
    twin,
    `${TOKEN_BYTES_EACH} WHERE person_id IS ${ofPeople ? 'NOT NULL' : 'NULL'}`,
  );
}

async function refuseUnequal(vault: string, twin: string, bytes: string): Promise<void> {
  const [app, raw] = await Promise.all([query(vault, bytes), query(twin, bytes)]);
  const unequal = Object.keys(app).filter(
    (name) => app[name] !== raw[name] && !(Math.abs(Number(app[name]) / Number(raw[name]) - 1) <= 0.02),
  );
  if (unequal.length === 0) return;
  const lines = unequal.map((name) => `${name}: ${String(app[name])} in the vault, ${String(raw[name])} raw`);
  throw new Error(`the limit does not write the same bytes: ${lines.join('; ')}`);
}

/** People of whom nothing is known, for raw rows to refer to. */
export async function addPeople(twin: string, count: number): Promise<void> {
  await query(
    twin,
    `INSERT INTO person (person_id, domain_key, wrapped_key, subject)
     SELECT uuid_send(gen_random_uuid()), 1, decode(repeat('00', 77), 'hex'), sha256(int8send(n))
     FROM generate_series(1, ${count}) AS n`,
  );
}

async function query(url: string, sql: string): Promise<Record<string, unknown>> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows[0] ?? {};
  } finally {
    await client.end();
  }
}
