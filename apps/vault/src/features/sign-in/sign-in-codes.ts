import type { SignInCode } from '@integument/contracts';
import { encodeId, randomId } from '@integument/crypto';
import type { Tx } from '@integument/database';
import type { Asker } from '@integument/http';
import type { VaultPerson, VaultStaff } from '../../platform/callers.js';
import { secretDigest, sessionGone } from '../sessions/index.js';
import type { SignInStore } from './sign-in.store.js';

const CODE_SECONDS = 60;

/** One-time codes by which a session here becomes one of the data plane. */
export class SignInCodes {
  constructor(
    private readonly store: SignInStore,
    private readonly now: () => number = Date.now,
  ) {}

  /** Nobody erases them until the transaction ends. @throws CodedError `auth.required` where that has begun */
  async holdPerson(tx: Tx, personId: Buffer): Promise<void> {
    if (!(await this.store.lockAgainstErasure(tx, personId))) throw sessionGone();
  }

  /** @param guardianship of the child whose session it becomes; of the caller's own where there is none */
  async issue(
    tx: Tx,
    { caller }: Asker<VaultPerson | VaultStaff>,
    guardianship: Buffer | null = null,
  ): Promise<{ code: SignInCode; expiresIn: number }> {
    const code = randomId();
    const expiresAt = new Date(this.now() + CODE_SECONDS * 1_000);
    const digest = secretDigest(code);
    if (!(await this.store.insertCode(tx, digest, caller.sessionDigest, expiresAt, guardianship)))
      throw sessionGone();
    return { code: encodeId('sic', code) as SignInCode, expiresIn: CODE_SECONDS };
  }
}
