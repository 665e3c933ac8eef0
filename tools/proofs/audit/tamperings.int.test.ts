import { AuditReader, TreeReader } from '@integument/audit-log';
import type { Tx, UnitOfWork } from '@integument/database';
import { proofCount, type SeededRandom, seededRandom } from '@integument/testing';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import {
  CheckpointInvalid,
  leafHash,
  NoteInvalid,
  openCheckpoint,
  verifyInclusion,
} from '../../../libs/audit-log/src/core/index.js';
import { TestLog } from '../../../libs/audit-log/src/sql/log.fixture.js';
import {
  type Change,
  FOUND_BESIDE_NOTE,
  FOUND_BY_KEPT_CHECKPOINT,
  FOUND_BY_KEY,
  type StoredLog,
  type Tampering,
} from './tamperings.js';

/** Of all together; each kind has its share. */
const COUNT = proofCount(420, 10_000);
const KINDS = 14;
const SHARE = Math.ceil(COUNT / KINDS);
const BATCHES = [1, 3, 4, 1, 8, 5, 2, 9, 6, 1];

let log: TestLog;
let superuser: pg.Client;
let stored: StoredLog;
let kept: string;

beforeAll(async () => {
  log = await TestLog.open();
  let size = 0;
  for (const count of BATCHES) {
    await log.append(...Array.from({ length: count }, (_, n) => size + n));
    await log.integrator().integrate();
    size += count;
  }
  superuser = new pg.Client(log.superuserUrl);
  await superuser.connect();
  await superuser.query(`
    ALTER TABLE audit_entry DISABLE TRIGGER ALL, DROP CONSTRAINT audit_entry_pk,
      DROP CONSTRAINT audit_entry_position, DROP CONSTRAINT audit_entry_leaf_hash;
    ALTER TABLE audit_checkpoint DISABLE TRIGGER ALL, DROP CONSTRAINT audit_checkpoint_size;
    ALTER TABLE audit_node DISABLE TRIGGER ALL`);
  const entries = await superuser.query<{ entry: Buffer }>('SELECT entry FROM audit_entry ORDER BY position');
  const checkpoints = await superuser.query<{ size: string; note: string }>(
    'SELECT size, note FROM audit_checkpoint ORDER BY size',
  );
  stored = {
    entries: entries.rows.map(({ entry }) => entry),
    checkpoints: checkpoints.rows.map(({ size: covered, note }) => ({ size: Number(covered), note })),
    signer: log.signer,
  };
  kept = stored.checkpoints.at(-1)?.note ?? '';
});
afterAll(async () => {
  await superuser.end();
  await log.drop();
});

const tx: Tx = {
  async query<Row>(statement: string | { text: string }, values: readonly unknown[] = []): Promise<Row[]> {
    const text = typeof statement === 'string' ? statement : statement.text;
    return (await superuser.query(text, values as unknown[])).rows as Row[];
  },
  send: () => expect.unreachable('who reads sends nothing'),
};
/** Reads within the superuser's open transaction. */
const within = { single: (work) => work(tx) } satisfies Pick<UnitOfWork, 'single'> as UnitOfWork;
const reader = new AuditReader(within);
const tree = new TreeReader(within);

/** Asks something of the tampered log, and takes the tampering back. */
async function tampered<T>(changes: readonly Change[], ask: () => Promise<T>): Promise<T> {
  await superuser.query('BEGIN');
  try {
    for (const [sql, ...values] of changes) await superuser.query(sql, values);
    return await ask();
  } finally {
    await superuser.query('ROLLBACK');
  }
}

/** Does it many times in every way; all must be found. */
async function each(ways: Record<string, Tampering>, isFound: () => Promise<boolean>): Promise<void> {
  const random = seededRandom();
  for (const [way, tamper] of Object.entries(ways)) {
    let found = 0;
    for (let n = 0; n < SHARE; n++) {
      const changes = tamper(stored, random);
      const isOne = await tampered(changes, isFound);
      expect(isOne, `${way}: ${JSON.stringify(changes)}, seed ${random.seed}`).toBe(true);
      found += 1;
    }
    expect(found).toBe(SHARE);
  }
}

/** Whether the log can't be exported any more, or its export doesn't verify. */
async function isRefused(earlier?: string): Promise<boolean> {
  try {
    return !(await log.verify(earlier === undefined ? {} : { earlier }, reader)).ok;
  } catch (error) {
    // Only this: anything else is a fault of the reader, and no find.
    if (error instanceof NoteInvalid || error instanceof CheckpointInvalid) return true;
    throw error;
  }
}

vi.setConfig({ testTimeout: 1_200_000 });

describe('a superuser who tampers', () => {
  it('was not at work yet', async () => {
    expect(await log.verify({ earlier: kept })).toMatchObject({ ok: true, size: 40 });
    expect(await log.verify({ earlier: kept }, reader)).toMatchObject({ ok: true, size: 40 });
    const ways = [FOUND_BY_KEY, FOUND_BY_KEPT_CHECKPOINT, FOUND_BESIDE_NOTE].flatMap(Object.keys);
    expect(ways).toHaveLength(KINDS);
  });

  it('with entries or notes is found by the key alone, each time', () =>
    each(FOUND_BY_KEY, () => isRefused()));

  it('with the end of the log, or the signing key, is found by a checkpoint kept elsewhere, each time', () =>
    each(FOUND_BY_KEPT_CHECKPOINT, () => isRefused(kept)));

  it('is not found by the key alone if it was used to sign', async () => {
    const random = seededRandom();
    for (const tamper of Object.values(FOUND_BY_KEPT_CHECKPOINT)) {
      const report = await tampered(tamper(stored, random), () => log.verify({}, reader));
      expect(report.ok, `seed ${random.seed}`).toBe(true);
    }
  });

  it('with the copies beside a note is found by it, each time', () =>
    each(FOUND_BESIDE_NOTE, async () => {
      const rows = await tx.query<{ size: string; root: Buffer; note: string }>(
        'SELECT * FROM audit_checkpoint',
      );
      return rows.some(({ size, root, note }) => {
        const signed = openCheckpoint(note, log.signer.verifier);
        return String(signed.size) !== size || !root.equals(signed.root);
      });
    }));

  it('with hashes gets no proof that holds of an entry that is not in the log', async () => {
    const random = seededRandom();
    const signed = openCheckpoint(kept, log.signer.verifier);
    for (let n = 0; n < SHARE; n++) {
      const [position, changes] = forgery(random);
      const holds = await tampered(changes, async () => {
        const [entry] = await tx.query<{ entry: Buffer }>(
          'SELECT entry FROM audit_entry WHERE position = $1',
          [position],
        );
        const proof = await tree.inclusion(position, signed.size);
        return verifyInclusion(position, signed.size, leafHash(entry?.entry as Buffer), proof, signed.root);
      });
      expect(holds, `seed ${random.seed}`).toBe(false);
    }
  });

  function forgery(random: SeededRandom): [position: number, changes: Change[]] {
    const [change] = FOUND_BY_KEY['an entry replaced with its hash'](stored, random);
    return [change?.[3] as number, change ? [change] : []];
  }
});
