import { reportBounces } from '@integument/contracts';
import { UnitOfWork } from '@integument/database';
import { AskedBy, type Asker, Implements, Input, type InputOf } from '@integument/http';
import { Controller } from '@nestjs/common';
import { LettersService } from './letters.service.js';

@Controller()
export class LettersController {
  constructor(
    private readonly letters: LettersService,
    private readonly unitOfWork: UnitOfWork,
  ) {}

  @Implements(reportBounces)
  reportBounces(@AskedBy() asker: Asker, @Input() { body }: InputOf<typeof reportBounces>) {
    return this.unitOfWork.run((tx) => this.letters.reportBounces(tx, asker, body));
  }
}
