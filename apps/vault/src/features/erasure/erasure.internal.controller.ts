import { erasureCompleted, erasureGatesClosed, pendingErasures } from '@integument/contracts';
import { UnitOfWork } from '@integument/database';
import { AskedBy, type Asker, Implements, Input, type InputOf } from '@integument/http';
import { Controller } from '@nestjs/common';
import { ErasureService } from './erasure.service.js';

@Controller()
export class InternalErasureController {
  constructor(
    private readonly erasures: ErasureService,
    private readonly unitOfWork: UnitOfWork,
  ) {}

  @Implements(pendingErasures)
  pending(@AskedBy() asker: Asker) {
    return this.unitOfWork.run((tx) => this.erasures.pending(tx, asker));
  }

  @Implements(erasureGatesClosed)
  gatesClosed(@AskedBy() asker: Asker, @Input() { params }: InputOf<typeof erasureGatesClosed>) {
    return this.unitOfWork.run((tx) => this.erasures.gatesClosed(tx, asker, params.erasure));
  }

  @Implements(erasureCompleted)
  completed(@AskedBy() asker: Asker, @Input() { params }: InputOf<typeof erasureCompleted>) {
    return this.unitOfWork.run((tx) => this.erasures.completed(tx, asker, params.erasure));
  }
}
