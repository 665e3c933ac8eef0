import { createHash, randomBytes } from 'node:crypto';
import type { AuditLog } from '@integument/audit-log';
import { person, staff } from '@integument/authz';
import { CodedError, type ReplyOf, type redeemSignInCode, type SignInCode } from '@integument/contracts';
import { context, decodeId, encodeId, randomId } from '@integument/crypto';
import type { Tx } from '@integument/database';
import { type Asker, askerIn, by, type Circumstances } from '@integument/http';
import { accountOf, type VaultPerson, type VaultStaff } from '../../platform/callers.js';
import type { PeopleEnroller } from '../people/index.js';
import type { PermitsService } from '../permits/index.js';
import type { RegistryStore } from '../registry/index.js';
import type { Authentication } from './relying-party.js';
import {
  signedIn,
  signedOut,
  signInCodeIssued,
  signInCodeRedeemed,
  staffCodeRedeemed,
} from './sign-in.audit.js';
import type { SessionRow, SignInStore } from './sign-in.store.js';

const SECRET_BYTES = 32;
const SECRET_TEXT = /^[A-Za-z0-9_-]{43}$/;
const CODE_SECONDS = 60;
const PERSON_HOURS = 12;
const STAFF_HOURS = 8;

export class SignInService {
  constructor(
    private readonly store: SignInStore,
    private readonly registry: RegistryStore,
    private readonly people: PeopleEnroller,
    private readonly permits: PermitsService,
    private readonly audit: AuditLog,
    private readonly now: () => number = Date.now,
  ) {}

  /**
   * Starts a session for who the provider says signed in: staff where the registry knows the account, otherwise the
   * person it belongs to, who is enrolled on the spot if nobody does yet.
   * @returns the cookie's secret, base64url; only its digest is kept
   */
  async begin(tx: Tx, circumstances: Circumstances, authentication: Authentication): Promise<string> {
    const account = this.people.accountOf(authentication.issuer, authentication.subject);
    const roles = await this.registry.findRoles(tx, account);
    const personId = roles ? null : await this.people.personOf(tx, account, circumstances);
    const secret = randomBytes(SECRET_BYTES);
    const hours = roles ? STAFF_HOURS : PERSON_HOURS;
    await this.store.insertSession(tx, {
      session: digestOf(secret),
      personId,
      staff: roles ? account : null,
      acr: authentication.acr,
      authenticatedAt: authentication.authenticatedAt,
      factorAt: null,
      expiresAt: new Date(this.now() + hours * 3_600_000),
    });
    const caller = await this.find(tx, secret.toString('base64url'));
    // The person is being erased: the session would let nobody in, so none is begun.
    if (!caller) throw new CodedError('sign_in.account_closed', 403, 'This account cannot sign in.');
    await this.audit.append(tx, signedIn(by(askerIn(circumstances, caller))));
    return secret.toString('base64url');
  }

  async find(tx: Tx, secretText: string): Promise<VaultPerson | VaultStaff | null> {
    if (!SECRET_TEXT.test(secretText)) return null;
    const row = await this.store.findSession(tx, digestOf(Buffer.from(secretText, 'base64url')));
    return row && toCaller(row);
  }

  /**
   * Begins another session in place of one that has just used a second factor. With the old secret go the one-time codes it was
   * given: whoever knew it before, because they planted or saw it, does not rise with its owner.
   * @throws CodedError `auth.required` where the session has ended meanwhile
   */
  async raise(tx: Tx, caller: VaultStaff, factorAt: Date): Promise<{ secret: string; caller: VaultStaff }> {
    const ended = await this.store.takeStaffSession(tx, caller.sessionDigest);
    if (!ended) throw new CodedError('auth.required', 401, 'This session has ended. Sign in again.');
    const secret = randomBytes(SECRET_BYTES);
    const session = {
      session: digestOf(secret),
      personId: null,
      staff: ended.staff,
      acr: ended.acr,
      authenticatedAt: ended.authenticated_at,
      factorAt,
      expiresAt: ended.expires_at,
    };
    await this.store.insertSession(tx, session);
    const raised = await this.store.findSession(tx, session.session);
    if (!raised) throw new Error('a session that was just begun is not there');
    return { secret: secret.toString('base64url'), caller: toCaller(raised) as VaultStaff };
  }

