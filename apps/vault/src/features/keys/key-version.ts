import { context } from '@integument/crypto';

/**
 * `name` makes what has to stay the same for good (see `StaffNames`), and of what `format` has encrypted nothing is kept that could
 * be encrypted anew (see `TokenSealer`): they have one version each. All others are rotated.
 */
export const DOMAINS = [
  'person',
  'permit',
  'index',
  'session',
  'model',
  'evidence',
  'factor',
  'token',
  'webhook',
  'format',
  'name',
] as const;
export type Domain = (typeof DOMAINS)[number];

/** Domains whose keys other keys, or values, are sealed under: their uses are counted. */
export const SEALING = [
  'person',
  'permit',
  'session',
  'model',
  'evidence',
  'factor',
  'token',
  'webhook',
] as const;
export type SealingDomain = (typeof SEALING)[number];

/** Domains whose secret is used as it is, or derived from. */
export type SecretDomain = 'format' | 'index' | 'name' | 'session';

/**
 * `arriving`: every process may open with it, none seals yet. `retiring`: opens only. A version that is `destroyed` is not
 * wrapped by anything any more: only its row is there.
 */
export type KeyState = 'arriving' | 'current' | 'retiring' | 'destroyed';

/** A version of a domain's key, unwrapped in this process's memory. */
export interface KeyVersion {
  readonly id: number;
  readonly domain: Domain;
  readonly key: Buffer;
  state: KeyState;
  /** nothing lies under it any more */
  empty: boolean;
  /** sealings that this process has reserved and not used */
  left: number;
  fetching: Promise<void> | undefined;
}

/** A row names a version that this process doesn't have: one that was destroyed. What lies under it opens for nobody. */
export class KeyGone extends Error {
  override readonly name = 'KeyGone';

  constructor() {
    super('a row names a version of a domain key that is not there');
  }
}

/** What a wrapped domain key is bound to in the keyring. */
export function domainPlace(domain: string, version: number): Buffer {
  return context('domain_key', domain, version);
}
