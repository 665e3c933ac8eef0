import { approveOpening, listOpenings, openCommitment, requestOpening } from '@integument/contracts';
import { UnitOfWork } from '@integument/database';
import { AskedBy, type Asker, Implements, Input, type InputOf } from '@integument/http';
import { Controller } from '@nestjs/common';
import { OpeningsService } from './openings.service.js';

@Controller()
export class OpeningsController {
  constructor(
    private readonly openings: OpeningsService,
    private readonly unitOfWork: UnitOfWork,
  ) {}

  @Implements(requestOpening)
  request(@AskedBy() asker: Asker, @Input() { body }: InputOf<typeof requestOpening>) {
    return this.unitOfWork.run((tx) => this.openings.request(tx, asker, body));
  }

  @Implements(listOpenings)
  list(@AskedBy() asker: Asker) {
    return this.unitOfWork.run((tx) => this.openings.list(tx, asker));
  }

  @Implements(approveOpening)
  approve(@AskedBy() asker: Asker, @Input() { params }: InputOf<typeof approveOpening>) {
    return this.unitOfWork.run((tx) => this.openings.approve(tx, asker, params.opening));
  }

  @Implements(openCommitment)
  open(@AskedBy() asker: Asker, @Input() { params }: InputOf<typeof openCommitment>) {
    return this.unitOfWork.run((tx) => this.openings.open(tx, asker, params.opening));
  }
}
