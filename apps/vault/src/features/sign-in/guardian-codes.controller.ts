import { issueGuardianCode } from '@integument/contracts';
import { UnitOfWork } from '@integument/database';
import { AskedBy, type Asker, Implements, Input, type InputOf } from '@integument/http';
import { Controller } from '@nestjs/common';
import type { VaultPerson } from '../../platform/callers.js';
import { GuardianCodes } from './guardian-codes.js';

@Controller()
export class GuardianCodesController {
  constructor(
    private readonly codes: GuardianCodes,
    private readonly unitOfWork: UnitOfWork,
  ) {}

  @Implements(issueGuardianCode)
  issue(@AskedBy() asker: Asker<VaultPerson>, @Input() { params }: InputOf<typeof issueGuardianCode>) {
    return this.unitOfWork.run((tx) => this.codes.issue(tx, asker, params.guardianship));
  }
}
