import {
  type Abilities,
  type Caller,
  common,
  type Regions,
  type RuleBook,
  reaches,
  revealRegions,
  subject,
  together,
} from '@integument/authz';
import {
  type Reason,
  type RevealForm,
  type RevealPolicy,
  type RevealPurpose,
  revealPerson,
  type Sensitivity,
} from '@integument/contracts';
import type { RulesInForce, StrictAllowances } from '@integument/http';
import { POLICIES_NAMED } from './reveal-details.js';
import { purposeNotAllowed, revealNotAllowed } from './reveals.errors.js';

/** What somebody wants identity for. */
export interface RevealWish {
  readonly purpose: RevealPurpose;
  readonly reason: Reason;
  readonly form: RevealForm;
}

export interface WishedField {
  readonly name: string;
  readonly sensitivity: Sensitivity;
}

interface GrantingPolicy {
  readonly id: string;
  readonly regions: Regions;
  /** its allowance, where it has one */
  readonly perMinute?: number | undefined;
}

/** What was decided before anything was looked up: where a reveal may reach, and the policies that allow it there. */
export interface RevealGrant {
  readonly regions: Regions;
  readonly policies: readonly GrantingPolicy[];
}

/**
 * Whether identity is revealed, whichever way it is asked for: by the policies in code, which say what it may be for at most; by the stored
 * rules, all of which must hold; by the reveal policies, one of which must allow it.
 */
export class RevealDecisions {
  constructor(
    private readonly abilities: Abilities,
    private readonly rules: RulesInForce,
    private readonly allowances: StrictAllowances,
  ) {}

  /**
   * @returns what decides about fields, by the rules that are in force now
   * @throws CodedError `people.purpose_not_allowed`
   */
  async about(caller: Caller, wish: RevealWish): Promise<RevealDecision> {
    const { purpose } = wish;
    if (!this.abilities.abilityFor(caller).can('reveal', subject('Person', { purpose }))) {
      throw purposeNotAllowed();
    }
    return new RevealDecision(await this.rules.book(), this.rules, caller, wish);
  }

  /**
   * Takes reveals from the allowance of a policy that reaches the region and has some left. Outside of any transaction.
   * @returns the grant by that policy alone, or what refuses it; null where none of the policies reaches
   */
  async takeFrom(
    { policies, regions }: RevealGrant,
    caller: Caller,
    region: string | null,
    uses = 1,
  ): Promise<RevealGrant | Error | null> {
    let refused: Error | null = null;
    for (const one of freeFirst(policies)) {
      if (!reaches(one.regions, region)) continue;
      const { id, perMinute } = one;
      const spent = perMinute === undefined ? null : await this.allowances.take(caller, id, perMinute, uses);
      if (!spent) return { regions: common(regions, one.regions), policies: [one] };
      refused = spent;
    }
    return refused;
  }
}

/** One version of the rules, asked about one wish. */
export class RevealDecision {
  constructor(
    private readonly book: RuleBook,
    private readonly rules: RulesInForce,
    private readonly caller: Caller,
    private readonly wish: RevealWish,
  ) {}

  /** Whether some policy that could allow it, of whichever fields, has an allowance. */
  mayBeLimited(): boolean {
    const { book, rules, caller, wish } = this;
    const possible = book.reveals(caller, { ...wish, fields: [] }, rules.now());
    return possible.some(({ perMinute }) => perMinute !== undefined);
  }

  /** @throws CodedError `auth.forbidden`, `people.reveal_not_allowed` */
  grant(fields: readonly WishedField[]): RevealGrant {
    const { book, rules, caller, wish } = this;
    const about = { ...wish, category: fields.map(({ sensitivity }) => sensitivity) };
    const ruled = rules.reachUnder(book, caller, revealPerson, about);
    const wished = { ...about, fields: fields.map(({ name }) => name) };
    const policies = book.reveals(caller, wished, rules.now()).map((policy) => grantingOf(policy, caller));
    if (policies.length === 0) throw revealNotAllowed();
    return { regions: common(ruled, together(policies.map(({ regions }) => regions))), policies };
  }
}

/** Whether an allowance is to be taken from before anything is revealed under it. */
export function isLimited({ policies }: RevealGrant): boolean {
  return policies.some(({ perMinute }) => perMinute !== undefined);
}

/** Of the policies that a grant is by, those that reach somebody of this region. */
export function allowing({ policies }: RevealGrant, region: string | null): string[] {
  const reaching = policies.filter(({ regions }) => reaches(regions, region));
  return reaching.slice(0, POLICIES_NAMED).map(({ id }) => id);
}

function grantingOf(policy: RevealPolicy, caller: Caller): GrantingPolicy {
  const { id, perMinute } = policy;
  return { id, perMinute, regions: revealRegions(policy, caller) };
}

function freeFirst(policies: RevealGrant['policies']): RevealGrant['policies'] {
  return [...policies].sort((one, other) => (one.perMinute ?? 0) - (other.perMinute ?? 0));
}
