import type { AuditLog } from '@integument/audit-log';
import { CodedError, type ReplyOf, type redeemSignInCode, type SignInCode } from '@integument/contracts';
import { decodeId, encodeId, randomId } from '@integument/crypto';
import type { Tx } from '@integument/database';
import { type Asker, askerIn, by, type Circumstances } from '@integument/http';
import type { VaultPerson, VaultStaff } from '../../platform/callers.js';
import {
  type LiveIndex,
  providerSessionDigest,
  type StaffNames,
  signInAccountDigest,
} from '../keys/index.js';
import type { PeopleEnroller } from '../people/index.js';
import type { PermitsService, StandingOptOuts } from '../permits/index.js';
import type { RegistryStore } from '../registry/index.js';
import {
  type SessionRow,
  type SessionsService,
  type SessionsStore,
  secretDigest,
} from '../sessions/index.js';
import type { GuardianCodes, SessionOwner } from './guardian-codes.js';
import type { Authentication } from './relying-party.js';
import { signedIn, signInCodeIssued, signInCodeRedeemed, staffCodeRedeemed } from './sign-in.audit.js';
import type { SignInStore } from './sign-in.store.js';
import type { SignInCodes } from './sign-in-codes.js';

/** Of one sign-in: more than the tabs that a page opens at once. */
const MOST_API_SESSIONS = 5;

export class SignInService {
  constructor(
    private readonly store: SignInStore,
    private readonly codes: SignInCodes,
    private readonly sessions: SessionsService,
    private readonly sessionsStore: SessionsStore,
    private readonly registry: RegistryStore,
    private readonly people: PeopleEnroller,
    private readonly permits: PermitsService,
    private readonly optOuts: StandingOptOuts,
    private readonly guardianCodes: GuardianCodes,
    private readonly index: LiveIndex,
    private readonly staffNames: StaffNames,
    private readonly audit: AuditLog,
  ) {}

  /**
   * Starts a session for who the provider says signed in: staff where the registry knows the account, otherwise the
   * person it belongs to, who is enrolled on the spot if nobody does yet.
   * @returns the cookie's secret, base64url; only its digest is kept
   */
  async begin(
    tx: Tx,
    circumstances: Circumstances,
    authentication: Authentication,
    device: string,
  ): Promise<string> {
    const { provider, issuer, subject, acr, authenticatedAt, mayBeStaff, providerSession } = authentication;
    const staff = this.staffNames.of(issuer, subject);
    const isStaff = mayBeStaff && (await this.registry.findRoles(tx, staff)) !== null;
    const { secret, caller } = await this.sessions.begin(tx, {
      personId: isStaff ? null : await this.people.personOf(tx, { issuer, subject }, circumstances),
      staff: isStaff ? staff : null,
      account: signInAccountDigest(this.index, issuer, subject),
      provider,
      providerSession:
        providerSession === undefined ? null : providerSessionDigest(this.index, issuer, providerSession),
      device,
      acr,
      authenticatedAt,
    });
    // The session would let nobody in, so none is begun.
    if (!caller) throw new CodedError('sign_in.account_closed', 403, 'This account cannot sign in.');
    await this.audit.append(tx, signedIn(by(askerIn(circumstances, caller))));
    return secret;
  }

  async issueCode(
    tx: Tx,
    asker: Asker<VaultPerson | VaultStaff>,
  ): Promise<{ code: SignInCode; expiresIn: number }> {
    const issued = await this.codes.issue(tx, asker);
    await this.audit.append(tx, signInCodeIssued(by(asker)));
    return issued;
  }

  /** @throws CodedError `sign_in.code_invalid`, the same for spent, late and never issued */
  async redeem(tx: Tx, asker: Asker, code: SignInCode): Promise<ReplyOf<typeof redeemSignInCode>> {
    const taken = await this.takeCode(tx, code);
    // Staff get a code only after a second factor; one from before there were any must not carry the first alone over.
    const oneFactor = taken?.row.staff && !taken.row.factor_at;
    const owner = taken && !oneFactor ? await this.ownerOf(tx, taken) : null;
    if (!taken || !owner) throw codeInvalid();
    const { row } = taken;
    const session = randomId();
    await this.sessionsStore.insertOfApi(tx, session, { ...row, ...owner }, owner.expires_at);
    await this.sessionsStore.endOldestOfApi(tx, row.sign_in, MOST_API_SESSIONS);
    const name = encodeId('ssn', session);
    await this.audit.append(tx, redeemedBy(asker, { ...row, ...owner }, name));
    const permits = owner.person_id ? await this.permits.ofPerson(tx, owner.person_id) : [];
    const optOuts = owner.person_id ? await this.optOuts.ofPerson(tx, owner.person_id) : [];
    const { purposes } = owner;
    return {
      session: name,
      kind: row.person_id ? 'person' : 'staff',
      roles: row.roles ?? [],
      acr: row.acr,
      authenticatedAt: row.authenticated_at.toISOString(),
      factorAt: row.factor_at?.toISOString() ?? null,
      expiresAt: owner.expires_at.toISOString(),
      permits: purposes ? permits.filter(({ purpose }) => purposes.includes(purpose)) : permits,
      guardian: purposes && { purposes: [...purposes] },
      optOuts,
    };
  }

  /** Whose session it becomes: their own, or a child's for which they answer. */
  private async ownerOf(tx: Tx, { row, guardianship }: TakenCode): Promise<SessionOwner | null> {
    if (!guardianship) return { ...row, guardianship, purposes: null };
    return this.guardianCodes.ownerOf(tx, guardianship, row.expires_at);
  }

  private async takeCode(tx: Tx, code: SignInCode): Promise<TakenCode | null> {
    const digest = secretDigest(decodeId('sic', code));
    // An erasure lists the sessions that are to be ended: one that is made beside it would be on no list.
    if (!(await this.store.lockBehind(tx, digest))) return null;
    const taken = await this.store.takeCode(tx, digest);
    const row = taken && (await this.sessionsStore.find(tx, taken.session));
    return row && { row, guardianship: taken.guardianship };
  }
}

interface TakenCode {
  /** the session at the vault that it was issued to */
  readonly row: SessionRow;
  readonly guardianship: Buffer | null;
}

const codeInvalid = () => new CodedError('sign_in.code_invalid', 409, 'This code is not valid any more.');

function redeemedBy(
  asker: Asker,
  { staff, subject, guardianship }: SessionRow & SessionOwner,
  session: string,
) {
  const object = guardianship ? encodeId('gua', guardianship) : undefined;
  if (!staff) return signInCodeRedeemed({ ...by(asker), subject: subject ?? undefined, object });
  return staffCodeRedeemed({ ...by(asker), object: session, details: { staff: staff.toString('hex') } });
}
