import { AuditLog } from '@integument/audit-log';
import { staff } from '@integument/authz';
import type { OpeningId, PurposeName } from '@integument/contracts';
import { commit, decodeId, encodeId, randomId } from '@integument/crypto';
import type { Asker } from '@integument/http';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { API, SHOP, TestVault } from '../../vault.fixture.js';
import { OpeningsService } from './openings.service.js';
import { OpeningsStore } from './openings.store.js';

const arthur = member('arthur', 'auditor');
const olivia = member('olivia', 'privacy-officer');
const REASON = { code: 'legal', reference: 'CASE-7' } as const;

let vault: TestVault;
let now: number;
let openings: OpeningsService;
beforeAll(async () => {
  vault = await TestVault.open();
  openings = new OpeningsService(new OpeningsStore(), vault.evidence, new AuditLog(), () => new Date(now));
});
afterAll(() => vault.close());
beforeEach(() => {
  now = Date.now();
});

function member(id: string, role: string): Asker {
  return { caller: staff({ id, session: `s-${id}`, roles: [role] }), requestId: `req-${id}` };
}

const run: TestVault['unitOfWork']['run'] = (work) => vault.unitOfWork.run(work);

async function requested(subject: string): Promise<OpeningId> {
  return (await run((tx) => openings.request(tx, arthur, { subject, reason: REASON }))).opening as OpeningId;
}

async function opened(subject: string) {
  const opening = await requested(subject);
  await run((tx) => openings.approve(tx, olivia, opening));
  return run((tx) => openings.open(tx, arthur, opening));
}

/** Somebody with a permit. @returns what the logs say of both */
async function somebody(purpose: PurposeName = 'ingest') {
  const name = await vault.enrol({ fields: { given_name: 'Ada' } });
  const personId = await vault.personIdOf(name);
  const [person] = await vault.query<{ subject: Buffer }>('SELECT subject FROM person WHERE person_id = $1', [
    personId,
  ]);
  const session = await vault.sessionOf(personId);
  const gate = encodeId('gat', randomId()) as never;
  const permit = await run((tx) => vault.permits.open(tx, API, { session, purpose, gate, epoch: 1 }));
  return { name, personId, permit, subject: person?.subject.toString('base64url') ?? '' };
}

async function erase(name: string): Promise<void> {
  const { erasure } = await run((tx) => vault.erasures.requestFor(tx, SHOP, name as never, REASON));
  await run((tx) => vault.erasures.gatesClosed(tx, API, erasure));
}

function holds({ subject, salt, id }: { subject: string; salt: string; id: string }): boolean {
  const bytes = (text: string) => Buffer.from(text, 'base64url');
  return commit(bytes(salt), bytes(id)).equals(bytes(subject));
}

