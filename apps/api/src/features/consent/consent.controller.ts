import {
  consentHistory,
  giveConsent,
  listConsents,
  listPurposes,
  PURPOSES,
  type ReplyOf,
  withdrawConsent,
} from '@integument/contracts';
import { UnitOfWork } from '@integument/database';
import {
  Answer,
  AskedBy,
  type Asker,
  Implements,
  Input,
  type InputOf,
  sessionLeasesOver,
} from '@integument/http';
import { Controller } from '@nestjs/common';
import type { ApiPerson } from '../../platform/callers.js';
import { ConsentService } from './consent.service.js';

@Controller()
export class ConsentController {
  constructor(
    private readonly consent: ConsentService,
    private readonly unitOfWork: UnitOfWork,
  ) {}

  @Implements(listPurposes)
  purposes(): ReplyOf<typeof listPurposes> {
    return { purposes: PURPOSES.map((purpose) => ({ ...purpose, categories: [...purpose.categories] })) };
  }

  @Implements(listConsents)
  async list(@AskedBy() asker: Asker<ApiPerson>) {
    return { consents: await this.consent.list(asker) };
  }

  @Implements(giveConsent)
  async give(@AskedBy() asker: Asker<ApiPerson>, @Input() { params, body }: InputOf<typeof giveConsent>) {
    const state = await this.consent.give(asker, params.purpose, body.notice);
    // What the session knows now, every replica knows with the answer.
    await sessionLeasesOver();
    return state;
  }

  @Implements(withdrawConsent)
  async withdraw(@AskedBy() asker: Asker<ApiPerson>, @Input() { params }: InputOf<typeof withdrawConsent>) {
    const { state, confirmed } = await this.consent.withdraw(asker, params.purpose);
    return Answer.of(state, { status: confirmed ? 200 : 202 });
  }

  @Implements(consentHistory)
  history(@AskedBy() asker: Asker<ApiPerson>, @Input() { params }: InputOf<typeof consentHistory>) {
    return this.unitOfWork.run((tx) => this.consent.history(tx, asker, params.purpose));
  }
}
