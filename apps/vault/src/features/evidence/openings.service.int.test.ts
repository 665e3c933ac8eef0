import { AuditLog } from '@integument/audit-log';
import type { ApprovalId, PurposeName } from '@integument/contracts';
import { commit, decodeId, encodeId, randomId } from '@integument/crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { agreed, CASE, Member, requested } from '../../member.fixture.js';
import { API, SHOP, TestVault } from '../../vault.fixture.js';
import { OpeningsService } from './openings.service.js';

let vault: TestVault;
let openings: OpeningsService;
let arthur: Member;
let olivia: Member;
beforeAll(async () => {
  vault = await TestVault.open();
  openings = new OpeningsService(vault.approvals, vault.evidence, new AuditLog());
  arthur = await Member.appointed(vault, 'arthur', ['auditor']);
  olivia = await Member.appointed(vault, 'olivia', ['privacy-officer']);
});
afterAll(() => vault.close());

const run: TestVault['unitOfWork']['run'] = (work) => vault.unitOfWork.run(work);
const open = (who: Member, subject: string, approval: ApprovalId) =>
  who.ask((tx, asker) => openings.open(tx, asker, { subject, approval }));

async function opened(subject: string) {
  const approval = await agreed(vault, [arthur, olivia], 'evidence.open', { subject });
  return open(arthur, subject, approval);
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
  const permit = await run((tx) => vault.permitOpenings.open(tx, API, { session, purpose, gate, epoch: 1 }));
  return { name, personId, permit, subject: person?.subject.toString('base64url') ?? '' };
}

async function erase(name: string): Promise<void> {
  const { erasure } = await run((tx) => vault.erasures.requestFor(tx, SHOP, name as never, CASE, null));
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

  it('are needed, and open once', async () => {
    const { subject } = await somebody();
    const approval = await requested(vault, arthur, 'evidence.open', { subject });
    await expect(open(arthur, subject, approval)).rejects.toThrow('approvals.not_approved');
    await olivia.ask((tx, asker) => vault.decisions.approve(tx, asker, approval));
    await expect(open(arthur, (await somebody()).subject, approval)).rejects.toThrow('other_parameters');
    await open(arthur, subject, approval);
    await expect(open(arthur, subject, approval)).rejects.toThrow('approvals.over');
  });

  it('leave an entry under the commitment with every step', async () => {
    const { subject } = await somebody();
    const before = (await vault.entries()).length;
    const approval = await agreed(vault, [arthur, olivia], 'evidence.open', { subject });
    await open(arthur, subject, approval);
    const steps = (await vault.entries()).slice(before).filter((entry) => entry.subject === subject);
    expect(steps.map(({ action, actor }) => [actor.id, action])).toEqual([
      [arthur.asker.caller.id, 'approvals.request'],
      [olivia.asker.caller.id, 'approvals.approve'],
      [arthur.asker.caller.id, 'evidence.open'],
    ]);
    expect(steps[2]).toMatchObject({ object: approval, reason: CASE });
  });
});

describe('a commitment', () => {
  it('that is none of ours can’t be opened, and doesn’t use the approval up', async () => {
    const subject = randomId().toString('base64url').padEnd(43, 'A');
    const approval = await agreed(vault, [arthur, olivia], 'evidence.open', { subject });
    for (let time = 0; time < 2; time++)
      await expect(open(arthur, subject, approval)).rejects.toThrow('evidence.gone');
  });

  it('of a permit whose time ran out alone has its period, too', async () => {
    const { permit } = await somebody('analytics');
    const { gate } = permit;
    await run((tx) => vault.permits.freeze(tx, API, { gate, epoch: 2 }));
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
