import { setTimeout as sleep } from 'node:timers/promises';
import type { PlatformInfo } from '@integument/testing';
import pg from 'pg';

type Database = keyof PlatformInfo['databases'];

/** Work that is accepted and not yet carried out. All of it must end by itself. */
const UNFINISHED: readonly (readonly [Database, what: string, sql: string])[] = [
  ['platform', 'messages in the outbox', 'SELECT count(*) FROM outbox'],
  ['platform', 'gates left opening', "SELECT count(*) FROM permit_gate WHERE state = 'opening'"],
  ['platform', 'audit entries to integrate', 'SELECT count(*) FROM audit_staging'],
  ['vault', 'audit entries to integrate', 'SELECT count(*) FROM audit_staging'],
  ['vault', 'erasures', "SELECT count(*) FROM erasure WHERE state <> 'completed'"],
];

/** Waits until the platform has finished what it was at. @throws naming what it does not come to an end with */
export async function settle(info: PlatformInfo, withinMs: number): Promise<void> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    const left = await unfinished(info);
    if (left.length === 0) return;
    if (performance.now() > deadline) throw new Error(`still unfinished: ${left.join(', ')}`);
    await sleep(200);
  }
}

async function unfinished(info: PlatformInfo): Promise<string[]> {
  const left: string[] = [];
  for (const [database, what, sql] of UNFINISHED) {
    const [row] = await query<{ count: string }>(info, database, sql);
    if (row?.count !== '0') left.push(`${row?.count} ${what} (${database})`);
  }
  return left;
}

/** Looks into one of the databases, which nobody outside can: to prove what the routes don't show. */
export async function query<Row>(info: PlatformInfo, database: Database, sql: string): Promise<Row[]> {
  const client = new pg.Client(info.databases[database].url);
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query({ text: sql })).rows as Row[];
  } finally {
    await client.end();
  }
}
