import type { AuditLog } from '@integument/audit-log';
import type { GuardianshipId, PurposeName, SignInCode } from '@integument/contracts';
import { decodeId } from '@integument/crypto';
import type { Tx } from '@integument/database';
import { type Asker, by } from '@integument/http';
import type { VaultPerson } from '../../platform/callers.js';
import { type ActiveGuardianships, guardianshipNotFound, signInNotFresh } from '../guardianships/index.js';
import { isFresh } from '../sessions/index.js';
import { guardianCodeIssued } from './sign-in.audit.js';
import type { SignInCodes } from './sign-in-codes.js';

/** Whose a session of the data plane is. */
export interface SessionOwner {
  readonly person_id: Buffer | null;
  /** in the audit log; null of staff */
  readonly subject: Buffer | null;
  /** under which somebody else acts in it */
  readonly guardianship: Buffer | null;
  /** the only ones that it is about; null: all */
  readonly purposes: readonly PurposeName[] | null;
  readonly expires_at: Date;
}

/** Codes by which somebody goes on as the guardian of a child. */
export class GuardianCodes {
  constructor(
    private readonly codes: SignInCodes,
    private readonly guardianships: ActiveGuardianships,
    private readonly audit: AuditLog,
    private readonly now: () => number = Date.now,
  ) {}

  /** @throws CodedError `guardianships.sign_in_not_fresh`, `guardianships.not_found` for somebody else's, and one that is over */
  async issue(
    tx: Tx,
    asker: Asker<VaultPerson>,
    name: GuardianshipId,
  ): Promise<{ code: SignInCode; expiresIn: number }> {
    // First they themselves, as their erasure does: it ends their sessions, and then what they answer for.
    await this.codes.holdPerson(tx, asker.caller.personId);
    const found = await this.guardianships.lock(tx, decodeId('gua', name));
    if (!found?.guardian_id.equals(asker.caller.personId)) throw guardianshipNotFound();
    if (!isFresh(asker.caller, this.now())) throw signInNotFresh();
    const issued = await this.codes.issue(tx, asker, found.guardianship);
    await this.audit.append(tx, guardianCodeIssued({ ...by(asker), subject: found.subject, object: name }));
    return issued;
  }

  /** The child, until it is old enough at the latest. @returns null where the guardianship is over */
  async ownerOf(tx: Tx, guardianship: Buffer, expiresAt: Date): Promise<SessionOwner | null> {
    const found = await this.guardianships.lock(tx, guardianship);
    if (!found) return null;
    const end = Date.parse(found.ends_on);
    return {
      person_id: found.child_id,
      subject: found.subject,
      guardianship,
      purposes: found.purposes,
      expires_at: new Date(Math.min(end, expiresAt.getTime())),
    };
  }
}