describe('two people', () => {
  it('open whom a permit’s entries are about: the pseudonym, with a salt by which anybody can check it', async () => {
    const { permit } = await somebody();
    const result = await opened(permit.subject ?? '');
    expect(result).toMatchObject({
      kind: 'permit',
      purpose: 'ingest',
      pseudonym: permit.pseudonym,
      until: null,
    });
    expect(holds(result)).toBe(true);
    expect(decodeId('psn', permit.pseudonym).toString('base64url')).toBe(result.id);
  });

  it('open whom the vault’s entries are about', async () => {
    const { subject, personId } = await somebody();
    const result = await opened(subject);
    expect(result).toMatchObject({ kind: 'person', purpose: null, pseudonym: null, until: null });
    expect([holds(result), result.id]).toEqual([true, personId.toString('base64url')]);
  });

  it('can for the declared time after an erasure, and nobody after it', async () => {
    const { name, subject, permit } = await somebody();
    const permitSubject = permit.subject ?? '';
    await erase(name);
    for (const one of [subject, permitSubject]) {
      const result = await opened(one);
      expect(holds(result)).toBe(true);
      const days = (Date.parse(result.until ?? '') - Date.now()) / 86_400_000;
      expect(Math.round(days)).toBeGreaterThanOrEqual(1_094);
    }
    await vault.query('UPDATE evidence SET until = current_date - 1 WHERE until IS NOT NULL');
    for (const one of [subject, permitSubject]) await expect(opened(one)).rejects.toThrow('evidence.gone');
    await run((tx) => openings.sweep(tx));
    const left = await vault.query('SELECT 1 FROM evidence WHERE subject = ANY($1)', [
      [subject, permitSubject].map((text) => Buffer.from(text, 'base64url')),
    ]);
    expect(left).toEqual([]);
    expect(await vault.entries()).toContainEqual(
      expect.objectContaining({ action: 'evidence.lapse', count: 2 }),
    );
  });

  it('is never one: who asked can’t agree, also not in another role, and the database refuses it too', async () => {
    const opening = await requested((await somebody()).subject);
    const both = { ...arthur, caller: staff({ id: 'arthur', session: 's', roles: ['privacy-officer'] }) };
    await expect(run((tx) => openings.approve(tx, both, opening))).rejects.toThrow('evidence.same_person');
    await expect(run((tx) => openings.open(tx, arthur, opening))).rejects.toThrow('evidence.not_approved');
    const alone = vault.query('UPDATE evidence_opening SET approved_by = requested_by');
    await expect(alone).rejects.toMatchObject({ constraint: 'evidence_opening_two_people' });
  });

  it('open once, within a day, and only the one who asked', async () => {
    const opening = await requested((await somebody()).subject);
    await run((tx) => openings.approve(tx, olivia, opening));
    await expect(run((tx) => openings.approve(tx, olivia, opening))).rejects.toThrow('already_approved');
    const ada = member('ada', 'auditor');
    await expect(run((tx) => openings.open(tx, ada, opening))).rejects.toThrow('opening_not_found');
    now += 24 * 3_600_000;
    await expect(run((tx) => openings.open(tx, arthur, opening))).rejects.toThrow('opening_not_found');
    now -= 1_000;
    await run((tx) => openings.open(tx, arthur, opening));
    await expect(run((tx) => openings.open(tx, arthur, opening))).rejects.toThrow('opening_not_found');
  });

  it('see what waits, and leave an entry under the commitment with every step', async () => {
    const { subject } = await somebody();
    const before = (await vault.entries()).length;
    const opening = await requested(subject);
    const { openings: waiting } = await run((tx) => openings.list(tx, olivia));
    expect(waiting).toContainEqual(expect.objectContaining({ opening, mine: false, state: 'requested' }));
    await run((tx) => openings.approve(tx, olivia, opening));
    await run((tx) => openings.open(tx, arthur, opening));
    const steps = (await vault.entries()).slice(before).filter((entry) => entry.subject === subject);
    expect(steps.map(({ action, actor }) => `${actor.id} ${action}`)).toEqual([
      'arthur evidence.request',
      'olivia evidence.approve',
      'arthur evidence.open',
    ]);
    expect(steps[2]).toMatchObject({ object: opening, reason: REASON });
  });
});

describe('a commitment', () => {
  it('that is none of ours can’t be opened, and doesn’t use the agreement up', async () => {
    const opening = await requested(randomId().toString('base64url').padEnd(43, 'A'));
    await run((tx) => openings.approve(tx, olivia, opening));
    for (let time = 0; time < 2; time++) {
      await expect(run((tx) => openings.open(tx, arthur, opening))).rejects.toThrow('evidence.gone');
    }
  });

  it('of a permit whose time ran out alone has its period, too', async () => {
    const { permit } = await somebody('analytics');
    const { gate } = permit;
    await run((tx) => vault.permits.freeze(tx, API, gate, 2));
    await run((tx) => vault.permits.destroy(tx, API, gate, 2));
    const result = await opened(permit.subject ?? '');
    expect([holds(result), result.until === null]).toEqual([true, false]);
  });

  it('names nobody where it is kept: a row moved to another commitment does not open', async () => {
    const [one, other] = [await somebody(), await somebody()];
    const bytes = (text: string | null) => Buffer.from(text ?? '', 'base64url');
    await vault.query(
      `UPDATE evidence e SET sealed = o.sealed, wrapped_key = o.wrapped_key FROM evidence o
       WHERE e.subject = $1 AND o.subject = $2`,
      [bytes(one.permit.subject), bytes(other.permit.subject)],
    );
    await expect(opened(one.permit.subject ?? '')).rejects.toThrow('could not be opened');
  });
});
