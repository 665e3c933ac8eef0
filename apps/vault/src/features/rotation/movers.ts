import type { DomainKeys, LiveIndex } from '../keys/index.js';
import type { PersonSealer } from '../people/index.js';
import { AccountDigests } from './account-digests.js';
import { IdentityDigests } from './identity-digests.js';
import type { Mover } from './mover.js';
import { TokenDigests } from './token-digests.js';
import { TokenValues } from './token-values.js';
import { WRAPPED_TABLES, WrappedKeys } from './wrapped-keys.js';

/** What lies under a domain's key, in the order in which it is moved. Under that of sessions nothing lies for long. */
export function moversOf(
  domain: string,
  { keys, index, sealer }: { keys: DomainKeys; index: LiveIndex; sealer: PersonSealer },
): readonly Mover[] {
  if (domain === 'token') return [new TokenValues(keys)];
  if (domain === 'index') {
    return [new IdentityDigests(sealer), new TokenDigests(keys, index), new AccountDigests(sealer)];
  }
  return WRAPPED_TABLES.filter((of) => of.domain === domain).map((of) => new WrappedKeys(of, keys));
}
