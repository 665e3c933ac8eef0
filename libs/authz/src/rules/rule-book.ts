import {
  isWithin,
  minuteOf,
  type RevealForm,
  type RevealPolicy,
  type RuleDocument,
  type RuledApp,
  type StoredRule,
} from '@integument/contracts';
import type { Caller } from '../caller.js';
import { type About, isAmong, isTicket, mayHold, regionsIn } from './conditions.js';
import { common, type Regions, reaches, together } from './reach.js';
import { RuleIndex } from './rule-index.js';

export interface AbilityName {
  readonly action: string;
  readonly resource: string;
}

const MARK_DIGITS = 12;

/** What the rules say to a request of which all is known but where the person lives. */
export interface Ruling {
  /** ids of the rules that say no wherever that is */
  readonly refusedBy: readonly string[];
  readonly regions: Regions;
}

/** A reveal that somebody wants. */
export interface RevealWish extends About {
  readonly fields: readonly string[];
  readonly form: RevealForm;
}

interface Door {
  /** for which it holds; null: for every one */
  readonly minute: number | null;
  readonly open: boolean;
}

/**
 * One version of the stored rules, made ready for one app. A rule only ever says no: what the policies in code don't grant stays
 * denied, whatever stands here. All rules that concern a question must hold, and their order says nothing.
 */
export class RuleBook {
  readonly #index: RuleIndex;
  /** names this version in the audit log: see `policy` there */
  readonly mark: string;
  // With the caller, who is frozen, goes what was decided of them. Hours are whole minutes, so a minute long it stays true.
  readonly #doors = new WeakMap<Caller, Map<AbilityName, Door>>();

  constructor(
    private readonly document: RuleDocument,
    app: RuledApp,
    readonly version: number,
    /** hexadecimal SHA-256 of the document's text */
    readonly digest: string,
  ) {
    this.mark = digest.slice(0, MARK_DIGITS);
    this.#index = new RuleIndex(document.rules, app);
  }

  /**
   * Whether a request may go on before it is known what it is about: it may not where nothing that is still to be known could change a rule’s no.
   * @param ability the same object each time, as contracts have it
   * @param now milliseconds since the epoch; asked for only where rules concern the caller, since most requests meet none
   */
  admits(caller: Caller, ability: AbilityName, now: () => number): boolean {
    const doors = this.#doors.get(caller) ?? new Map<AbilityName, Door>();
    const known = doors.get(ability);
    if (known?.minute === null) return known.open;
    const at = now();
    const minute = minuteOf(at);
    if (known?.minute === minute) return known.open;
    const rules = this.concerning(caller, ability);
    const open = rules.every(({ only }) => only.some((one) => mayHold(one, null, at)));
    doors.set(ability, { minute: rules.length === 0 ? null : minute, open });
    this.#doors.set(caller, doors);
    return open;
  }

  /** Decides, once all is known but the region, which is for the WHERE of the statement that loads the object. */
  ruling(caller: Caller, ability: AbilityName, about: About, at: number): Ruling {
    const refusedBy: string[] = [];
    let regions: Regions = null;
    for (const rule of this.concerning(caller, ability)) {
      const own = regionsUnder(rule, caller, about, at);
      if (own === false) refusedBy.push(rule.id);
      else regions = common(regions, own);
    }
    return { refusedBy, regions };
  }

  /** Who says no to a person of this region, or of none that is known. */
  refusing(
    caller: Caller,
    ability: AbilityName,
    about: About,
    region: string | null | undefined,
    at: number,
  ): string[] {
    return this.concerning(caller, ability)
      .filter((rule) => {
        const own = regionsUnder(rule, caller, about, at);
        return own === false || !reaches(own, region);
      })
      .map(({ id }) => id);
  }

  /** Whether some rule may say no to that, in some case. */
  concerns(caller: Caller, ability: AbilityName): boolean {
    return this.concerning(caller, ability).length > 0;
  }

  /** The reveal policies that allow it, to people of their regions ({@link revealRegions}). None: it is not allowed. */
  reveals(caller: Caller, wish: RevealWish, at: number): RevealPolicy[] {
    return this.document.reveals.filter(
      ({ who, purposes, fields, form, hours, reasons, ticket }) =>
        isFor(who, caller) &&
        isAmong(wish.purpose, purposes) &&
        (fields === 'all' || wish.fields.every((field) => isAmong(field, fields))) &&
        (form === 'plain' || wish.form === 'masked') &&
        (!hours || hours.some((some) => isWithin(some, at))) &&
        isAmong(wish.reason?.code, reasons) &&
        isTicket(wish.reason?.reference, ticket),
    );
  }

  /**
   * Where people must live, before and after, for the caller to move them: in all regions that rules about these abilities and reveal
   * policies name for the caller, whatever else they ask. So no move opens at another hour, or for another purpose, what a region closes.
   */
  moves(caller: Caller, abilities: readonly AbilityName[]): Regions {
    const rules = abilities.flatMap((ability) => this.concerning(caller, ability));
    const policies = this.document.reveals.filter(({ who }) => isFor(who, caller));
    return [
      ...rules.flatMap(({ only }) => only).map((conditions) => regionsIn(conditions, caller)),
      ...policies.map((policy) => revealRegions(policy, caller)),
    ].reduce(common, null);
  }

  /** Purposes for which the caller may be told every field of everybody at any time, as far as reveal policies go. */
  freePurposes(caller: Caller): ReadonlySet<string> {
    const free = this.document.reveals.filter(
      (policy) => isFor(policy.who, caller) && isUnconditional(policy),
    );
    return new Set(free.flatMap(({ purposes }) => purposes));
  }

  private concerning(caller: Caller, { action, resource }: AbilityName): readonly StoredRule[] {
    return this.#index.concerning(caller, action, resource);
  }
}

/** Where the people live whom a caller may be told of under this policy. */
export function revealRegions({ regions }: RevealPolicy, caller: Caller): Regions {
  return regionsIn({ region: regions }, caller);
}

/** @returns the regions in which the rule holds, or false: in none at all */
function regionsUnder({ only }: StoredRule, caller: Caller, about: About, at: number): Regions | false {
  const holding = only.filter((conditions) => mayHold(conditions, about, at));
  return holding.length > 0 && together(holding.map((conditions) => regionsIn(conditions, caller)));
}

function isUnconditional({
  id: _,
  who: __,
  purposes: ___,
  fields,
  form,
  ...conditions
}: RevealPolicy): boolean {
  return fields === 'all' && form === 'plain' && Object.keys(conditions).length === 0;
}

function isFor({ roles, clients }: RevealPolicy['who'], caller: Caller): boolean {
  if (caller.kind === 'staff') return caller.roles.some((role) => roles?.some((one) => one === role));
  if (caller.kind !== 'client' || clients === undefined) return false;
  return clients === 'registered' || clients.includes(caller.clientId);
}
