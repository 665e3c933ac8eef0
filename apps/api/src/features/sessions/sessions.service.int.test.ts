import { randomBytes } from 'node:crypto';
import { context, decodeId, deriveKey, open } from '@integument/crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { knownPermit, sessionContent, TestApi } from '../../api.fixture.js';
import type { ApiPerson } from '../../platform/callers.js';
import { SessionsService } from './sessions.service.js';

let api: TestApi;
beforeAll(async () => {
  api = await TestApi.open();
});
afterAll(() => api.close());

const find = (secret: string) => api.unitOfWork.run((tx) => api.sessions.find(tx, secret));
const permits = [knownPermit('ingest'), knownPermit('recommendation')];

describe('a session of the data plane', () => {
  it('gives back to its cookie what was put into it', async () => {
    const content = sessionContent(undefined, permits);
    const secret = await api.openSession(content);
    expect(secret).toMatch(/^[\w-]{43}$/);
    expect(await find(secret)).toMatchObject({ kind: 'person', session: content.session, permits });
  });

  it('of staff keeps when a second factor was used; one from before there were any has used none', async () => {
    const factorAt = '2026-03-01T12:00:00.000Z';
    const staff = () => ({ ...sessionContent(), kind: 'staff', roles: ['auditor'] }) as const;
    const found = await find(await api.openSession({ ...staff(), factorAt }));
    expect(found).toMatchObject({ kind: 'staff', secondFactorAt: new Date(factorAt) });
    for (const none of [{}, { factorAt: null }])
      expect(await find(await api.openSession({ ...staff(), ...none }))).not.toHaveProperty('secondFactorAt');
    const person = await find(await api.openSession({ ...sessionContent(), factorAt }));
    expect(person).not.toHaveProperty('secondFactorAt');
  });

  it('cannot be opened with anything that a dump of its row holds', async () => {
    const content = sessionContent(undefined, permits);
    await api.openSession(content);
    const [row] = await api.query<{ session_digest: Buffer; session: Buffer; sealed: Buffer }>(
      'SELECT * FROM api_session LIMIT 1',
    );
    if (!row) throw new Error('no session was stored');
    for (const held of [row.session_digest, row.session, row.sealed.subarray(0, 32)]) {
      expect(await find(held.toString('base64url').padEnd(43, 'A').slice(0, 43))).toBeNull();
      const key = deriveKey(held, 'integument/api-session/seal/v1');
      expect(() => open(key, row.sealed, context('api_session', row.session_digest))).toThrow('sealed value');
    }
  });

  it('names in its row no permit, gate or role', async () => {
    await api.openSession(sessionContent(undefined, permits));
    const [row] = await api.query<{ text: string }>(
      "SELECT string_agg(s::text, ' ') AS text FROM api_session s",
    );
    for (const { gate, pseudonym } of permits)
      for (const name of [gate, pseudonym])
        expect(row?.text).not.toContain(Buffer.from(name).toString('hex'));
    expect(row?.text).not.toContain(Buffer.from('person').toString('hex'));
  });

  it('moved under the digest of another cookie is refused', async () => {
    const [one, other] = [await api.openSession(sessionContent()), await api.openSession(sessionContent())];
    const [first, second] = [await api.asker(one), await api.asker(other)];
    await api.query(
      `UPDATE api_session SET sealed = (SELECT sealed FROM api_session WHERE session_digest = $2) WHERE session_digest = $1`,
      [first.caller.cookie.digest, second.caller.cookie.digest],
    );
    expect(await find(one)).toBeNull();
    expect(await find(other)).not.toBeNull();
  });

  it.each(['', 'x', 'A'.repeat(42), 'A'.repeat(44), `${'A'.repeat(42)}=`, '\u0000'.repeat(43)])(
    'does not exist for the cookie %j',
    async (secret) => {
      expect(await find(secret)).toBeNull();
      expect(await find(randomBytes(32).toString('base64url'))).toBeNull();
    },
  );

  it('is over when its time is up, to the millisecond, though its row is still there', async () => {
    const content = sessionContent();
    const secret = await api.openSession(content);
    const at = (now: number) => new SessionsService(api.sessionsStore, api.vault, () => now);
    const ends = Date.parse(content.expiresAt);
    const look = (now: number) => api.unitOfWork.run((tx) => at(now).find(tx, secret));
    expect(await look(ends - 1)).not.toBeNull();
    expect(await look(ends)).toBeNull();
  });

  it('keeps the permits of two requests that add one each at the same time', async () => {
    const secret = await api.openSession(sessionContent());
    const { caller } = await api.asker(secret);
    const remember = (permit: (typeof permits)[number]) =>
      api.unitOfWork.run((tx) => api.sessions.remember(tx, caller, permit));
    await Promise.all([...permits, knownPermit('analytics')].map(remember));
    const purposes = ((await find(secret)) as ApiPerson).permits.map(({ purpose }) => purpose);
    expect(purposes.sort()).toEqual(['analytics', 'ingest', 'recommendation']);
  });

  it('shows in no log or reply the key its cookie holds', async () => {
    const { caller } = await api.asker(await api.openSession(sessionContent()));
    expect(JSON.stringify(caller)).not.toContain(caller.cookie.sealingKey().toString('base64'));
    expect(JSON.stringify({ cookie: caller.cookie })).toBe('{}');
  });

  it('that is closed lets nobody in', async () => {
    const secret = await api.openSession(sessionContent());
    const { caller } = await api.asker(secret);
    await api.unitOfWork.run((tx) => api.sessions.close(tx, caller));
    expect(await find(secret)).toBeNull();
  });
});

