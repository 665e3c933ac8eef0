import { reaches } from '@integument/authz';
import {
  enrolPeople,
  enrolPerson,
  type ReplyOf,
  readPerson,
  readSelf,
  revealPerson,
  searchPeople,
  updatePerson,
} from '@integument/contracts';
import { type IdempotentRequest, UnitOfWork } from '@integument/database';
import {
  AskedBy,
  type Asker,
  Effects,
  forbidden,
  IdempotencyKey,
  Implements,
  Input,
  type InputOf,
  RulesInForce,
} from '@integument/http';
import { Controller } from '@nestjs/common';
import type { VaultPerson } from '../../platform/callers.js';
import { EnrolmentDesk } from './enrolment-desk.js';
import { PeopleService } from './people.service.js';
import { RevealDesk } from './reveal-desk.js';
import { SearchDesk } from './search-desk.js';
import { updateReach } from './update-reach.js';

@Controller()
export class PeopleController {
  constructor(
    private readonly desk: EnrolmentDesk,
    private readonly people: PeopleService,
    private readonly reveals: RevealDesk,
    private readonly searches: SearchDesk,
    private readonly rules: RulesInForce,
    private readonly unitOfWork: UnitOfWork,
    private readonly effects: Effects,
  ) {}

  @Implements(enrolPerson)
  async enrol(
    @AskedBy() asker: Asker,
    @Input() { body }: InputOf<typeof enrolPerson>,
    @IdempotencyKey() key: IdempotentRequest | undefined,
  ) {
    if (!reaches(await this.rules.reach(asker.caller, enrolPerson), body.region)) throw forbidden();
    if (!key) return this.desk.enrolOne(asker, body);
    return this.effects.run(key, (tx) => this.desk.enrolOneWithin(tx, asker, body));
  }

  @Implements(enrolPeople)
  async enrolBatch(
    @AskedBy() asker: Asker,
    @Input() { body }: InputOf<typeof enrolPeople>,
    @IdempotencyKey() key: IdempotentRequest | undefined,
  ) {
    const regions = await this.rules.reach(asker.caller, enrolPeople);
    return this.effects.run(key, (tx) => this.desk.enrolBatch(tx, asker, body.people, regions));
  }

  @Implements(searchPeople)
  search(@AskedBy() asker: Asker, @Input() { body }: InputOf<typeof searchPeople>) {
    return this.searches.search(asker, body);
  }

  @Implements(readPerson)
  async read(@AskedBy() asker: Asker, @Input() { params }: InputOf<typeof readPerson>) {
    const regions = await this.rules.reach(asker.caller, readPerson);
    return this.unitOfWork.run((tx) => this.people.read(tx, asker, params.person, regions));
  }

  @Implements(updatePerson)
  async update(
    @AskedBy() asker: Asker,
    @Input() { params, body }: InputOf<typeof updatePerson>,
    @IdempotencyKey() key: IdempotentRequest | undefined,
  ) {
    const reach = await updateReach(this.rules, asker.caller, body);
    return this.unitOfWork.run(async (tx) => {
      let now: ReplyOf<typeof updatePerson> | undefined;
      // Nothing is kept but that it was done: a repetition reads anew, on record, and not at all once the person is gone.
      const done = await this.effects.within(tx, key, async () => {
        now = await this.people.update(tx, asker, params.person, body, reach);
      });
      return done.withBody(now ?? (await this.people.readUpdated(tx, asker, params.person, reach)));
    });
  }

  @Implements(revealPerson)
  reveal(@AskedBy() asker: Asker, @Input() { params, body }: InputOf<typeof revealPerson>) {
    return this.reveals.reveal(asker, params.person, body);
  }

  @Implements(readSelf)
  readSelf(@AskedBy() asker: Asker<VaultPerson>) {
    return this.unitOfWork.run((tx) => this.people.readSelf(tx, asker, asker.caller.personId));
  }
}
