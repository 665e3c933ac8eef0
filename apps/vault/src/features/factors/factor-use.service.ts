import { randomBytes } from 'node:crypto';
import type { beginUse, CodedError, PasskeyAssertion, ReplyOf } from '@integument/contracts';
import type { Tx } from '@integument/database';
import type { Asker } from '@integument/http';
import { accountOf, type VaultStaff } from '../../platform/callers.js';
import type { DomainKeys } from '../keys/index.js';
import { waitAfter } from './back-off.js';
import { ownerOf } from './factor-enrolment.service.js';
import { factorUsed } from './factors.audit.js';
import { notBegun, refused, wait } from './factors.errors.js';
import type { FactorsStore } from './factors.store.js';
import type { Passkeys } from './passkeys.js';
import { recoveryCodeDigest } from './recovery-codes.js';
import type { Raised, SessionRaiser } from './session-raiser.js';
import { totpStepOf } from './totp.js';

const CHALLENGE_BYTES = 32;
const CHALLENGE_MS = 300_000;

/**
 * Uses a second factor: each code, challenge and recovery code once, whatever else asks at the same time. What has to stay although
 * the answer is no (a guess that was counted, a challenge that is spent) is why a refusal is returned here and thrown by the edge.
 */
export class FactorUse {
  constructor(
    private readonly store: FactorsStore,
    private readonly keys: DomainKeys,
    private readonly passkeys: Passkeys,
    private readonly raiser: SessionRaiser,
    private readonly now: () => number = Date.now,
  ) {}

  /**
   * Guesses wait for each other longer and longer, per account: only who has signed in to it can make one. Who is kept waiting by
   * somebody with their password has passkeys and recovery codes, which can't be guessed and so never wait.
   */
  async useTotp(tx: Tx, asker: Asker<VaultStaff>, code: string): Promise<Raised | CodedError> {
    const account = accountOf(asker.caller);
    const now = new Date(this.now());
    await this.store.lockOwnAccount(tx, account);
    const failures = await this.failuresSoFar(tx, account, now);
    const factors = await this.store.findTotp(tx, account);
    this.keys.demandWarm(factors.map(({ wrapped }) => wrapped));
    for (const { factorId, wrapped } of factors) {
      const secret = this.keys.unwrapBeside('factor', ownerOf(account, factorId), wrapped).toString();
      const step = totpStepOf(secret, code, now.getTime());
      if (step === null) continue;
      // No guess, but a right code a second time: it says no more than a wrong one, and costs its owner no waiting.
      if (!(await this.store.spendStep(tx, factorId, step, now))) return refused();
      await this.store.clearAttempts(tx, account);
      return this.raiser.raise(tx, asker, factorUsed.totp, now, factorId);
    }
    const until = new Date(now.getTime() + waitAfter(failures + 1) * 1_000);
    await this.store.putAttempts(tx, account, failures + 1, until);
    return refused();
  }

  async beginPasskey(tx: Tx, { caller }: Asker<VaultStaff>): Promise<ReplyOf<typeof beginUse>> {
    const challenge = randomBytes(CHALLENGE_BYTES);
    const expiresAt = new Date(this.now() + CHALLENGE_MS);
    await this.store.putChallenge(tx, caller.sessionDigest, 'use', challenge, expiresAt);
    const known = await this.store.findPasskeys(tx, accountOf(caller));
    return this.passkeys.requestOptions(
      challenge,
      known.map(({ credential }) => credential),
    );
  }

  async usePasskey(
    tx: Tx,
    asker: Asker<VaultStaff>,
    assertion: PasskeyAssertion,
  ): Promise<Raised | CodedError> {
    const account = accountOf(asker.caller);
    const now = new Date(this.now());
    await this.store.lockOwnAccount(tx, account);
    const challenge = await this.store.takeChallenge(tx, asker.caller.sessionDigest, 'use', now);
    if (!challenge) return notBegun();
    const id = Buffer.from(assertion.id, 'base64url');
    const passkey = (await this.store.findPasskeys(tx, account)).find(({ credential }) =>
      credential.equals(id),
    );
    const counter = passkey && (await this.passkeys.verifyAssertion(assertion, challenge, passkey));
    if (!passkey || counter === null || counter === undefined) return refused();
    if (!(await this.store.advanceCounter(tx, passkey.factorId, counter, now))) return refused();
    return this.raiser.raise(tx, asker, factorUsed.passkey, now, passkey.factorId);
  }

  /** Lifts this session and changes nothing else: the factors stay, and the next sign-in asks for one. */
  async useRecoveryCode(tx: Tx, asker: Asker<VaultStaff>, code: string): Promise<Raised> {
    const account = accountOf(asker.caller);
    await this.store.lockOwnAccount(tx, account);
    if (!(await this.store.takeRecoveryCode(tx, account, recoveryCodeDigest(account, code)))) throw refused();
    return this.raiser.raise(tx, asker, factorUsed.recoveryCode, new Date(this.now()));
  }

  /** @throws CodedError `factors.wait`, before the code is looked at: what comes too soon tells nothing and counts nothing */
  private async failuresSoFar(tx: Tx, account: Buffer, now: Date): Promise<number> {
    const attempts = await this.store.findAttempts(tx, account);
    if (!attempts) return 0;
    const left = attempts.wait_until.getTime() - now.getTime();
    if (left > 0) throw wait(Math.ceil(left / 1_000));
    return attempts.failures;
  }
}
