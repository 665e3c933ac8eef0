import {
  acknowledgeNotice,
  consentHistory,
  giveConsent,
  listConsents,
  listPurposes,
  objectToPurpose,
  type ReplyOf,
  receiptKeys,
  refuseConsent,
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
import { type TakenBack, TakingBack } from './taking-back.js';

@Controller()
export class ConsentController {
  constructor(
    private readonly consent: ConsentService,
    private readonly takingBack: TakingBack,
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
    return answered(await this.takingBack.withdraw(asker, params.purpose));
  }

  @Implements(refuseConsent)
  async refuse(@AskedBy() asker: Asker<ApiPerson>, @Input() { params, body }: InputOf<typeof refuseConsent>) {
    return answered(await this.takingBack.refuse(asker, params.purpose, body));
  }

  @Implements(acknowledgeNotice)
  async acknowledge(
    @AskedBy() asker: Asker<ApiPerson>,
    @Input() { params, body }: InputOf<typeof acknowledgeNotice>,
  ) {
    const state = await this.consent.acknowledge(asker, params.purpose, body);
    await sessionLeasesOver();
    return state;
  }

  @Implements(objectToPurpose)
  async object(
    @AskedBy() asker: Asker<ApiPerson>,
    @Input() { params, body }: InputOf<typeof objectToPurpose>,
  ) {
    return answered(await this.takingBack.object(asker, params.purpose, body.channel));
  }

  @Implements(consentHistory)
  history(@AskedBy() asker: Asker<ApiPerson>, @Input() { params }: InputOf<typeof consentHistory>) {
    return this.reader.history(asker, params.purpose);
  }
}

/** 202 while the vault still has to hear of it. */
function answered({ state, confirmed }: TakenBack) {
  return Answer.of(state, { status: confirmed ? 200 : 202 });
}
