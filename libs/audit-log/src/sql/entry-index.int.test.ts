import { seededRandom } from '@integument/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { indexFollower, integrateBytes, randomEntry } from './entry-query.fixture.js';
import { EntryQuery } from './entry-query.js';
import { Follower } from './follower.js';
import { TestLog } from './log.fixture.js';

let log: TestLog;
beforeAll(async () => {
  log = await TestLog.open();
});
afterAll(() => log.drop());
beforeEach(() => log.reset());

const query = <Row>(sql: string) => log.unitOfWork.single((tx) => tx.query<Row>(sql));
const rows = () => query<Record<string, unknown>>('SELECT * FROM audit_index ORDER BY position');
const positions = async () => (await rows()).map(({ position }) => Number(position));
const bytes = (value: unknown) => Buffer.from(JSON.stringify(value));
const some = (count: number) => {
  const random = seededRandom(7);
  return Array.from({ length: count }, () => randomEntry(random));
};

describe('the index', () => {
  it('holds what an entry can be found by', async () => {
    const actor = { kind: 'staff', id: 'olivia', roles: ['privacy-officer'] };
    const reason = { code: 'order', reference: 'ORD-7' };
    const common = { v: 1, at: '2026-03-01T10:00:00.123Z', action: 'people.reveal', actor };
    await integrateBytes(log, [
      bytes({ ...common, outcome: 'done', subject: 'S', purpose: 'support', fields: ['email'], reason }),
      bytes({ ...common, outcome: 'refused', code: 'auth.forbidden' }),
    ]);
    await indexFollower(log).catchUp();
    const shared = {
      at: new Date('2026-03-01T10:00:00.123Z'),
      action: 'people.reveal',
      actor_kind: 'staff',
      actor: 'olivia',
    };
    const [done, refused] = await rows();
    expect(done).toEqual({
      ...shared,
      position: '0',
      outcome: 'done',
      code: null,
      subject: 'S',
      purpose: 'support',
      fields: '["email"]',
      reason_code: 'order',
      reason_reference: 'ORD-7',
    });
    expect(refused).toMatchObject({
      ...shared,
      position: '1',
      outcome: 'refused',
      code: 'auth.forbidden',
      subject: null,
    });
  });

  it('grows with the log, and the same entries again change nothing', async () => {
    await integrateBytes(log, some(30).map(bytes));
    await indexFollower(log).catchUp();
    await integrateBytes(log, some(10).map(bytes));
    await query("UPDATE audit_follower SET leased_until = now() - interval '1 s'");
    await indexFollower(log).catchUp();
    const before = await rows();
    expect(before).toHaveLength(40);
    await query("UPDATE audit_follower SET position = 0, leased_until = now() - interval '1 s'");
    await indexFollower(log).catchUp();
    expect(await rows()).toEqual(before);
  });

  it('is the same again when its rows and its follower’s are gone', async () => {
    await integrateBytes(log, some(50).map(bytes));
    await indexFollower(log).catchUp();
    const before = await rows();
    await query('DELETE FROM audit_index');
    await query('DELETE FROM audit_follower');
    await indexFollower(log).catchUp();
    expect(await rows()).toEqual(before);
  });

  it('passes over entries that somebody destroyed, and over none of their neighbours', async () => {
    const entry = { ...some(1)[0] };
    const destroyed = [
      Buffer.from('no json'),
      Buffer.from([0xff, 0xfe, 0x7b]),
      Buffer.from('17'),
      Buffer.from('null'),
      bytes([entry]),
      bytes({ ...entry, action: undefined }),
      bytes({ ...entry, actor: 'olivia' }),
      bytes({ ...entry, at: 'infinity' }),
      bytes({ ...entry, at: 'yesterday-ish' }),
      bytes({ ...entry, action: 'a\u0000b' }),
      // Too long for a B-tree, and random, since PostgreSQL compresses first.
      bytes({ ...entry, actor: { kind: 'staff', id: seededRandom(3).bytes(3_000).toString('hex') } }),
    ];
    const mixed = destroyed.flatMap((wrong) => [bytes(entry), wrong]);
    await integrateBytes(log, mixed);
    await indexFollower(log).catchUp();
    expect(await positions()).toEqual(destroyed.map((_, n) => n * 2));
    expect((await Follower.states(log.unitOfWork))[0]).toMatchObject({ position: mixed.length, failures: 0 });
  });

  it('stands still when the database fails, and loses nothing', async () => {
    await integrateBytes(log, some(5).map(bytes));
    await query('ALTER TABLE audit_index RENAME TO elsewhere');
    await expect(indexFollower(log).catchUp()).rejects.toThrow();
    expect((await Follower.states(log.unitOfWork))[0]).toMatchObject({ position: 0, failures: 1 });
    await query('ALTER TABLE elsewhere RENAME TO audit_index');
    await query('UPDATE audit_follower SET holder = NULL');
    await indexFollower(log).catchUp();
    expect(await positions()).toEqual([0, 1, 2, 3, 4]);
  });

  it('knows nothing of entries that were archived away, and is not held up by them', async () => {
    const reader = new EntryQuery(log.unitOfWork);
    const found = async () =>
      (await reader.page({}, { limit: 100 }))?.entries.map(({ position }) => position).sort((a, b) => a - b);
    await integrateBytes(log, some(10).map(bytes));
    await indexFollower(log).catchUp();
    await log.tamper('DELETE FROM audit_entry WHERE position < 6');
    expect(await found()).toEqual([6, 7, 8, 9]);
    await query('DELETE FROM audit_index');
    await query('DELETE FROM audit_follower');
    await indexFollower(log).catchUp();
    expect(await positions()).toEqual([6, 7, 8, 9]);
    expect(await found()).toEqual([6, 7, 8, 9]);
  });
});
