import {
  countCohort,
  eraseSelf,
  readCohortFacts,
  storeCohortFacts,
  withdrawConsent,
} from '@integument/contracts';
import { platform } from '@integument/testing';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask, request } from '../../../tools/outside/ask.js';
import { type Browser, signIn } from '../../../tools/outside/browser.js';
import { cohort, FACTS } from '../../../tools/outside/cohort.js';
import { LogTables } from '../../../tools/proofs/audit/log-tables.js';

const info = platform();
const { api, vault } = info.urls;

// Of a kind that no other story has.
const ODD = { ...FACTS, concerns: ['dark-circles' as const], interactions: 40 };
const question = { by: ['skinType' as const], where: { 'dark-circles': 'yes', interactions: '40' } };

let people: Browser[];
let officer: Browser;
let auditor: Browser;
let tables: LogTables;
beforeAll(async () => {
  people = await cohort(info, ODD);
  officer = await signIn(info, info.staff.privacyOfficer);
  auditor = await signIn(info, info.staff.auditor);
  tables = await LogTables.open(info);
});
afterAll(() => tables.close());

const factsKept = async () => {
  const client = new pg.Client({ connectionString: info.databases.platform.url });
  await client.connect();
  const { rows } = await client.query<{ count: number }>('SELECT count(*)::int AS count FROM cohort_facts');
  await client.end();
  return rows[0]?.count;
};

describe('people who agreed to be counted', () => {
  it('read what they are counted by, as coarse as it is kept', async () => {
    const [me] = people as [Browser];
    await ask(me, api, storeCohortFacts, { body: { ...ODD, productsUsed: 5, interactions: 4_711 } });
    expect((await ask(me, api, readCohortFacts)).facts).toEqual({ ...ODD, productsUsed: 3 });
  });

  it('are counted by an officer, who learns no number that is theirs alone, and not by an auditor', async () => {
    const { people: all, cells } = await ask(officer, api, countCohort, { body: question });
    expect([10, 15]).toContain(all);
    // All of them have one skin type, which is not told of them.
    expect(cells.map((cell) => cell.people)).toEqual([null, null, null, null, null]);
    const refused = await request(auditor, api, countCohort, { body: question });
    expect([refused.status, refused.code]).toEqual([403, 'auth.forbidden']);
  });

  it('are not counted when they take it back, and too few are counted for nobody', async () => {
    for (const browser of people.slice(5)) {
      await ask(browser, api, withdrawConsent, { params: { purpose: 'analytics' } });
    }
    const refused = await request(officer, api, countCohort, { body: question });
    expect([refused.status, refused.code]).toEqual([422, 'cohorts.too_small']);
    const entries = await tables.entriesOf('platform', refused.headers.get('x-request-id') ?? '');
    expect(entries).toMatchObject([
      {
        action: 'cohorts.count',
        outcome: 'refused',
        code: 'cohorts.too_small',
        details: {
          by: ['skinType'],
          where: expect.arrayContaining(['dark-circles', 'interactions']) as string[],
        },
      },
    ]);
  });

  it('leave nothing there when they are erased', async () => {
    const before = (await factsKept()) ?? 0;
    await ask(people[0] as Browser, vault, eraseSelf);
    await expect.poll(factsKept, { timeout: 20_000 }).toBe(before - 1);
  });
});
