import { importConsents, readConsentEvidence, readConsentImport } from '@integument/contracts';
import { type IdempotentRequest, UnitOfWork } from '@integument/database';
import {
  AskedBy,
  type Asker,
  Effects,
  IdempotencyKey,
  Implements,
  Input,
  type InputOf,
  RulesInForce,
} from '@integument/http';
import { Controller } from '@nestjs/common';
import { ConsentEvidence } from './consent-evidence.js';
import { ConsentImportsService } from './consent-imports.service.js';

@Controller()
export class ConsentImportsController {
  constructor(
    private readonly imports: ConsentImportsService,
    private readonly evidence: ConsentEvidence,
    private readonly rules: RulesInForce,
    private readonly unitOfWork: UnitOfWork,
    private readonly effects: Effects,
  ) {}

  @Implements(importConsents)
  async take(
    @AskedBy() asker: Asker,
    @Input() { body }: InputOf<typeof importConsents>,
    @IdempotencyKey() key: IdempotentRequest | undefined,
  ) {
    const regions = await this.rules.reach(asker.caller, importConsents);
    return this.effects.run(key, (tx) => this.imports.take(tx, asker, body.consents, regions));
  }

  @Implements(readConsentImport)
  read(@AskedBy() asker: Asker, @Input() { params }: InputOf<typeof readConsentImport>) {
    return this.unitOfWork.run((tx) => this.imports.read(tx, asker, params.import));
  }

  @Implements(readConsentEvidence)
  async readEvidence(
    @AskedBy() asker: Asker,
    @Input() { params, body }: InputOf<typeof readConsentEvidence>,
  ) {
    const regions = await this.rules.reach(asker.caller, readConsentEvidence, { reason: body.reason });
    return this.unitOfWork.run((tx) => this.evidence.read(tx, asker, params.person, body, regions));
  }
}
