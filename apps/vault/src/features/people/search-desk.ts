import type { Caller } from '@integument/authz';
import { type BodyOf, type ReplyOf, searchPeople, whereOf } from '@integument/contracts';
import type { UnitOfWork } from '@integument/database';
import {
  type Asker,
  hasSteppedUp,
  type RulesInForce,
  type StrictAllowances,
  stepUpRequired,
} from '@integument/http';
import { isCoarse } from '../catalogue/index.js';
import type { PeopleSearch } from './people-search.js';
import type { PersonIndex } from './person-index.js';

/** Whether a search may be, decided before anybody is looked for. */
export class SearchDesk {
  constructor(
    private readonly people: PeopleSearch,
    private readonly index: PersonIndex,
    private readonly rules: RulesInForce,
    private readonly allowances: StrictAllowances,
    private readonly unitOfWork: UnitOfWork,
  ) {}

  /** @throws CodedError `people.not_searchable`, `auth.step_up_required`, `auth.forbidden`, `request.rate_limited` */
  async search(asker: Asker, body: BodyOf<typeof searchPeople>): Promise<ReplyOf<typeof searchPeople>> {
    const where = whereOf(body);
    this.people.refuseUncovered(where);
    const regions = await this.rules.reach(asker.caller, searchPeople);
    if (isCoarse(where)) await this.admitCoarse(asker.caller);
    return this.unitOfWork.run((tx) => this.people.find(tx, asker, where, regions));
  }

  /** By parts of fields one goes through people whom one doesn't know: not with a session somebody left open, and not by the thousand. */
  private async admitCoarse(caller: Caller): Promise<void> {
    if (caller.kind === 'staff' && !hasSteppedUp(caller, this.rules.now())) throw stepUpRequired();
    const spent = await this.allowances.take(caller, 'people.search', this.index.plan.perMinute);
    if (spent) throw spent;
  }
}
