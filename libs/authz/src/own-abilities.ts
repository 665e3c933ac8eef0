import type { Ability } from './ability.js';

/** One thing that a caller may do, in words that may leave. */
export interface OwnAbility {
  readonly action: string;
  readonly resource: string;
  /** In CASL's form; absent: for whatever purpose. */
  readonly conditions?: { readonly purpose: { readonly $in: readonly string[] } };
  /** The rule asks something else, too, that is not told. */
  readonly partly?: true;
}

/**
 * The rules of one caller for the caller to see, the same list for the same rules. Of conditions only the purposes are told, which
 * are words of the contracts: others compare with ids and columns. A rule that has such says that it has, since without a
 * word of it the list would promise more than there is.
 */
export function ownAbilities({ rules }: Ability): OwnAbility[] {
  const told = rules.map((rule) => ({
    action: String(rule.action),
    resource: String(rule.subject),
    ...toldOf(rule.conditions),
  }));
  const once = new Map(told.map((ability) => [JSON.stringify(ability), ability]));
  return [...once].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, ability]) => ability);
}

function toldOf(conditions: unknown): Pick<OwnAbility, 'conditions' | 'partly'> {
  if (conditions === undefined) return {};
  const { purpose, ...others } = conditions as Record<string, unknown>;
  const purposes = purposesOf(purpose);
  if (!purposes) return { partly: true };
  return {
    conditions: { purpose: { $in: purposes } },
    ...(Object.keys(others).length > 0 && { partly: true }),
  };
}

/** @returns null for anything but one purpose or a list of them: another operator could say more than it seems to */
function purposesOf(purpose: unknown): string[] | null {
  if (typeof purpose === 'string') return [purpose];
  if (typeof purpose !== 'object' || purpose === null) return null;
  const { $in: list, ...others } = purpose as Record<string, unknown>;
  if (!Array.isArray(list) || Object.keys(others).length > 0) return null;
  return list.every((one): one is string => typeof one === 'string') ? [...list].sort() : null;
}