describe('a session that nobody uses', () => {
  const MINUTE = 60_000;
  let ahead = 0;
  const later = () => new SessionsService(api.sessionsStore, api.vault, () => Date.now() + ahead);
  const findLater = (secret: string) => api.unitOfWork.single((tx) => later().find(tx, secret));
  const staffContent = () => ({ ...sessionContent(), kind: 'staff', roles: ['auditor'] }) as const;

  it('ends: a person’s after an hour, one of staff after a quarter', async () => {
    const person = await api.openSession(sessionContent());
    const staff = await api.openSession(staffContent());
    const found = async (minutes: number, secret: string) => {
      ahead = minutes * MINUTE;
      return (await findLater(secret))?.kind;
    };
    expect([await found(14.9, staff), await found(15.1, staff)]).toEqual(['staff', undefined]);
    expect([await found(59.9, person), await found(60.1, person)]).toEqual(['person', undefined]);
  });

  it('goes on where its use is noted, which is due once a minute', async () => {
    const secret = await api.openSession(staffContent());
    const service = later();
    ahead = 0.5 * MINUTE;
    const soon = await api.unitOfWork.single((tx) => service.find(tx, secret));
    expect(soon && service.isUseDue(soon)).toBe(false);
    ahead = 10 * MINUTE;
    const used = await api.unitOfWork.single((tx) => service.find(tx, secret));
    if (!used) throw new Error('the session is gone');
    expect(service.isUseDue(used)).toBe(true);
    await api.unitOfWork.single((tx) => service.noteUse(tx, used));
    ahead = 20 * MINUTE;
    expect(await findLater(secret)).toMatchObject({ kind: 'staff' });
  });

  it('is over where its use can’t be read: none from before it was noted, and none of another session', async () => {
    const [none, moved, other] = [
      await api.openSession(sessionContent()),
      await api.openSession(sessionContent()),
      await api.openSession(sessionContent()),
    ];
    const digest = async (secret: string) => (await find(secret))?.cookie.digest;
    const [ofNone, ofMoved, ofOther] = [await digest(none), await digest(moved), await digest(other)];
    await api.query('UPDATE api_session SET used = NULL WHERE session_digest = $1', [ofNone]);
    await api.query(
      'UPDATE api_session SET used = (SELECT used FROM api_session WHERE session_digest = $2) WHERE session_digest = $1',
      [ofMoved, ofOther],
    );
    expect([await find(none), await find(moved), (await find(other))?.kind]).toEqual([null, null, 'person']);
  });

  it('says in no column when it was used', async () => {
    await api.openSession(sessionContent());
    const columns = await api.query<{ data_type: string }>(
      "SELECT data_type FROM information_schema.columns WHERE table_name = 'api_session'",
    );
    expect(new Set(columns.map(({ data_type }) => data_type))).toEqual(new Set(['bytea', 'date']));
  });
});

describe('a session that the vault ends', () => {
  const end = (session: string) =>
    api.unitOfWork.run((tx) => api.sessionsStore.end(tx, [decodeId('ssn', session)]));

  it('lets nobody in, and remembers nothing', async () => {
    const content = sessionContent(undefined, permits);
    const secret = await api.openSession(content);
    const caller = (await find(secret)) as ApiPerson;
    for (let n = 0; n < 2; n++) await end(content.session);
    expect(await find(secret)).toBeNull();
    await api.unitOfWork.run((tx) => api.sessions.remember(tx, caller, knownPermit('analytics')));
    expect(await find(secret)).toBeNull();
    const [row] = await api.query<{ sealed: Buffer; used: Buffer | null }>(
      'SELECT sealed, used FROM api_session WHERE session = $1',
      [decodeId('ssn', content.session)],
    );
    expect(row).toMatchObject({ sealed: Buffer.alloc(0), used: null });
  });

  it('does not begin afterwards, when its code was redeemed just before', async () => {
    const content = sessionContent();
    await end(content.session);
    await expect(api.openSession(content)).rejects.toThrow('sessions.code_invalid');
  });

  it('does not begin beside it either, whichever is first', async () => {
    for (let round = 0; round < 30; round++) {
      const content = sessionContent();
      const [opened] = await Promise.allSettled([api.openSession(content), end(content.session)]);
      if (opened.status === 'fulfilled') expect(await find(opened.value)).toBeNull();
    }
  });
});
