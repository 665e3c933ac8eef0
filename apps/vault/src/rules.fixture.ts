import { staff } from '@integument/authz';
import { type ApprovalId, type BodyOf, draftRules } from '@integument/contracts';
import type { Asker } from '@integument/http';
import { FIRST_RULES } from './features/rules/first-rules.js';
import type { VaultStaff } from './platform/callers.js';
import type { TestVault } from './vault.fixture.js';

const REASON = { code: 'legal', reference: 'CASE-7' } as const;
const { reveals: FIRST } = JSON.parse(FIRST_RULES) as { reveals: object[] };

/** Rules and reveal policies as they are sent; without reveals those of version 1. */
export interface Parts {
  readonly rules?: readonly object[];
  readonly reveals?: readonly object[];
}

export async function memberOf(
  vault: TestVault,
  name: string,
  roles: string[],
  regions: string[] = [],
): Promise<Asker<VaultStaff>> {
  const account = await vault.appoint(name, roles);
  const fields = { id: account.toString('hex'), session: name, roles, regions };
  const caller = staff({ ...fields, secondFactorAt: new Date() });
  return { caller: caller as unknown as VaultStaff, requestId: `req-${name}` };
}

/** The two people whom it takes to put rules in force. */
export class RuleMakers {
  private constructor(
    private readonly vault: TestVault,
    readonly admin: Asker<VaultStaff>,
    readonly officer: Asker<VaultStaff>,
  ) {}

  static async of(vault: TestVault): Promise<RuleMakers> {
    const admin = await memberOf(vault, 'adam', ['admin']);
    return new RuleMakers(vault, admin, await memberOf(vault, 'olivia', ['privacy-officer']));
  }

  draft({ rules = [], reveals = FIRST }: Parts) {
    const body = draftRules.body?.parse({ format: 1, rules, reveals }) as BodyOf<typeof draftRules>;
    return this.vault.unitOfWork.run((tx) => this.vault.rules.draft(tx, this.admin, body));
  }

  async approved(version: number, digest: string): Promise<ApprovalId> {
    const parameters = { version: String(version), digest };
    const asked = { operation: 'rules.enact' as const, parameters, reason: REASON };
    const { unitOfWork, requests, decisions } = this.vault;
    // What an earlier test asked for and left would be in the way.
    await this.vault.query(
      `DELETE FROM approval WHERE operation = 'rules.enact' AND parameters = $1 AND used_at IS NULL`,
      [JSON.stringify(parameters)],
    );
    const { approval } = await unitOfWork.run((tx) => requests.request(tx, this.admin, asked));
    await unitOfWork.run((tx) => decisions.approve(tx, this.officer, approval as ApprovalId));
    return approval as ApprovalId;
  }

  /** Who asks afterwards by a fresh replica is answered by this version. */
  async enact(parts: Parts): Promise<number> {
    const { version, digest, state } = await this.draft(parts);
    if (state === 'in-force') return version;
    const approval = await this.approved(version, digest);
    const body = { digest, approval };
    await this.vault.unitOfWork.run((tx) => this.vault.rules.enact(tx, this.admin, { version }, body));
    return version;
  }
}