  /** Ends all other sessions of a member of staff. */
  async endOthers(tx: Tx, caller: VaultStaff): Promise<void> {
    await this.store.deleteOthers(tx, accountOf(caller), caller.sessionDigest);
  }

  async issueCode(
    tx: Tx,
    asker: Asker<VaultPerson | VaultStaff>,
  ): Promise<{ code: SignInCode; expiresIn: number }> {
    const code = randomId();
    const expiresAt = new Date(this.now() + CODE_SECONDS * 1_000);
    await this.store.insertCode(tx, digestOf(code), asker.caller.sessionDigest, expiresAt);
    await this.audit.append(tx, signInCodeIssued(by(asker)));
    return { code: encodeId('sic', code) as SignInCode, expiresIn: CODE_SECONDS };
  }

  /** @throws CodedError `sign_in.code_invalid`, the same for spent, late and never issued */
  async redeem(tx: Tx, asker: Asker, code: SignInCode): Promise<ReplyOf<typeof redeemSignInCode>> {
    const row = await this.store.takeCode(tx, digestOf(decodeId('sic', code)));
    // Staff get a code only after a second factor; one from before there were any must not carry the first alone over.
    const oneFactor = row?.staff && !row.factor_at;
    // An erasure lists the sessions that are to be ended: one that is made beside it would be on no list.
    if (!row || oneFactor || (row.person_id && !(await this.store.lockAgainstErasure(tx, row.person_id)))) {
      throw new CodedError('sign_in.code_invalid', 409, 'This code is not valid any more.');
    }
    const session = randomId();
    await this.store.insertApiSession(tx, session, row.person_id, row.expires_at);
    const name = encodeId('ssn', session);
    await this.audit.append(tx, redeemedBy(asker, row, name));
    return {
      session: name,
      kind: row.person_id ? 'person' : 'staff',
      roles: row.roles ?? [],
      acr: row.acr,
      authenticatedAt: row.authenticated_at.toISOString(),
      factorAt: row.factor_at?.toISOString() ?? null,
      expiresAt: row.expires_at.toISOString(),
      permits: row.person_id ? await this.permits.ofPerson(tx, row.person_id) : [],
    };
  }

  async end(tx: Tx, asker: Asker<VaultPerson | VaultStaff>): Promise<void> {
    await this.store.deleteSession(tx, asker.caller.sessionDigest);
    await this.audit.append(tx, signedOut(by(asker)));
  }
}

function toCaller(row: SessionRow): VaultPerson | VaultStaff {
  const common = {
    sessionDigest: row.session,
    // Names the session in the audit log without being its key.
    session: createHash('sha256').update(row.session).digest().subarray(0, 16).toString('hex'),
    authenticatedAt: row.authenticated_at,
    expiresAt: row.expires_at,
  };
  if (row.staff) {
    const factor = row.factor_at && { secondFactorAt: row.factor_at };
    return staff({ ...common, ...factor, id: row.staff.toString('hex'), roles: row.roles ?? [] });
  }
  const { subject } = row;
  if (!row.person_id || !subject) throw new Error('a session of nobody');
  return person({ ...common, id: subject.toString('hex'), personId: row.person_id });
}

function digestOf(secret: Buffer): Buffer {
  return createHash('sha256').update(context('integument/vault-secret/v1', secret)).digest();
}

function redeemedBy(asker: Asker, { staff, subject }: SessionRow, session: string) {
  if (!staff) return signInCodeRedeemed({ ...by(asker), subject: subject ?? undefined });
  return staffCodeRedeemed({ ...by(asker), object: session, details: { staff: staff.toString('hex') } });
}
