import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { generateNoteKey, leafHash, NoteSigner, signCheckpoint, subtreeRoot } from '../core/index.js';
import { AuditEntryInvalid, defineAction } from '../entry.js';
import { AuditLogInconsistent } from './continuity.js';
import { entry, TestLog } from './log.fixture.js';

let log: TestLog;
beforeAll(async () => {
  log = await TestLog.open();
});
afterAll(() => log.drop());
beforeEach(async () => {
  await log.reset();
  await log.append(0, 1, 2);
  await log.integrator().integrate();
  await log.append(3, 4, 5, 6);
  await log.integrator().integrate();
});

const changed = Buffer.from('{"v":1,"at":"2026-01-15T12:00:00.000Z","action":"tests.other"}');

describe('what a superuser does to stored entries', () => {
  it('is found at its position when an entry is changed', async () => {
    await log.tamper(
      'UPDATE audit_entry SET entry = set_byte(entry, 20, get_byte(entry, 20) # 1) WHERE position = 4',
    );
    expect(await log.verify()).toMatchObject({
      ok: false,
      code: 'entry.changed',
      position: 4,
      through: 4,
      confirmed: 3,
    });
  });

  it('is found at its position when only a leaf hash is changed', async () => {
    await log.tamper(
      'UPDATE audit_entry SET leaf_hash = set_byte(leaf_hash, 0, get_byte(leaf_hash, 0) # 1) WHERE position = 2',
    );
    expect(await log.verify()).toMatchObject({ ok: false, code: 'entry.changed', position: 2 });
  });

  it('is found between two checkpoints when an entry is replaced with its hash', async () => {
    await log.tamper('UPDATE audit_entry SET entry = $1, leaf_hash = $2 WHERE position = 5', [
      changed,
      leafHash(changed),
    ]);
    expect(await log.verify()).toMatchObject({
      ok: false,
      code: 'checkpoint.root',
      position: 3,
      through: 6,
      confirmed: 3,
    });
  });

  it('is found when an entry is deleted', async () => {
    await log.tamper('DELETE FROM audit_entry WHERE position = 1');
    expect(await log.verify()).toMatchObject({ ok: false, code: 'export.position', position: 1 });
  });

  it('is found when the last entry is deleted', async () => {
    await log.tamper('DELETE FROM audit_entry WHERE position = 6');
    expect(await log.verify()).toMatchObject({ ok: false, position: 3, through: 5, confirmed: 3 });
  });

  it('is found when an entry is deleted and the rest moves up', async () => {
    await log.tamper('DELETE FROM audit_entry WHERE position = 1');
    for (const position of [2, 3, 4, 5, 6]) {
      await log.tamper('UPDATE audit_entry SET position = position - 1 WHERE position = $1', [position]);
    }
    expect(await log.verify()).toMatchObject({ ok: false, position: 0, through: 2 });
  });

  it('is found when two entries change places', async () => {
    await log.tamper('UPDATE audit_entry SET position = 97 WHERE position = 3');
    await log.tamper('UPDATE audit_entry SET position = 3 WHERE position = 4');
    await log.tamper('UPDATE audit_entry SET position = 4 WHERE position = 97');
    expect(await log.verify()).toMatchObject({ ok: false, code: 'checkpoint.root', position: 3, through: 6 });
  });

  it('is not signed when an entry is put in behind the last one', async () => {
    await log.tamper('INSERT INTO audit_entry (position, leaf_hash, entry) VALUES (7, $1, $2)', [
      leafHash(changed),
      changed,
    ]);
    await log.tamper('UPDATE audit_head SET size = 8');
    await log.append(7);
    await expect(log.integrator().integrate()).rejects.toThrow(AuditLogInconsistent);
  });

  it('is found against an earlier checkpoint when the end is cut off with its checkpoint', async () => {
    const earlier = (await log.reader.findCheckpoint())?.note ?? '';
    await log.tamper('DELETE FROM audit_entry WHERE position >= 3');
    await log.tamper('DELETE FROM audit_checkpoint WHERE size > 3');
    expect(await log.verify({ earlier })).toMatchObject({ ok: false, code: 'earlier.longer', position: 3 });
  });

  it('is found when a checkpoint is signed by another key', async () => {
    const root = subtreeRoot([leafHash(changed)]);
    const forger = NoteSigner.parse(generateNoteKey(log.signer.name).skey);
    await log.tamper('UPDATE audit_checkpoint SET note = $1 WHERE size = 3', [
      signCheckpoint({ size: 3, root }, forger),
    ]);
    expect(await log.verify()).toMatchObject({
      ok: false,
      code: 'checkpoint.signature',
      position: 0,
      through: 2,
    });
  });
});

