import { openCommitment } from '@integument/contracts';
import { UnitOfWork } from '@integument/database';
import { AskedBy, type Asker, Implements, Input, type InputOf } from '@integument/http';
import { Controller } from '@nestjs/common';
import type { VaultStaff } from '../../platform/callers.js';
import { OpeningsService } from './openings.service.js';

@Controller()
export class OpeningsController {
  constructor(
    private readonly openings: OpeningsService,
    private readonly unitOfWork: UnitOfWork,
  ) {}

  @Implements(openCommitment)
  open(@AskedBy() asker: Asker<VaultStaff>, @Input() { body }: InputOf<typeof openCommitment>) {
    return this.unitOfWork.run((tx) => this.openings.open(tx, asker, body));
  }
}
