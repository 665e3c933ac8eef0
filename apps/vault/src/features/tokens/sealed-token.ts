/** A token as the database holds it. */
export interface SealedToken {
  readonly token: Buffer;
  readonly field: string;
  readonly domain: string;
  /** whose value it is; then it lies under their key */
  readonly personId: Buffer | null;
  /** otherwise the key it lies under */
  readonly domainKey: number | null;
  readonly sealed: Buffer;
}

/** One that is to be written. */
export interface NewTokenRow extends SealedToken {
  /** of a token that is the same for the same value */
  readonly digest: Buffer | null;
  readonly indexKey: number | null;
  /** whether it is the same for what the vault knew already; see `WantedToken` */
  readonly ofStored: boolean;
  /** under which it may stand already; see `SameToken` */
  readonly digests: readonly Buffer[];
  readonly format: string | null;
  readonly expiresAt: string | null;
  readonly usesLeft: number | null;
}

/** One that was found. */
export interface StoredToken extends SealedToken {
  readonly usesLeft: number | null;
}

/** One that is the encrypted value: nothing of it is kept, so it is found wherever there could be one. */
export interface ReversibleToken {
  readonly field: string;
  readonly domain: string;
  readonly personId: null;
  readonly format: string;
}

export type KeptToken = ReversibleToken | StoredToken;

export function isStored(kept: KeptToken): kept is StoredToken {
  return 'sealed' in kept;
}

/** What the database knows of a person that tokens of theirs need. */
export interface TokenHolder {
  readonly personId: Buffer;
  /** what the audit log says in their place */
  readonly subject: Buffer;
  readonly region: string | null;
  readonly domainKey: number;
  readonly wrapped: Buffer;
}
