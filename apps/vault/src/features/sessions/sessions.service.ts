import { createHash, randomBytes } from 'node:crypto';
import type { AuditLog } from '@integument/audit-log';
import { person, staff } from '@integument/authz';
import { type listSessions, notFound, type ReplyOf, type SignInId } from '@integument/contracts';
import { decodeId, encodeId, randomId } from '@integument/crypto';
import type { Tx } from '@integument/database';
import { type Asker, by, isSessionSecret } from '@integument/http';
import { accountOf, type VaultPerson, type VaultStaff } from '../../platform/callers.js';
import { secretDigest } from './secret-digest.js';
import { ofProvidersEnded, othersEnded, sessionEnded, sessionsListed, signedOut } from './sessions.audit.js';
import { sessionGone } from './sessions.errors.js';
import type { Owner, SessionRow, SessionsStore } from './sessions.store.js';

const SECRET_BYTES = 32;
/** More devices than anybody has; without an end to it, an erasure would have as many sessions to end. */
const MOST_SIGN_INS = 128;
/** However much it is used. */
export const SESSION_SECONDS = 12 * 3_600;

/** Who signed in, and from where. */
export interface Beginning extends Owner {
  /** the account at the provider, as its digest */
  readonly account: Buffer;
  /** the provider's own session, as its digest; null where it names none */
  readonly providerSession: Buffer | null;
  /** short name of the provider */
  readonly provider: string;
  readonly device: string;
  readonly acr: string;
  readonly authenticatedAt: Date;
}

type InSession = VaultPerson | VaultStaff;

/** A provider by its short name, and whether it may have staff. */
export interface ProviderTrust {
  readonly id: string;
  readonly staff: boolean;
}

/** Sessions of the vault, and with them those of the data plane that came of the same sign-in. */
export class SessionsService {
  constructor(
    private readonly store: SessionsStore,
    private readonly audit: AuditLog,
    private readonly now: () => number = Date.now,
  ) {}

  /**
   * @returns the cookie's secret, base64url, of which only a digest is kept, and who it lets in: null where the person is being erased
   */
  async begin(tx: Tx, beginning: Beginning): Promise<{ secret: string; caller: InSession | null }> {
    const signIn = randomId();
    const secret = randomBytes(SECRET_BYTES);
    const { personId, staff, acr, authenticatedAt } = beginning;
    const expiresAt = new Date(this.now() + SESSION_SECONDS * 1_000);
    const session = secretDigest(secret);
    await this.store.insertSignIn(tx, { ...beginning, signIn, expiresAt });
    await this.store.endOldest(tx, beginning, MOST_SIGN_INS);
    await this.store.insert(tx, {
      session,
      signIn,
      personId,
      staff,
      acr,
      authenticatedAt,
      factorAt: null,
      expiresAt,
    });
    const row = await this.store.find(tx, session);
    return { secret: secret.toString('base64url'), caller: row && toCaller(row) };
  }

  async find(tx: Tx, secretText: string): Promise<InSession | null> {
    if (!isSessionSecret(secretText)) return null;
    const row = await this.store.find(tx, secretDigest(Buffer.from(secretText, 'base64url')));
    return row && toCaller(row);
  }

  /**
   * Begins another session in place of one that has just used a second factor. With the old secret go the one-time codes it was
   * given: whoever knew it before, because they planted or saw it, does not rise with its owner.
   * @throws CodedError `auth.required` where the session has ended meanwhile
   */
  async raise(tx: Tx, caller: VaultStaff, factorAt: Date): Promise<{ secret: string; caller: VaultStaff }> {
    // First this, then the session: whoever ends the sign-in locks them in that order.
    const lives = await this.store.lockSignIn(tx, caller.signIn);
    const ended = lives && (await this.store.takeOfStaff(tx, caller.sessionDigest));
    if (!ended) throw sessionGone();
    const secret = randomBytes(SECRET_BYTES);
    const session = secretDigest(secret);
    await this.store.insert(tx, {
      session,
      signIn: ended.sign_in,
      personId: null,
      staff: ended.staff,
      acr: ended.acr,
      authenticatedAt: ended.authenticated_at,
      factorAt,
      expiresAt: ended.expires_at,
    });
    const raised = await this.store.find(tx, session);
    if (!raised) throw new Error('a session that was just begun is not there');
    return { secret: secret.toString('base64url'), caller: toCaller(raised) as VaultStaff };
  }

