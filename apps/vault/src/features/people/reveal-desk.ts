import {
  type Abilities,
  type About,
  type Caller,
  common,
  type Regions,
  reaches,
  revealRegions,
  subject,
  together,
} from '@integument/authz';
import {
  type BodyOf,
  type ClientPseudonym,
  type ReplyOf,
  type RevealPolicy,
  revealPerson,
  SENSITIVITY_OF,
} from '@integument/contracts';
import { decodeId } from '@integument/crypto';
import type { UnitOfWork } from '@integument/database';
import type { Asker, RulesInForce, StrictAllowances } from '@integument/http';
import { personNotFound, purposeNotAllowed, revealNotAllowed } from './people.errors.js';
import { nameOf, type PeopleService, type RevealGrant } from './people.service.js';
import type { PeopleStore } from './people.store.js';

type Wish = BodyOf<typeof revealPerson>;

/**
 * Whether identity is revealed, decided before anything is looked up: by the policies in code, which say what it may be for at most; by the
 * stored rules, all of which must hold; by the reveal policies, one of which must allow it. Where the person lives is asked of the database
 * in the same statement that loads them.
 */
export class RevealDesk {
  constructor(
    private readonly people: PeopleService,
    private readonly store: PeopleStore,
    private readonly abilities: Abilities,
    private readonly rules: RulesInForce,
    private readonly allowances: StrictAllowances,
    private readonly unitOfWork: UnitOfWork,
  ) {}

  /** @throws CodedError `people.purpose_not_allowed`, `auth.forbidden`, `people.reveal_not_allowed`, `request.rate_limited` */
  async reveal(asker: Asker, name: ClientPseudonym, wish: Wish): Promise<ReplyOf<typeof revealPerson>> {
    const grant = await this.decide(asker.caller, name, wish);
    return this.unitOfWork.run((tx) => this.people.reveal(tx, asker, name, wish, grant));
  }

  private async decide(caller: Caller, name: ClientPseudonym, wish: Wish): Promise<RevealGrant> {
    const { purpose } = wish;
    if (!this.abilities.abilityFor(caller).can('reveal', subject('Person', { purpose }))) {
      throw purposeNotAllowed();
    }
    const book = await this.rules.book();
    const about = aboutOf(wish);
    const ruled = this.rules.reachUnder(book, caller, revealPerson, about);
    const policies = book.reveals(caller, { ...wish, ...about }, this.rules.now());
    if (policies.length === 0) throw revealNotAllowed();
    const grant = grantOf(ruled, policies, caller);
    if (policies.every(({ perMinute }) => perMinute === undefined)) return grant;
    return grantOf(ruled, [await this.takeFrom(policies, caller, name, grant.regions)], caller);
  }

  /** Takes the reveal from the allowance of a policy that has some left for this person. */
  private async takeFrom(
    policies: readonly RevealPolicy[],
    caller: Caller,
    name: ClientPseudonym,
    regions: Regions,
  ): Promise<RevealPolicy> {
    const find = this.unitOfWork.single((tx) =>
      this.store.findRegion(tx, nameOf(caller), decodeId('cps', name), regions),
    );
    const person = await find;
    if (!person) throw personNotFound();
    let refused: Error = personNotFound();
    for (const policy of freeFirst(policies)) {
      if (!reaches(revealRegions(policy, caller), person.region)) continue;
      const { id, perMinute } = policy;
      const spent = perMinute === undefined ? null : await this.allowances.take(caller, id, perMinute);
      if (!spent) return policy;
      refused = spent;
    }
    throw refused;
  }
}

/** Where the rules and one of the policies reach. */
function grantOf(ruled: Regions, policies: readonly RevealPolicy[], caller: Caller): RevealGrant {
  const named = policies.map((policy) => ({ id: policy.id, regions: revealRegions(policy, caller) }));
  return { regions: common(ruled, together(named.map(({ regions }) => regions))), policies: named };
}

function aboutOf({ purpose, reason, fields }: Wish): About {
  return { purpose, reason, category: fields.map((field) => SENSITIVITY_OF[field]) };
}

function freeFirst(policies: readonly RevealPolicy[]): RevealPolicy[] {
  return [...policies].sort((one, other) => (one.perMinute ?? 0) - (other.perMinute ?? 0));
}
