import type { ClientCaller, PersonCaller, StaffCaller } from '@integument/authz';
import type { RevealPurpose, Vouched } from '@integument/contracts';

interface InSession {
  /** what this and other sessions came of; ends them together */
  readonly signIn: Buffer;
  /** the session's key in the database */
  readonly sessionDigest: Buffer;
  readonly authenticatedAt: Date;
  readonly expiresAt: Date;
}

/** A signed-in person. `id` is the audit log's commitment to them; `personId` never leaves the vault. */
export type VaultPerson = PersonCaller & InSession & { readonly personId: Buffer };
export type VaultStaff = StaffCaller & InSession;

/** The account at the provider, as its digest: what a member of staff is known by. */
export function accountOf({ id }: VaultStaff): Buffer {
  return Buffer.from(id, 'hex');
}

export type IdentityClient = ClientCaller & {
  readonly revealPurposes: readonly RevealPurpose[];
  /** for what its word is taken */
  readonly vouchesFor: readonly Vouched[];
};
