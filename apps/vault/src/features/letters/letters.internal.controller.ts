import { requestLetters } from '@integument/contracts';
import { UnitOfWork } from '@integument/database';
import { AskedBy, type Asker, Implements, Input, type InputOf } from '@integument/http';
import { Controller } from '@nestjs/common';
import { LettersService } from './letters.service.js';

@Controller()
export class InternalLettersController {
  constructor(
    private readonly letters: LettersService,
    private readonly unitOfWork: UnitOfWork,
  ) {}

  @Implements(requestLetters)
  request(@AskedBy() asker: Asker, @Input() { body }: InputOf<typeof requestLetters>) {
    return this.unitOfWork.run((tx) => this.letters.request(tx, asker, body));
  }
}
