/** Bytes, and what they are for: the place is bound into what is wrapped. */
export interface Placed {
  readonly bytes: Buffer;
  readonly place: Buffer;
}

/**
 * Versions of the root key: the newest one wraps, the oldest is the least that still unwraps. Below `available` they are
 * destroyed: one that merely may not unwrap could be let again by whoever runs the keyring.
 */
export interface RootVersions {
  readonly newest: number;
  readonly oldest: number;
  readonly available: number;
}

/**
 * Holds the root key and lends its use: what wraps the domain keys. The embedded keyring keeps it in a sealed file,
 * HashiCorp Vault in its transit engine. Each takes many at once and answers in their order, all or none.
 *
 * Every method that asks the keyring throws {@link KeyringUnavailable} while it can't be asked.
 */
export interface Keyring {
  wrap(keys: readonly Placed[]): Promise<Buffer[]>;
  /** @throws {KeyringRefused} for another place, a changed byte or a root key that is not there */
  unwrap(wrapped: readonly Placed[]): Promise<Buffer[]>;
  /** Lays wrapped keys under the newest version of the root key. @throws {KeyringRefused} as `unwrap` does */
  rewrap(wrapped: readonly Placed[]): Promise<Buffer[]>;
  versions(): Promise<RootVersions>;
  /** Which version of the root key a wrapped key lies under; nobody is asked. @throws {KeyringRefused} */
  versionOf(wrapped: Buffer): number;
  /**
   * Makes this version, the next one, unless it is there.
   * @returns false where whoever runs the keyring does that, and this process must not be able to
   */
  makeVersion(version: number): Promise<boolean>;
  /** Destroys all versions below this one. @returns false as `makeVersion` does */
  destroyBelow(version: number): Promise<boolean>;
  /** Resolves when the keyring has just wrapped and unwrapped something: that it answers at all says too little. */
  check(): Promise<void>;
}

/**
 * A second key of the keyring, under which lie the keys that wrap single data keys ("KEK"s) in strict mode. There are millions, so one
 * that is broken must not keep its neighbours from being opened.
 */
export interface KekKeyring {
  /** All or none, in their order. */
  wrap(keys: readonly Placed[]): Promise<Buffer[]>;
  /** @returns null in the place of each that the keyring refuses. @throws {KeyringUnavailable} */
  unwrapEach(wrapped: readonly Placed[]): Promise<(Buffer | null)[]>;
}

export const KEYRING = Symbol('Keyring');
/** A {@link KekKeyring}, or null where strict mode is off. */
export const KEK_KEYRING = Symbol('KekKeyring');
