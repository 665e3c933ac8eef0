import { redeemApproval } from '@integument/contracts';
import { UnitOfWork } from '@integument/database';
import { AskedBy, type Asker, Implements, Input, type InputOf } from '@integument/http';
import { Controller } from '@nestjs/common';
import { Approvals } from './approvals.js';

@Controller()
export class InternalApprovalsController {
  constructor(
    private readonly approvals: Approvals,
    private readonly unitOfWork: UnitOfWork,
  ) {}

  @Implements(redeemApproval)
  redeem(@AskedBy() asker: Asker, @Input() { body }: InputOf<typeof redeemApproval>) {
    return this.unitOfWork.run((tx) => this.approvals.redeem(tx, asker, body));
  }
}
