import { PURPOSE_NAMES } from '@integument/contracts';
import { randomId } from '@integument/crypto';
import type { Tx } from '@integument/database';
import { beforeEach, describe, expect, it } from 'vitest';
import { TestApi } from '../../../apps/api/src/api.fixture.js';
import { CohortsStore } from '../../../apps/api/src/features/cohorts/index.js';
import { DATA_OWNERS } from '../../../apps/api/src/features/erasure/index.js';
import { FaultsStore } from '../../../apps/api/src/features/faults/faults.store.js';
import { FaultsService } from '../../../apps/api/src/features/faults/index.js';
import { IngestStore } from '../../../apps/api/src/features/ingest/index.js';
import type { PurposeData } from '../../../apps/api/src/features/permits/index.js';
import { RecommendationsService } from '../../../apps/api/src/features/recommendations/index.js';
import { RecommendationsStore } from '../../../apps/api/src/features/recommendations/recommendations.store.js';

/** Tables that know of permits and have no gate to ask, and why. Any other has the trigger. */
const WITHOUT_TRIGGER: Readonly<Record<string, string>> = {
  permit_gate: 'is the gate',
  consent_event: 'says what opened and closed the gate, a withdrawal too',
  opt_out_clock: 'says by when others have to hear that the gate is closed',
  permit_hold: 'says on which ground what is behind a closed gate is kept',
  consent_receipt: 'keeps the receipt of a withdrawal too',
};

/** Nothing that erasing takes. */
const none = undefined as never;
/** Who lets go of a purpose's data, as the erasure asks them. */
const OWNERS: readonly Pick<PurposeData, 'erase'>[] = [
  new IngestStore(),
  new RecommendationsService(new RecommendationsStore(), none, none, none, none, none),
  new FaultsService(new FaultsStore(), none, none),
  new CohortsStore(),
];

/** What knows a permit by its pseudonym or by its gate. */
const KNOWING = `
  SELECT DISTINCT c.table_name AS "table" FROM information_schema.columns c
  JOIN information_schema.tables t USING (table_schema, table_name)
  WHERE c.table_schema = 'public' AND t.table_type = 'BASE TABLE'
    AND (c.column_name LIKE '%pseudonym%' OR c.column_name LIKE '%gate%')`;

/** What this transaction has changed, or would have if there had been rows. */
const TOUCHED = `
  SELECT c.relname AS "table" FROM pg_locks l JOIN pg_class c ON c.oid = l.relation
  WHERE l.pid = pg_backend_pid() AND l.mode = 'RowExclusiveLock' AND c.relkind IN ('r', 'p')`;

/** With the trigger on the events that count, and for a declared purpose. The bits of tgtype are ROW 1, BEFORE 2, INSERT 4 and UPDATE 16. */
const GUARDED = `
  SELECT c.relname AS "table" FROM pg_trigger g
  JOIN pg_proc p ON p.oid = g.tgfoid JOIN pg_class c ON c.oid = g.tgrelid
  WHERE p.proname = 'require_open_gate' AND g.tgenabled IN ('O', 'A') AND g.tgtype & 23 = 23 AND g.tgqual IS NULL
    AND g.tgattr = '' AND g.tgnargs = 1 AND btrim(encode(g.tgargs, 'escape'), '\\0') = ANY($1)`;

let api: TestApi;
beforeEach(async () => {
  api = await TestApi.open();
  return () => api.close();
});

const tables = async (tx: Tx, sql: string, values: unknown[] = []) =>
  (await tx.query<{ table: string }>(sql, values)).map(({ table }) => table);

/** What is erased with a permit. */
async function erased(owners: readonly Pick<PurposeData, 'erase'>[]): Promise<string[]> {
  return api.unitOfWork.run(async (tx) => {
    for (const owner of owners) await owner.erase(tx, randomId());
    return tables(tx, TOUCHED);
  });
}

async function unguarded(owners = OWNERS): Promise<string[]> {
  const ofPermits = await api.unitOfWork.run((tx) => tables(tx, KNOWING));
  const guarded = await api.unitOfWork.run((tx) => tables(tx, GUARDED, [PURPOSE_NAMES]));
  const all = new Set([...ofPermits, ...(await erased(owners))]);
  return [...all].filter((table) => !guarded.includes(table) && !(table in WITHOUT_TRIGGER)).sort();
}

it('asks everybody whom the erasure asks', () => {
  expect(OWNERS.map((owner) => owner.constructor)).toEqual([...DATA_OWNERS]);
});

describe('every table of the migrated platform database with a permit’s data', () => {
  it('has the gate’s trigger', async () => {
    expect((await erased(OWNERS)).sort()).toEqual([
      'cohort_facts',
      'fault_counted',
      'fault_report',
      'preference_event',
      'reading_chunk',
    ]);
    expect(await unguarded()).toEqual([]);
  });

  it('is looked at: one without, with half of it or with another purpose is found', async () => {
    await api.query(`
      CREATE TABLE bare (pseudonym bytea);
      CREATE TABLE by_gate (gate_id bytea);
      CREATE TABLE half (pseudonym bytea);
      CREATE TABLE some_columns (pseudonym bytea, sealed bytea);
      CREATE TABLE some_rows (pseudonym bytea, sealed bytea);
      CREATE TABLE switched_off (pseudonym bytea);
      CREATE TABLE undeclared (for_pseudonym bytea);
      CREATE TABLE whole (pseudonym bytea);
      CREATE TRIGGER half BEFORE INSERT ON half FOR EACH ROW EXECUTE FUNCTION require_open_gate('ingest');
      CREATE TRIGGER some_columns BEFORE INSERT OR UPDATE OF sealed ON some_columns
        FOR EACH ROW EXECUTE FUNCTION require_open_gate('ingest');
      CREATE TRIGGER some_rows BEFORE INSERT OR UPDATE ON some_rows
        FOR EACH ROW WHEN (NEW.sealed IS NOT NULL) EXECUTE FUNCTION require_open_gate('ingest');
      CREATE TRIGGER switched_off BEFORE INSERT OR UPDATE ON switched_off
        FOR EACH ROW EXECUTE FUNCTION require_open_gate('ingest');
      ALTER TABLE switched_off DISABLE TRIGGER switched_off;
      CREATE TRIGGER undeclared BEFORE INSERT OR UPDATE ON undeclared
        FOR EACH ROW EXECUTE FUNCTION require_open_gate('advertising');
      CREATE TRIGGER whole BEFORE INSERT OR UPDATE ON whole
        FOR EACH ROW EXECUTE FUNCTION require_open_gate('ingest');`);
    expect(await unguarded()).toEqual([
      'bare',
      'by_gate',
      'half',
      'some_columns',
      'some_rows',
      'switched_off',
      'undeclared',
    ]);
  });

  it('is looked at where it calls the pseudonym something else, if a feature erases from it', async () => {
    await api.query('CREATE TABLE renamed (whose bytea)');
    expect(await unguarded()).toEqual([]);
    const owner: Pick<PurposeData, 'erase'> = {
      erase: async (tx, pseudonym) =>
        void (await tx.query('DELETE FROM renamed WHERE whose = $1', [pseudonym])),
    };
    expect(await unguarded([...OWNERS, owner])).toEqual(['renamed']);
  });

  it('is an exception only where there is such a table', async () => {
    const ofPermits = await api.unitOfWork.run((tx) => tables(tx, KNOWING));
    for (const table of Object.keys(WITHOUT_TRIGGER)) expect(ofPermits).toContain(table);
  });
});
