import type { Caller, ClientCaller, PersonCaller, StaffCaller } from '@integument/authz';
import type { GateId, Pseudonym, PurposeName, SessionPseudonym } from '@integument/contracts';

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
  readonly expiresAt: string;
  readonly permits: readonly KnownPermit[];
}

interface InSession {
  readonly content: SessionContent;
  /** Opens and re-seals the session's row; lives as long as the request. */
  readonly cookie: SessionCookie;
}

/** The two halves of a session's secret. Serialises to nothing, so that no log or reply can hold it. */
export class SessionCookie {
  readonly #key: Buffer;
  constructor(
    readonly digest: Buffer,
    key: Buffer,
  ) {
    this.#key = key;
  }

  sealingKey(): Buffer {
    return this.#key;
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
  return caller.kind === 'person' || isRegisteredFor(caller, purpose);
}

export function isRegisteredFor(caller: Caller, purpose: PurposeName): boolean {
  return (
    caller.kind === 'client' && caller.use === 'health' && (caller as HealthClient).purposes.includes(purpose)
  );
}
