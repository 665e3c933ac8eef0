import { createHash, randomBytes } from 'node:crypto';
import { person, staff } from '@integument/authz';
import { type AnswerOf, CodedError, redeemSignInCode, type SignInCode } from '@integument/contracts';
import { context, decodeId, deriveKey, open, SealBroken, seal } from '@integument/crypto';
import type { Tx } from '@integument/database';
import { isSessionSecret, type SessionFinder } from '@integument/http';
import {
  type ApiPerson,
  type ApiStaff,
  type KnownPermit,
  type SessionContent,
  SessionCookie,
} from '../../platform/callers.js';
import { type VaultClient, VaultRefused } from '../../platform/vault-client.js';
import type { SessionsStore } from './sessions.store.js';

const SECRET_BYTES = 32;
const MINUTE_MS = 60_000;
/** Staff leave screens alone that show other people. The use is noted once a minute: what is idle ends up to a minute early, never late. */
const IDLE_MS = { person: 60 * MINUTE_MS, staff: 15 * MINUTE_MS } as const;

/**
 * Sessions of the data plane. The row is found by a digest of the cookie's secret and opened by a key derived from it:
 * a dump of the table names no session's permits, so purposes cannot be joined through it.
 */
export class SessionsService implements SessionFinder<ApiPerson | ApiStaff> {
  constructor(
    private readonly store: SessionsStore,
    private readonly vault: VaultClient,
    private readonly now: () => number = Date.now,
  ) {}

  /** @throws CodedError `sessions.code_invalid` for a code that is spent, unknown or too old */
  async redeem(code: SignInCode): Promise<SessionContent> {
    try {
      return toContent(await this.vault.call(redeemSignInCode, { body: { code } }));
    } catch (error) {
      if (error instanceof VaultRefused) {
        throw codeInvalid(error);
      }
      throw error;
    }
  }

  /** @returns the cookie's secret, base64url, which is kept nowhere else, and who it lets in */
  async create(tx: Tx, content: SessionContent): Promise<{ secret: string; caller: ApiPerson | ApiStaff }> {
    const secret = randomBytes(SECRET_BYTES);
    const cookie = cookieOf(secret);
    const usedAt = this.now();
    const begun = await this.store.insert(tx, {
      session_digest: cookie.digest,
      session: decodeId('ssn', content.session),
      sealed: sealContent(cookie, content),
      used: sealUse(cookie, usedAt),
      expires_on: content.expiresAt.slice(0, 10),
    });
    if (!begun) throw codeInvalid();
    return { secret: secret.toString('base64url'), caller: toCaller(content, cookie, usedAt) };
  }

  /** @returns null for a secret that is malformed, unknown or whose session has run out or was idle for too long */
  async find(tx: Tx, secretText: string): Promise<ApiPerson | ApiStaff | null> {
    if (!isSessionSecret(secretText)) return null;
    const cookie = cookieOf(Buffer.from(secretText, 'base64url'));
    const found = await this.store.find(tx, cookie.digest);
    const content = found && openContent(cookie, found.sealed);
    if (!content || Date.parse(content.expiresAt) <= this.now()) return null;
    const usedAt = openUse(cookie, found.used);
    return this.now() - usedAt <= IDLE_MS[content.kind] ? toCaller(content, cookie, usedAt) : null;
  }

  isUseDue({ usedAt }: ApiPerson | ApiStaff): boolean {
    return this.now() - usedAt >= MINUTE_MS;
  }

  async noteUse(tx: Tx, { cookie }: ApiPerson | ApiStaff): Promise<void> {
    await this.store.markUsed(tx, cookie.digest, sealUse(cookie, this.now()));
  }

  /** Keeps in the session which permit now lives for a purpose. */
  async remember(tx: Tx, caller: ApiPerson, permit: KnownPermit): Promise<void> {
    // Read again under a lock: another request of the session may just have added a permit of another purpose.
    const sealed = await this.store.lock(tx, caller.cookie.digest);
    const current = sealed && openContent(caller.cookie, sealed);
    if (!current) return;
    const others = current.permits.filter(({ purpose }) => purpose !== permit.purpose);
    const content = { ...current, permits: [...others, permit] };
    await this.store.reseal(tx, caller.cookie.digest, sealContent(caller.cookie, content));
  }

  async close(tx: Tx, caller: ApiPerson | ApiStaff): Promise<void> {
    await this.store.delete(tx, caller.cookie.digest);
  }
}

function toContent(reply: AnswerOf<typeof redeemSignInCode>): SessionContent {
  const permits = reply.permits.map(({ purpose, gate, pseudonym }) => ({ purpose, gate, pseudonym }));
  return { ...reply, permits };
}

function toCaller(content: SessionContent, cookie: SessionCookie, usedAt: number): ApiPerson | ApiStaff {
  const common = { id: content.session, session: content.session, content, cookie, usedAt };
  // Only of staff: a person's would let their entries of two purposes be matched by the moment of the sign-in.
  const authenticatedAt = new Date(content.authenticatedAt);
  if (content.kind === 'staff') {
    const factor = content.factorAt && { secondFactorAt: new Date(content.factorAt) };
    return staff({ ...common, ...factor, roles: content.roles, authenticatedAt });
  }
  const guardian = content.guardian && ({ guardian: true } as const);
  return person({ ...common, ...guardian, permits: content.permits });
}

function cookieOf(secret: Buffer): SessionCookie {
  const digest = createHash('sha256').update(context('integument/api-session/v1', secret)).digest();
  const key = deriveKey(secret, 'integument/api-session/seal/v1');
  return new SessionCookie(digest, key, deriveKey(secret, 'integument/api-session/names/v1'));
}

function sealContent(cookie: SessionCookie, content: SessionContent): Buffer {
  return seal(
    cookie.sealingKey(),
    Buffer.from(JSON.stringify(content)),
    context('api_session', cookie.digest),
  );
}

function openContent(cookie: SessionCookie, sealed: Buffer): SessionContent | null {
  try {
    const text = open(cookie.sealingKey(), sealed, context('api_session', cookie.digest)).toString('utf8');
    return JSON.parse(text) as SessionContent;
  } catch (error) {
    if (error instanceof SealBroken) return null;
    throw error;
  }
}

function sealUse(cookie: SessionCookie, now: number): Buffer {
  const time = Buffer.alloc(8);
  time.writeBigUInt64BE(BigInt(now));
  return seal(cookie.sealingKey(), time, context('api_session_use', cookie.digest));
}

/** @returns milliseconds since the epoch; NaN for what is none, which is idle for ever */
function openUse(cookie: SessionCookie, used: Buffer | null): number {
  if (!used) return Number.NaN;
  try {
    return Number(
      open(cookie.sealingKey(), used, context('api_session_use', cookie.digest)).readBigUInt64BE(),
    );
  } catch (error) {
    if (error instanceof SealBroken) return Number.NaN;
    throw error;
  }
}

function codeInvalid(cause?: unknown): CodedError {
  return new CodedError('sessions.code_invalid', 401, 'This sign-in code is not valid any more.', { cause });
}
