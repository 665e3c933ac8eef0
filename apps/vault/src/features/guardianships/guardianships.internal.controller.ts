import { pendingConsentEndings } from '@integument/contracts';
import { UnitOfWork } from '@integument/database';
import { AskedBy, type Asker, Implements } from '@integument/http';
import { Controller } from '@nestjs/common';
import { ConsentEndings } from './consent-endings.js';

@Controller()
export class InternalGuardianshipsController {
  constructor(
    private readonly endings: ConsentEndings,
    private readonly unitOfWork: UnitOfWork,
  ) {}

  @Implements(pendingConsentEndings)
  pending(@AskedBy() asker: Asker) {
    return this.unitOfWork.run((tx) => this.endings.pending(tx, asker));
  }
}
