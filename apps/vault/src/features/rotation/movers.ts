import type { Catalogue } from '../catalogue/index.js';
import type { DomainKeys } from '../keys/index.js';
import type { IndexKeeper, PersonSealer } from '../people/index.js';
import type { TokenSealer } from '../tokens/index.js';
import { AccountDigests } from './account-digests.js';
import { CoarseDigests } from './coarse-digests.js';
import { IdentityDigests } from './identity-digests.js';
import type { Mover } from './mover.js';
import { TokenDigests } from './token-digests.js';
import { TokenValues } from './token-values.js';
import { WRAPPED_TABLES, WrappedKeys } from './wrapped-keys.js';

/** What opens what lies under keys, and makes it anew. */
export interface Openers {
  readonly keys: DomainKeys;
  readonly people: PersonSealer;
  readonly keeper: IndexKeeper;
  readonly tokens: TokenSealer;
  readonly catalogue: Catalogue;
}

/** What lies under a domain's key, in the order in which it is moved. Under that of sessions nothing lies for long. */
export function moversOf(
  domain: string,
  { keys, people, keeper, tokens, catalogue }: Openers,
): readonly Mover[] {
  if (domain === 'token') return [new TokenValues(tokens)];
  if (domain !== 'index')
    return WRAPPED_TABLES.filter((of) => of.domain === domain).map((of) => new WrappedKeys(of, keys));
  return [
    new IdentityDigests(people),
    new TokenDigests(tokens, catalogue),
    new AccountDigests(people),
    new CoarseDigests(keeper),
  ];
}