  async list(tx: Tx, asker: Asker<InSession>): Promise<ReplyOf<typeof listSessions>> {
    const rows = await this.store.findOwn(tx, ownerOf(asker.caller));
    await this.audit.append(tx, sessionsListed({ ...by(asker), count: rows.length }));
    return {
      sessions: rows.map(({ sign_in, device, began_at, used_at, factor_at }) => ({
        session: encodeId('sgn', sign_in) as SignInId,
        current: sign_in.equals(asker.caller.signIn),
        device,
        beganAt: began_at.toISOString(),
        usedAt: used_at?.toISOString() ?? null,
        factorAt: factor_at?.toISOString() ?? null,
      })),
    };
  }

  /** Ends the caller's own sign-in. @returns whose it was, and where */
  async signOut(tx: Tx, asker: Asker<InSession>): Promise<{ owner: Buffer; provider: string | null }> {
    const provider = await this.store.findProvider(tx, asker.caller.signIn);
    await this.store.end(tx, [asker.caller.signIn]);
    await this.audit.append(tx, signedOut(by(asker)));
    return { owner: idOf(asker.caller), provider };
  }

  /** @returns whose it was @throws CodedError `sign_in.session_not_found` for somebody else's, too */
  async endOne(tx: Tx, asker: Asker<InSession>, session: SignInId): Promise<Buffer> {
    const own = await this.store.lockOwn(tx, ownerOf(asker.caller));
    const signIn = decodeId('sgn', session);
    if (!own.some((one) => one.equals(signIn))) throw notFound('sign_in.session_not_found');
    await this.store.end(tx, [signIn]);
    await this.audit.append(tx, sessionEnded({ ...by(asker), object: session }));
    return idOf(asker.caller);
  }

  async endOthers(tx: Tx, asker: Asker<InSession>): Promise<Buffer> {
    const count = await this.endAllBut(tx, asker.caller);
    await this.audit.append(tx, othersEnded({ ...by(asker), count }));
    return idOf(asker.caller);
  }

  /** For who ends something else first of which sessions came. */
  async hold(tx: Tx, owner: Owner): Promise<void> {
    await this.store.lockOwn(tx, owner);
  }

  /**
   * All that came of any sign-in of somebody, and where others act for them, for another feature's effect, which has an entry of its own.
   */
  async endAllOf(tx: Tx, owner: Owner): Promise<void> {
    await this.store.end(tx, await this.store.lockOwn(tx, owner));
    if (owner.personId) await this.store.endGuarded(tx, owner.personId);
  }

  /**
   * What came of sign-ins at a provider that is no more, or of staff at one that has no staff any more: at a start, since only the
   * settings know. Another replica with the settings from before may begin new ones until it is restarted, too.
   */
  async endOfOtherProviders(tx: Tx, providers: readonly ProviderTrust[]): Promise<void> {
    const all = providers.map(({ id }) => id);
    const ofStaff = providers.flatMap(({ id, staff: may }) => (may ? [id] : []));
    const others = await this.store.lockOfOtherProviders(tx, all, ofStaff);
    if (others.length === 0) return;
    await this.store.end(tx, others);
    const actor = { kind: 'system', id: 'openid-providers' } as const;
    await this.audit.append(tx, ofProvidersEnded({ outcome: 'done', actor, count: others.length }));
  }

  /** All but the caller's, likewise. @returns how many sign-ins */
  async endAllBut(tx: Tx, caller: InSession): Promise<number> {
    const own = await this.store.lockOwn(tx, ownerOf(caller));
    const others = own.filter((one) => !one.equals(caller.signIn));
    await this.store.end(tx, others);
    return others.length;
  }
}

function toCaller(row: SessionRow): InSession {
  const common = {
    sessionDigest: row.session,
    signIn: row.sign_in,
    // Names the session in the audit log without being its key.
    session: createHash('sha256').update(row.session).digest().subarray(0, 16).toString('hex'),
    authenticatedAt: row.authenticated_at,
    expiresAt: row.expires_at,
  };
  if (row.staff) {
    const factor = row.factor_at && { secondFactorAt: row.factor_at };
    return staff({
      ...common,
      ...factor,
      id: row.staff.toString('hex'),
      roles: row.roles ?? [],
      regions: row.regions ?? [],
    });
  }
  const { subject } = row;
  if (!row.person_id || !subject) throw new Error('a session of nobody');
  return person({ ...common, id: subject.toString('hex'), personId: row.person_id });
}

/** The person, or the account of staff, as endings name them. */
function idOf(caller: InSession): Buffer {
  return caller.kind === 'staff' ? accountOf(caller) : caller.personId;
}

function ownerOf(caller: InSession): Owner {
  return caller.kind === 'staff'
    ? { personId: null, staff: accountOf(caller) }
    : { personId: caller.personId, staff: null };
}
