import { randomBytes } from 'node:crypto';
import type { beginPasskey, beginTotp, FactorId, NewPasskey, ReplyOf } from '@integument/contracts';
import { type CodedError } from '@integument/contracts';
import { context, encodeId, randomId } from '@integument/crypto';
import type { Tx } from '@integument/database';
import { type Asker, hasSteppedUp, stepUpRequired } from '@integument/http';
import { accountOf, type VaultStaff } from '../../platform/callers.js';
import type { DomainKeys } from '../keys/index.js';
import { isFresh } from '../sessions/index.js';
import { factorEnrolled, type RaisingAction } from './factors.audit.js';
import { knownPasskey, notBegun, refused, signInNotFresh, tooMany } from './factors.errors.js';
import type { FactorsStore } from './factors.store.js';
import type { Passkeys } from './passkeys.js';
import type { Raised, SessionRaiser } from './session-raiser.js';
import { newTotpSecret, totpStepOf, totpUri } from './totp.js';

const BEGUN_SECONDS = 300;
const MOST_FACTORS = 5;
const CHALLENGE_BYTES = 32;

export type Enrolled = Raised & { readonly factor: FactorId };

/**
 * Enrols second factors: from a fresh sign-in, and where the account has one already only from a session that has just used it.
 * Otherwise whoever has the password would bring a factor of their own.
 */
export class FactorEnrolment {
  constructor(
    private readonly store: FactorsStore,
    private readonly keys: DomainKeys,
    private readonly passkeys: Passkeys,
    private readonly raiser: SessionRaiser,
    private readonly now: () => number = Date.now,
  ) {}

  async beginTotp(tx: Tx, asker: Asker<VaultStaff>): Promise<ReplyOf<typeof beginTotp>> {
    await this.admit(tx, asker);
    const { sessionDigest, roles } = asker.caller;
    const secret = newTotpSecret();
    const factorId = randomId();
    const place = ownerOf(accountOf(asker.caller), factorId);
    const wrapped = this.keys.mint('factor', place, Buffer.from(secret));
    await this.store.putEnrolment(tx, sessionDigest, { factorId, wrapped }, this.endOfBegun());
    return { uri: totpUri(secret, roles.join(', ')), secret, expiresIn: BEGUN_SECONDS };
  }

  async finishTotp(tx: Tx, asker: Asker<VaultStaff>, code: string): Promise<Enrolled> {
    await this.admit(tx, asker);
    const account = accountOf(asker.caller);
    const now = new Date(this.now());
    const begun = await this.store.findEnrolment(tx, asker.caller.sessionDigest, now);
    if (!begun) throw notBegun();
    const owner = ownerOf(account, begun.factorId);
    this.keys.demandWarm([begun.wrapped], 1);
    const secret = this.keys.unwrapBeside('factor', owner, begun.wrapped);
    const step = totpStepOf(secret.toString(), code, now.getTime());
    // Not counted as a guess: whoever is asked for this code was shown the secret.
    if (step === null) throw refused();
    // Under the key as it is now: the one it was begun under may be leaving, and all that lay under it have been moved.
    const wrapped = this.keys.rewrap('factor', owner, begun.wrapped);
    await this.store.insertTotp(tx, account, { ...begun, wrapped }, step, now);
    return this.enrolled(tx, asker, factorEnrolled.totp, begun.factorId, now);
  }

  async beginPasskey(tx: Tx, asker: Asker<VaultStaff>): Promise<ReplyOf<typeof beginPasskey>> {
    await this.admit(tx, asker);
    const { sessionDigest, roles } = asker.caller;
    const account = accountOf(asker.caller);
    const challenge = randomBytes(CHALLENGE_BYTES);
    await this.store.putChallenge(tx, sessionDigest, 'enrol', challenge, this.endOfBegun());
    const known = (await this.store.findPasskeys(tx, account)).map(({ credential }) => credential);
    return this.passkeys.creationOptions(challenge, account, roles, known);
  }

  /** @returns a refusal in place of throwing it where the challenge must stay spent */
  async finishPasskey(tx: Tx, asker: Asker<VaultStaff>, made: NewPasskey): Promise<Enrolled | CodedError> {
    await this.admit(tx, asker);
    const now = new Date(this.now());
    const challenge = await this.store.takeChallenge(tx, asker.caller.sessionDigest, 'enrol', now);
    if (!challenge) return notBegun();
    const passkey = await this.passkeys.verifyNew(made, challenge);
    if (!passkey) return refused();
    const factorId = randomId();
    const isNew = await this.store.insertPasskey(tx, accountOf(asker.caller), factorId, passkey, now);
    return isNew ? this.enrolled(tx, asker, factorEnrolled.passkey, factorId, now) : knownPasskey();
  }

  /** Asked at the beginning and at the end: between the two somebody else may have enrolled a factor of this account. */
  private async admit(tx: Tx, { caller }: Asker<VaultStaff>): Promise<void> {
    const account = accountOf(caller);
    await this.store.lockOwnAccount(tx, account);
    if (!isFresh(caller, this.now())) throw signInNotFresh();
    const { length } = await this.store.findAll(tx, account);
    if (length > 0 && !hasSteppedUp(caller, this.now())) throw stepUpRequired();
    if (length >= MOST_FACTORS) throw tooMany();
  }

  private async enrolled(
    tx: Tx,
    asker: Asker<VaultStaff>,
    action: RaisingAction,
    factorId: Buffer,
    now: Date,
  ): Promise<Enrolled> {
    const raised = await this.raiser.raise(tx, asker, action, now, factorId);
    return { ...raised, factor: encodeId('fct', factorId) as FactorId };
  }

  private endOfBegun(): Date {
    return new Date(this.now() + BEGUN_SECONDS * 1_000);
  }
}

/** Whose secret it is, and in which row: moved to another, it does not open. */
export function ownerOf(account: Buffer, factorId: Buffer): Buffer {
  return context('factor', account, factorId);
}
