import type { ApprovalId, OperationName, ParametersOf } from '@integument/contracts';
import { Member } from './features/factors/factors.fixture.js';
import type { TestVault } from './vault.fixture.js';

export { Member };

export const CASE = { code: 'legal', reference: 'CASE-7' } as const;

/** Asks for an operation. */
export async function requested<N extends OperationName>(
  vault: TestVault,
  who: Member,
  operation: N,
  parameters: ParametersOf<N>,
): Promise<ApprovalId> {
  const asked = { operation, parameters, reason: CASE } as Parameters<typeof vault.requests.request>[2];
  return (await who.ask((tx, asker) => vault.requests.request(tx, asker, asked))).approval as ApprovalId;
}

export async function approve(vault: TestVault, who: Member, approval: ApprovalId): Promise<void> {
  await who.ask((tx, asker) => vault.decisions.approve(tx, asker, approval));
}

/** One asks, another agrees. */
export async function agreed<N extends OperationName>(
  vault: TestVault,
  [requester, approver]: readonly [Member, Member],
  operation: N,
  parameters: ParametersOf<N>,
): Promise<ApprovalId> {
  const approval = await requested(vault, requester, operation, parameters);
  await approve(vault, approver, approval);
  return approval;
}
