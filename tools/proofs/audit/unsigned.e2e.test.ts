import { generateNoteKey, NoteSigner, signCheckpoint } from '@integument/audit-log';
import { enrolPerson, importProducts, readPerson } from '@integument/contracts';
import { platform } from '@integument/testing';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { synthesise } from '../../demo/canaries.js';
import { demoCatalogue } from '../../demo-data/catalogue/index.js';
import { request } from '../../outside/ask.js';
import { Client } from '../../outside/client.js';
import { enrolSomebody } from '../../outside/newcomer.js';

const info = platform();
const shop = new Client(info, 'brand-shop');
const app = new Client(info, 'skin-app');
const RECOVERY_MS = 5_000;

const enrol = () => request(shop, info.urls.vault, enrolPerson, { body: synthesise(1)[0]?.enrolment });
const importOne = () => {
  const body = { products: demoCatalogue.slice(0, 1) };
  return request(app, info.urls.api, importProducts, { body });
};
const PLANES = [
  ['vault', info.databases.vault, info.audit.vault, enrol],
  ['api', info.databases.platform, info.audit.api, importOne],
] as const;

const clients: pg.Client[] = [];
const mends: (() => Promise<unknown>)[] = [];
beforeAll(async () => {
  for (const [, { superuserUrl }] of PLANES) {
    const client = new pg.Client(superuserUrl ?? '');
    await client.connect();
    clients.push(client);
  }
});
afterAll(async () => {
  for (const mend of mends) await mend();
  await Promise.all(clients.map((client) => client.end()));
});

describe('a log that its key has not signed last', () => {
  it.each(PLANES)(
    'stops what needs an entry at the %s, and lets it go on soon after it is whole again',
    async (name, _, { origin }, operation) => {
      const client = clients[name === 'vault' ? 0 : 1] as pg.Client;
      const bystander = name === 'vault' ? await enrolSomebody(info) : undefined;
      const mend = await forgeLastCheckpoint(client, origin);
      mends.push(mend);
      // What comes first is still taken: it waits, unsigned, and is what is noticed.
      await expect
        .poll(async () => (await operation()).code, { timeout: 25_000, interval: 250 })
        .toBe('audit.unavailable');
      if (bystander) {
        const read = await request(shop, info.urls.vault, readPerson, { params: { person: bystander.name } });
        expect([read.status, read.text]).toEqual([503, expect.not.stringContaining('masked') as string]);
      }
      await mend();
      const whole = Date.now();
      await expect
        .poll(async () => (await operation()).status, { timeout: 20_000, interval: 100 })
        .toBeLessThan(300);
      expect(Date.now() - whole).toBeLessThanOrEqual(RECOVERY_MS);
    },
  );
});

/** Puts a checkpoint of a key of ours in place of the last one. @returns what puts it back */
async function forgeLastCheckpoint(client: pg.Client, origin: string): Promise<() => Promise<unknown>> {
  const forger = NoteSigner.parse(generateNoteKey(origin).skey);
  // At one moment: the integrator signs twice a second.
  await client.query('BEGIN');
  await client.query('SELECT 1 FROM audit_head FOR UPDATE');
  const { rows } = await client.query<{ size: string; root: Buffer; note: string }>(
    'SELECT size, root, note FROM audit_checkpoint ORDER BY size DESC LIMIT 1',
  );
  const [last] = rows;
  if (!last) throw new Error('nothing is signed');
  const forged = signCheckpoint({ size: Number(last.size), root: last.root }, forger);
  await replace(client, last.size, forged);
  await client.query('COMMIT');
  return () => replace(client, last.size, last.note);
}

async function replace(client: pg.Client, size: string, note: string): Promise<void> {
  await client.query('ALTER TABLE audit_checkpoint DISABLE TRIGGER ALL');
  await client.query('UPDATE audit_checkpoint SET note = $2 WHERE size = $1', [size, note]);
  await client.query('ALTER TABLE audit_checkpoint ENABLE ALWAYS TRIGGER audit_checkpoint_append_only');
}
