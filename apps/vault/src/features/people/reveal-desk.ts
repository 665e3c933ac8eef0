import { type Caller, reaches } from '@integument/authz';
import {
  type BodyOf,
  type ClientPseudonym,
  type ReplyOf,
  type revealPerson,
  SENSITIVITY_OF,
} from '@integument/contracts';
import { decodeId } from '@integument/crypto';
import type { UnitOfWork } from '@integument/database';
import type { Asker } from '@integument/http';
import { isLimited, type RevealDecisions, type RevealGrant } from '../reveals/index.js';
import { personNotFound } from './people.errors.js';
import { nameOf, type PeopleService } from './people.service.js';
import type { PeopleStore } from './people.store.js';

type Wish = BodyOf<typeof revealPerson>;

/**
 * Whether a person's fields are revealed, decided before anybody is looked up. Where the person lives is asked of the database in the same
 * statement that loads them.
 */
export class RevealDesk {
  constructor(
    private readonly people: PeopleService,
    private readonly store: PeopleStore,
    private readonly decisions: RevealDecisions,
    private readonly unitOfWork: UnitOfWork,
  ) {}

  /** @throws CodedError `people.purpose_not_allowed`, `auth.forbidden`, `people.reveal_not_allowed`, `request.rate_limited` */
  async reveal(asker: Asker, name: ClientPseudonym, wish: Wish): Promise<ReplyOf<typeof revealPerson>> {
    const decision = await this.decisions.about(asker.caller, wish);
    const fields = wish.fields.map((field) => ({ name: field, sensitivity: SENSITIVITY_OF[field] }));
    const grant = await this.spend(decision.grant(fields), asker.caller, name);
    return this.unitOfWork.run((tx) => this.people.reveal(tx, asker, name, wish, grant));
  }

  /** Where a policy has an allowance, the reveal is taken from it first. */
  private async spend(grant: RevealGrant, caller: Caller, name: ClientPseudonym): Promise<RevealGrant> {
    if (!isLimited(grant)) return grant;
    const person = await this.unitOfWork.single((tx) =>
      this.store.findRegion(tx, nameOf(caller), decodeId('cps', name), grant.regions),
    );
    if (!person || !reaches(grant.regions, person.region)) throw personNotFound();
    const taken = await this.decisions.takeFrom(grant, caller, person.region);
    if (taken === null) throw personNotFound();
    if (taken instanceof Error) throw taken;
    return taken;
  }
}
