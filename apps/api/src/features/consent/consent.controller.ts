import {
  consentHistory,
  giveConsent,
  listConsents,
  listPurposes,
  type ReplyOf,
  receiptKeys,
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
import { Register } from '../register/index.js';
import { ConsentService } from './consent.service.js';
import { ConsentReader } from './consent-reader.js';
import { ReceiptKeysStore } from './receipt-keys.js';

@Controller()
export class ConsentController {
  constructor(
    private readonly consent: ConsentService,
    private readonly reader: ConsentReader,
    private readonly register: Register,
    private readonly keys: ReceiptKeysStore,
    private readonly unitOfWork: UnitOfWork,
  ) {}

  @Implements(listPurposes)
  purposes() {
    // What the reply doesn't declare is left out of it.
    const purposes: readonly object[] = this.register.document.purposes;
    return { purposes: purposes as ReplyOf<typeof listPurposes>['purposes'] };
  }

  @Implements(receiptKeys)
  async receiptKeys() {
    return { keys: await this.unitOfWork.single((tx) => this.keys.findAll(tx)) };
  }

  @Implements(listConsents)
  async list(@AskedBy() asker: Asker<ApiPerson>) {
    return { consents: await this.reader.list(asker) };
  }

  @Implements(giveConsent)
  async give(@AskedBy() asker: Asker<ApiPerson>, @Input() { params, body }: InputOf<typeof giveConsent>) {
    const state = await this.consent.give(asker, params.purpose, body);
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
    return this.reader.history(asker, params.purpose);
  }
}
