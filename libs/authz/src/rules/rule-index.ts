import type { RuledApp, StoredRule } from '@integument/contracts';
import type { Caller } from '../caller.js';

interface Concerned {
  readonly everybody: StoredRule[];
  readonly byRole: Map<string, StoredRule[]>;
  readonly byClient: Map<string, StoredRule[]>;
}

const NONE: readonly StoredRule[] = [];

/** Finds the rules that concern a question without a look at any other. */
export class RuleIndex {
  readonly #abilities = new Map<string, Concerned>();

  constructor(rules: readonly StoredRule[], app: RuledApp) {
    for (const rule of rules) if (rule.app === app) this.add(rule);
  }

  /** Each rule once, however many of its roles the caller has. Persons and processes are nobody's to narrow. */
  concerning(caller: Caller, action: string, resource: string): readonly StoredRule[] {
    const concerned = this.#abilities.get(`${action} ${resource}`);
    if (!concerned || (caller.kind !== 'staff' && caller.kind !== 'client')) return NONE;
    const { everybody, byRole, byClient } = concerned;
    if (caller.kind === 'client') return joined(everybody, byClient.get(caller.clientId) ?? NONE);
    return joined(everybody, [...new Set(caller.roles.flatMap((role) => byRole.get(role) ?? []))]);
  }

  private add(rule: StoredRule): void {
    const key = `${rule.action} ${rule.resource}`;
    const none: Concerned = { everybody: [], byRole: new Map(), byClient: new Map() };
    const concerned = this.#abilities.get(key) ?? none;
    this.#abilities.set(key, concerned);
    const { who } = rule;
    if (!who) concerned.everybody.push(rule);
    for (const role of new Set(who?.roles)) push(concerned.byRole, role, rule);
    for (const client of new Set(who?.clients)) push(concerned.byClient, client, rule);
  }
}

function joined(some: readonly StoredRule[], others: readonly StoredRule[]): readonly StoredRule[] {
  if (others.length === 0) return some;
  return some.length === 0 ? others : [...some, ...others];
}

function push(lists: Map<string, StoredRule[]>, key: string, rule: StoredRule): void {
  const list = lists.get(key);
  if (list) list.push(rule);
  else lists.set(key, [rule]);
}
