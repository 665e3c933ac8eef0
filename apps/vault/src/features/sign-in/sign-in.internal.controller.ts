import { redeemSignInCode } from '@integument/contracts';
import { UnitOfWork } from '@integument/database';
import { AskedBy, type Asker, Implements, Input, type InputOf } from '@integument/http';
import { Controller } from '@nestjs/common';
import { SignInService } from './sign-in.service.js';

@Controller()
export class InternalSignInController {
  constructor(
    private readonly signIn: SignInService,
    private readonly unitOfWork: UnitOfWork,
  ) {}

  @Implements(redeemSignInCode)
  redeem(@AskedBy() asker: Asker, @Input() { body }: InputOf<typeof redeemSignInCode>) {
    return this.unitOfWork.run((tx) => this.signIn.redeem(tx, asker, body.code));
  }
}
