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
  IdempotencyKey,
  Implements,
  Input,
  type InputOf,
} from '@integument/http';
import { Controller } from '@nestjs/common';
import type { VaultPerson } from '../../platform/callers.js';
import { EnrolmentDesk } from './enrolment-desk.js';
import { PeopleService } from './people.service.js';

@Controller()
export class PeopleController {
  constructor(
    private readonly desk: EnrolmentDesk,
    private readonly people: PeopleService,
    private readonly unitOfWork: UnitOfWork,
    private readonly effects: Effects,
  ) {}

  @Implements(enrolPerson)
  enrol(
    @AskedBy() asker: Asker,
    @Input() { body }: InputOf<typeof enrolPerson>,
    @IdempotencyKey() key: IdempotentRequest | undefined,
  ) {
    if (!key) return this.desk.enrolOne(asker, body);
    return this.effects.run(key, (tx) => this.desk.enrolOneWithin(tx, asker, body));
  }

  @Implements(enrolPeople)
  enrolBatch(
    @AskedBy() asker: Asker,
    @Input() { body }: InputOf<typeof enrolPeople>,
    @IdempotencyKey() key: IdempotentRequest | undefined,
  ) {
    return this.effects.run(key, (tx) => this.desk.enrolBatch(tx, asker, body.people));
  }

  @Implements(searchPeople)
  search(@AskedBy() asker: Asker, @Input() { body }: InputOf<typeof searchPeople>) {
    return this.unitOfWork.run((tx) => this.people.search(tx, asker, body));
  }

  @Implements(readPerson)
  read(@AskedBy() asker: Asker, @Input() { params }: InputOf<typeof readPerson>) {
    return this.unitOfWork.run((tx) => this.people.read(tx, asker, params.person));
  }

  @Implements(updatePerson)
  update(
    @AskedBy() asker: Asker,
    @Input() { params, body }: InputOf<typeof updatePerson>,
    @IdempotencyKey() key: IdempotentRequest | undefined,
  ) {
    return this.unitOfWork.run(async (tx) => {
      let now: ReplyOf<typeof updatePerson> | undefined;
      // Nothing is kept but that it was done: a repetition reads anew, on record, and not at all once the person is gone.
      const done = await this.effects.within(tx, key, async () => {
        now = await this.people.update(tx, asker, params.person, body);
      });
      return done.withBody(now ?? (await this.people.read(tx, asker, params.person)));
    });
  }

  @Implements(revealPerson)
  reveal(@AskedBy() asker: Asker, @Input() { params, body }: InputOf<typeof revealPerson>) {
    return this.unitOfWork.run((tx) => this.people.reveal(tx, asker, params.person, body));
  }

  @Implements(readSelf)
  readSelf(@AskedBy() asker: Asker<VaultPerson>) {
    return this.unitOfWork.run((tx) => this.people.readSelf(tx, asker, asker.caller.personId));
  }
}
