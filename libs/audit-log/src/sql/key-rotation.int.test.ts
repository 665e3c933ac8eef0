import { createHash } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { generateNoteKey, NoteSigner, openCheckpoint, readCheckpointUnverified } from '../core/index.js';
import { AuditLogInconsistent } from './continuity.js';
import { TestLog } from './log.fixture.js';

let log: TestLog;
beforeAll(async () => {
  log = await TestLog.open();
});
afterAll(() => log.drop());
beforeEach(async () => {
  await log.reset();
  await log.append(0, 1, 2);
  await log.integrator().integrate();
});

const newKey = () => NoteSigner.parse(generateNoteKey(log.signer.name).skey);
const rotate = (signer: NoteSigner, retired = log.signer) => log.integrator({ signer, retired });
const digest = ({ verifier }: NoteSigner) =>
  createHash('sha256').update(verifier.toString()).digest('hex').slice(0, 32);

async function read<Row>(sql: string): Promise<Row[]> {
  return log.unitOfWork.single((tx) => tx.query<Row>(sql));
}
const notes = async () => {
  const rows = await read<{ note: string }>('SELECT note FROM audit_checkpoint ORDER BY size');
  return rows.map(({ note }) => note);
};
/** Which of these keys have signed each checkpoint. */
const signedBy = async (...signers: NoteSigner[]) =>
  (await notes()).map((note) =>
    signers.flatMap(({ verifier }, nr) => {
      try {
        openCheckpoint(note, verifier);
        return [nr];
      } catch {
        return [];
      }
    }),
  );
const keys = () => read('SELECT vkey, from_size FROM audit_key ORDER BY from_size');

describe('a log’s first key', () => {
  it('is noted, from the log’s beginning on', async () => {
    expect(await keys()).toEqual([{ vkey: log.vkey, from_size: '0' }]);
  });

  it('is noted in a log from before keys were', async () => {
    await log.tamper('DELETE FROM audit_key');
    await log.append(3);
    await log.integrator().integrate();
    expect(await keys()).toEqual([{ vkey: log.vkey, from_size: '0' }]);
  });
});

describe('a new key', () => {
  it('takes over in an entry of its own under a checkpoint that both sign, the old one first', async () => {
    const key = newKey();
    await log.append(3);
    expect(await rotate(key).integrate()).toBe(1);
    const { entries } = await log.reader.page({ after: 2, limit: 10 });
    expect(entries.map(({ entry }) => entry?.action)).toEqual(['audit.rotate_key', 'tests.count']);
    expect(entries[0]?.entry).toMatchObject({
      outcome: 'done',
      actor: { kind: 'system' },
      details: { from: digest(log.signer), to: digest(key) },
    });
    expect(await signedBy(log.signer, key)).toEqual([[0], [0, 1], [1]]);
    const lines = (await notes())[1]?.split('\n').filter((line) => line.startsWith('—'));
    const id = (line = '') => Buffer.from(line.split(' ')[2] ?? '', 'base64').subarray(0, 4);
    expect(lines?.map(id)).toEqual([log.signer.verifier.id, key.verifier.id].map((one) => Buffer.from(one)));
    expect(await keys()).toEqual([
      { vkey: log.vkey, from_size: '0' },
      { vkey: key.verifier.toString(), from_size: '4' },
    ]);
  });

  it('takes over where nothing is waiting, and only once', async () => {
    const key = newKey();
    await rotate(key).integrate();
    await rotate(key).integrate();
    await log.integrator({ signer: key }).integrate();
    expect(await signedBy(log.signer, key)).toEqual([[0], [0, 1]]);
  });

  it('takes over a log from before keys were noted', async () => {
    await log.tamper('DELETE FROM audit_key');
    const key = newKey();
    await rotate(key).integrate();
    expect(await keys()).toEqual([
      { vkey: log.vkey, from_size: '0' },
      { vkey: key.verifier.toString(), from_size: '4' },
    ]);
  });

  it('begins an empty log alone', async () => {
    await log.reset();
    const key = newKey();
    await rotate(key).integrate();
    expect(await signedBy(log.signer, key)).toEqual([[1]]);
    expect(await keys()).toEqual([{ vkey: key.verifier.toString(), from_size: '0' }]);
  });

  it('is itself followed by the next', async () => {
    const [second, third] = [newKey(), newKey()];
    await rotate(second).integrate();
    await rotate(third, second).integrate();
    expect(await signedBy(log.signer, second, third)).toEqual([[0], [0, 1], [1, 2]]);
  });
});

describe('nothing is signed', () => {
  const size = async () => readCheckpointUnverified((await notes()).at(-1) ?? '').size;

  it('by a new key without the one before it', async () => {
    await log.append(3);
    await expect(log.integrator({ signer: newKey() }).integrate()).rejects.toThrow(AuditLogInconsistent);
    await expect(rotate(newKey(), newKey()).integrate()).rejects.toThrow(AuditLogInconsistent);
    expect(await size()).toBe(3);
  });

  it('by the old key after it was retired: neither by a process that runs still, nor by a new one', async () => {
    const old = log.integrator();
    await old.integrate();
    await rotate(newKey()).integrate();
    await log.append(4);
    await expect(old.integrate()).rejects.toThrow(AuditLogInconsistent);
    await expect(log.integrator().integrate()).rejects.toThrow(AuditLogInconsistent);
    expect(await size()).toBe(4);
  });

  it('by a key that is to come back after it was retired', async () => {
    const key = newKey();
    await rotate(key).integrate();
    await expect(rotate(log.signer, key).integrate()).rejects.toThrow('retired before');
    expect(await size()).toBe(4);
  });

  it('by the old key if only its own signature is left on the checkpoint', async () => {
    await rotate(newKey()).integrate();
    const cut = (await notes()).at(-1)?.split('\n').slice(0, -2).join('\n');
    await log.tamper('UPDATE audit_checkpoint SET note = $1 WHERE size = 4', [`${cut}\n`]);
    await expect(log.integrator().integrate()).rejects.toThrow(AuditLogInconsistent);
  });

  it('twice for a size by two integrators that change the key at once', async () => {
    const key = newKey();
    await log.append(3, 4, 5);
    const old = Promise.allSettled([log.integrator().integrate()]);
    await Promise.all([rotate(key).integrate(), rotate(key).integrate(), old]);
    const rotations = await read(
      `SELECT FROM audit_entry WHERE convert_from(entry, 'UTF8') LIKE '%audit.rotate_key%'`,
    );
    expect(rotations).toHaveLength(1);
    expect((await signedBy(log.signer, key)).filter((signers) => signers.length === 2)).toHaveLength(1);
    expect((await log.reader.findCheckpoint())?.size).toBe(7);
    expect(await log.tree.root(7)).toEqual((await log.reader.findCheckpoint())?.root);
  });
});

describe('an integrator', () => {
  it('is not made with one key as both, nor with keys of two logs', () => {
    expect(() => log.integrator({ retired: log.signer })).toThrow(RangeError);
    const other = NoteSigner.parse(generateNoteKey('other.example/audit').skey);
    expect(() => log.integrator({ retired: other })).toThrow(RangeError);
  });
});
