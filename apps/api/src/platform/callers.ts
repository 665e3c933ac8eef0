import type { Caller, ClientCaller, PersonCaller, StaffCaller } from '@integument/authz';
import type { GateId, Pseudonym, PurposeName, SessionPseudonym, StandingOptOut } from '@integument/contracts';
import { deriveKey } from '@integument/crypto';
import { type Asker, by } from '@integument/http';

/** A permit as a person's session knows it. */
export interface KnownPermit {
  readonly purpose: PurposeName;
  readonly gate: GateId;
  readonly pseudonym: Pseudonym;
}

/** What a session carries, sealed under a key that only its cookie holds. */
export interface SessionContent {
  readonly session: SessionPseudonym;
  readonly kind: 'person' | 'staff';
  readonly roles: readonly string[];
  readonly acr: string;
  readonly authenticatedAt: string;
  /** when staff last used a second factor; absent in sessions from before there were any */
  readonly factorAt?: string | null;
  readonly expiresAt: string;
  readonly permits: readonly KnownPermit[];
  /** of a child's session, in which somebody acts who answers for it: for these purposes alone. Absent in sessions from before */
  readonly guardian?: { readonly purposes: readonly PurposeName[] } | null;
  /** what they had opted out of when they signed in. Absent in sessions from before */
  readonly optOuts?: readonly StandingOptOut[];
}

interface InSession {
  readonly content: SessionContent;
  /** Opens and re-seals the session's row; lives as long as the request. */
  readonly cookie: SessionCookie;
  /** when a use of the session was last noted; milliseconds since the epoch */
  readonly usedAt: number;
}

/** What a session's secret is good for. Serialises to nothing, so that no log or reply can hold it. */
export class SessionCookie {
  readonly #key: Buffer;
  readonly #names: Buffer;
  constructor(
    readonly digest: Buffer,
    key: Buffer,
    names: Buffer,
  ) {
    this.#key = key;
    this.#names = names;
  }

  sealingKey(): Buffer {
    return this.#key;
  }

  /** The session's name in one purpose: without the cookie nobody can tell that two of them are one session's. */
  nameIn(purpose: PurposeName): string {
    return deriveKey(this.#names, purpose).toString('hex').slice(0, 32);
  }

  toJSON(): undefined {
    return undefined;
  }
}

export type ApiPerson = PersonCaller & InSession & { readonly permits: readonly KnownPermit[] };
export type ApiStaff = StaffCaller & InSession;
export type HealthClient = ClientCaller & { readonly purposes: readonly PurposeName[] };

/** Whether the caller may use a purpose at all: a person for themselves, a health client that is registered for it. */
export function mayUsePurpose(caller: Caller, purpose: PurposeName): boolean {
  return caller.kind === 'person' ? isOpenTo(caller, purpose) : isRegisteredFor(caller, purpose);
}

/** Whether a session is about this purpose: everybody's own is about all of them. */
export function isOpenTo(caller: PersonCaller, purpose: PurposeName): boolean {
  if (!caller.guardian) return true;
  return (caller as ApiPerson).content.guardian?.purposes.includes(purpose) ?? false;
}

/** Whether anything may come to lie under a purpose through them. Who answers for a child reads and decides, and does nothing in its name. */
export function mayStoreFor(caller: Caller, purpose: PurposeName): boolean {
  const isGuardian = caller.kind === 'person' && caller.guardian === true;
  return !isGuardian && mayUsePurpose(caller, purpose);
}

export function isRegisteredFor(caller: Caller, purpose: PurposeName): boolean {
  return (
    caller.kind === 'client' && caller.use === 'health' && (caller as HealthClient).purposes.includes(purpose)
  );
}

/**
 * Who asked, for an audit entry about one permit. The platform's database holds the entries, and each gate with the commitment
 * that they bear: under one name for all that a session does, a dump would join the purposes of the person behind it.
 */
export function byWithin(asker: Asker, purpose: PurposeName) {
  const facts = by(asker);
  const { caller } = asker;
  if (caller.kind !== 'person') return facts;
  const { cookie, guardian } = caller as ApiPerson;
  const actor = { kind: 'person', id: cookie.nameIn(purpose), ...(guardian && { guardian }) } as const;
  return { ...facts, actor } as const;
}
