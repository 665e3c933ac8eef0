import { randomUUID } from 'node:crypto';
import type { Vault } from '../vault-client.js';
import {
  areEncrypted,
  type FieldWish,
  isAllowed,
  type Made,
  refusedAlone,
  removeAll,
  tokensFor,
} from './token-calls.js';

/** Should the process die between making and removing: these end by themselves. */
const LIFE_MS = 15 * 60_000;

/** Why the vault would make no token of a value; null where it would. */
type Outcome = string | null;

/** Finds out what would come of values, and leaves no token of them. */
export interface Trial {
  /** whether the vault would refuse nothing else in earnest */
  readonly isWhole: boolean;
  /** @returns in the order of the values */
  outcomes(values: readonly string[]): Promise<readonly Outcome[]>;
}

/** Only the vault can say which values it takes, and it says the most when it makes tokens: so as much as leaves none. */
export async function trialOf(vault: Vault, wish: FieldWish): Promise<Trial> {
  // Nothing is kept of them, so there is nothing to remove.
  if (await areEncrypted(vault, wish)) {
    const outcomes = async (values: readonly string[]) =>
      outcomesIn(values, await tokensFor(vault, values, wish, [randomUUID()]));
    return { isWhole: true, outcomes };
  }
  const isWhole = wish.type !== 'format-preserving';
  if (await isAllowed(vault, { ...wish, type: 'random' })) {
    return { isWhole, outcomes: (values) => byRandomOnes(vault, values, wish) };
  }
  const outcomes = async (values: readonly string[]) => {
    const refused = await refusedAlone(vault, values, wish);
    return values.map((_, at) => refused.get(at) ?? null);
  };
  return { isWhole, outcomes };
}

/** Random and ending soon whatever type is wanted, so that nobody else can have got the same, and removed at once. */
async function byRandomOnes(
  vault: Vault,
  values: readonly string[],
  wish: FieldWish,
): Promise<readonly Outcome[]> {
  const brief = { ...wish, type: 'random', expiresAt: new Date(Date.now() + LIFE_MS).toISOString() } as const;
  const made = await tokensFor(vault, values, brief, [randomUUID()]);
  await removeAll(
    vault,
    made.flatMap((one) => ('token' in one ? [one.token] : [])),
  );
  return outcomesIn(values, made);
}

function outcomesIn(values: readonly string[], made: readonly Made[]): Outcome[] {
  return values.map((_, at) => {
    const one = made[at] ?? { code: 'row.unanswered' };
    return 'code' in one ? one.code : null;
  });
}