describe('an integrator', () => {
  it('does not sign a head that was not signed before', async () => {
    await log.append(7);
    await log.tamper('UPDATE audit_head SET frontier = set_byte(frontier, 20, get_byte(frontier, 20) # 1)');
    await expect(log.integrator().integrate()).rejects.toThrow(AuditLogInconsistent);
    expect((await log.reader.findCheckpoint())?.size).toBe(7);
  });

  it('does not continue a log that was set back while it ran', async () => {
    const integrator = log.integrator();
    await log.append(7);
    await integrator.integrate();
    await log.tamper('DELETE FROM audit_checkpoint');
    await log.tamper('DELETE FROM audit_entry');
    await log.tamper("UPDATE audit_head SET size = 0, frontier = decode('0000000000000000', 'hex')");
    await log.append(8);
    await expect(integrator.integrate()).rejects.toThrow('shorter');
  });

  it('does not sign for another key', async () => {
    const other = NoteSigner.parse(generateNoteKey('test.example/audit').skey);
    await log.append(7);
    await expect(log.integrator({ signer: other }).integrate()).rejects.toThrow(AuditLogInconsistent);
  });
});

describe('the tables', () => {
  const app = (sql: string) => log.unitOfWork.single((tx) => tx.query(sql));

  it('refuse to be changed', async () => {
    for (const sql of [
      'UPDATE audit_entry SET entry = entry',
      'DELETE FROM audit_entry',
      'TRUNCATE audit_entry',
      'UPDATE audit_checkpoint SET note = note',
      'DELETE FROM audit_checkpoint',
      'TRUNCATE audit_checkpoint',
      'UPDATE audit_staging SET entry = entry',
      'TRUNCATE audit_staging',
      'UPDATE audit_head SET size = size - 1',
      "UPDATE audit_head SET frontier = ''",
      'DELETE FROM audit_head',
      'TRUNCATE audit_head',
      "INSERT INTO audit_head (id, size, frontier) VALUES (2, 0, '')",
    ]) {
      await expect(app(sql), sql).rejects.toMatchObject({ code: 'IG002' });
    }
  });

  it('refuse it to a superuser, too, who only says that replication is at work', async () => {
    const asReplica = log.superuser('DELETE FROM audit_entry', [], 'SET session_replication_role = replica');
    await expect(asReplica).rejects.toMatchObject({ code: 'IG002' });
  });
});

describe('an append that fails', () => {
  beforeEach(() =>
    log.superuser('DROP TABLE IF EXISTS effect; CREATE TABLE effect (n int); GRANT ALL ON effect TO PUBLIC'),
  );
  const effects = () => log.unitOfWork.single((tx) => tx.query('SELECT n FROM effect'));

  it('fails the transaction, and the effect with it', async () => {
    await log.tamper('ALTER TABLE audit_staging ADD CONSTRAINT broken CHECK (false)');
    const work = log.unitOfWork.run(async (tx) => {
      await tx.query('INSERT INTO effect VALUES (1)');
      // Even where code swallows the failure nothing is committed, and nobody is told so.
      await log.audit.append(tx, entry(7)).catch(() => undefined);
    });
    await expect(work).rejects.toThrow();
    expect(await effects()).toEqual([]);
  });

  it('is one whose entry is too long', async () => {
    const long = defineAction('tests.long');
    const fields = Array.from({ length: 200 }, (_, n) => `field${String(n).padStart(60, '0')}`);
    const work = log.unitOfWork.run(async (tx) => {
      await tx.query('INSERT INTO effect VALUES (1)');
      await log.audit.append(tx, long({ outcome: 'done', actor: { kind: 'system', id: 'test' }, fields }));
    });
    await expect(work).rejects.toThrow(AuditEntryInvalid);
    expect(await effects()).toEqual([]);
  });
});
