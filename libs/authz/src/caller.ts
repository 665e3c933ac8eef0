import type { Audience } from '@integument/contracts';

declare const authenticated: unique symbol;

/** Marks that a value came out of {@link person}, {@link staff}, {@link client} or {@link process}. */
interface Authenticated {
  readonly [authenticated]: true;
}

/** How a session came about, for decisions and for the audit log. */
interface SignedIn {
  /** When the session's owner signed in. Absent where even that could join one purpose of a person with another. */
  readonly authenticatedAt?: Date;
  /** When a second factor was last used; absent where none was. */
  readonly secondFactorAt?: Date;
}

export interface PersonFields extends SignedIn {
  /** Names the person towards this app only: never an identity value, never the same in both apps. */
  readonly id: string;
  /** Names the session, for revocation and for the audit log; not the cookie's secret. */
  readonly session: string;
  /** They act for a child for which they answer. Absent where they act for themselves. */
  readonly guardian?: true;
}

export interface StaffFields extends SignedIn {
  readonly id: string;
  readonly session: string;
  /** From the vault's staff table, never from the sign-in provider alone. */
  readonly roles: readonly string[];
  /** Where those live whom they look after, where a rule asks; absent where the app doesn't know. */
  readonly regions?: readonly string[];
}

export interface ClientFields {
  readonly clientId: string;
  /** A client is registered for identity or for health purposes, never both: its server would join the two. */
  readonly use: 'identity' | 'health';
  /** Registered to prove its key with every request (RFC 9449); a token alone is refused. */
  readonly dpop?: boolean;
}

export interface ProcessFields {
  /** From the certificate of a mutual TLS connection. */
  readonly name: string;
}

export type PersonCaller = Authenticated & PersonFields & { readonly kind: 'person' };
export type StaffCaller = Authenticated & StaffFields & { readonly kind: 'staff' };
export type ClientCaller = Authenticated & ClientFields & { readonly kind: 'client' };
export type ProcessCaller = Authenticated & ProcessFields & { readonly kind: 'process' };

/**
 * Who asks, once that has been proved. Plain frozen data; made only by the four functions below, so that a parsed body
 * or a row can't be passed off as a caller. An app may add fields of its own (a client's purposes, say).
 */
export type Caller = PersonCaller | StaffCaller | ClientCaller | ProcessCaller;
export type CallerKind = Caller['kind'];

export function person<Fields extends PersonFields>(fields: Fields): PersonCaller & Fields {
  return proved('person', fields) as PersonCaller & Fields;
}

export function staff<Fields extends StaffFields>(fields: Fields): StaffCaller & Fields {
  return proved('staff', fields) as StaffCaller & Fields;
}

export function client<Fields extends ClientFields>(fields: Fields): ClientCaller & Fields {
  return proved('client', fields) as ClientCaller & Fields;
}

export function process<Fields extends ProcessFields>(fields: Fields): ProcessCaller & Fields {
  return proved('process', fields) as ProcessCaller & Fields;
}

/** What a caller counts as in the audience of a route. */
export function audienceOf(caller: Caller): Exclude<Audience, 'public'> | null {
  switch (caller.kind) {
    case 'person':
      return 'person';
    case 'staff':
      return 'staff';
    case 'client':
      return caller.use === 'identity' ? 'identity-client' : 'health-client';
    case 'process':
      // The only process that another one trusts is the API, on the vault's internal listener.
      return caller.name === 'api' ? 'api-process' : null;
  }
}

/** What the audit log calls the caller. */
export function callerId(caller: Caller): string {
  switch (caller.kind) {
    case 'client':
      return caller.clientId;
    case 'process':
      return caller.name;
    default:
      return caller.id;
  }
}

function proved(kind: CallerKind, fields: object): unknown {
  return Object.freeze({ ...fields, kind });
}
