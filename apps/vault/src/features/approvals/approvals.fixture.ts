import { type ApprovalId } from '@integument/contracts';
import { encodeId, randomId } from '@integument/crypto';
import { afterAll, beforeAll, beforeEach } from 'vitest';
import { Member } from '../../member.fixture.js';
import { TestVault } from '../../vault.fixture.js';

export const HOUR = 3_600_000;
export const EMERGENCY = { code: 'break-glass', reference: 'INC-1' } as const;

export let vault: TestVault;
export let auditor: Member;
export let officer: Member;
beforeAll(async () => {
  vault = await TestVault.open();
});
afterAll(() => vault.close());
beforeEach(async () => {
  vault.ahead = 0;
  [auditor, officer] = [await somebody('auditor'), await somebody('privacy-officer')];
});

let subjects = 0;
/** Somebody of staff whom no other test knows. */
export const somebody = (...roles: string[]) => Member.appointed(vault, `member-${++subjects}`, roles);
export const aSubject = () => ({ subject: randomId().toString('base64url').padEnd(43, 'A') });
export const anId = () => encodeId('apr', randomId()) as ApprovalId;
export const use = (who: Member, approval: ApprovalId, parameters: { subject: string }) =>
  who.ask((tx, asker) => vault.approvals.use(tx, asker, 'evidence.open', parameters, approval));
export const read = (who: Member, approval: ApprovalId) =>
  who.ask((tx, asker) => vault.decisions.read(tx, asker, approval));
export const list = async (who: Member, show: 'waiting' | 'mine' | 'review') =>
  (await who.ask((tx, asker) => vault.decisions.list(tx, asker, show))).approvals.map(
    ({ approval }) => approval,
  );
export const refuse = (who: Member, approval: ApprovalId) =>
  who.ask((tx, asker) => vault.decisions.refuse(tx, asker, approval, 'not_justified'));
export const takeBack = (who: Member, approval: ApprovalId) =>
  who.ask((tx, asker) => vault.requests.takeBack(tx, asker, approval));
export const setRoles = (who: Member, ...roles: string[]) =>
  vault.query('UPDATE staff SET roles = $2 WHERE account = $1', [accountOf(who), roles]);
export const accountOf = (who: Member) => Buffer.from(who.asker.caller.id, 'hex');

export async function breakGlass(who: Member, parameters = aSubject()): Promise<ApprovalId> {
  const asked = { operation: 'evidence.open', parameters, reason: EMERGENCY } as const;
  return (await who.ask((tx, asker) => vault.requests.breakGlass(tx, asker, asked))).approval as ApprovalId;
}
export const review = (
  who: Member,
  approval: ApprovalId,
  outcome: 'justified' | 'not_justified' = 'justified',
) => who.ask((tx, asker) => vault.decisions.review(tx, asker, approval, { outcome, reference: 'REV-1' }));

export const hundred = (work: () => Promise<unknown>) => Array.from({ length: 100 }, work);

/** The vault ends and starts again on the same database. */
export async function restart(): Promise<void> {
  vault = await vault.restart();
}
