import {
  declinePermit,
  destroyPermit,
  freezePermit,
  openPermit,
  permitKeys,
  resumePermit,
  sessionPermits,
  toldPermits,
} from '@integument/contracts';
import { UnitOfWork } from '@integument/database';
import { AskedBy, type Asker, Implements, Input, type InputOf } from '@integument/http';
import { Controller } from '@nestjs/common';
import { PermitOpenings } from './permit-openings.js';
import { PermitsService } from './permits.service.js';

/** Permits as the data plane asks for them. No identity goes in or comes out. */
@Controller()
export class InternalPermitsController {
  constructor(
    private readonly permits: PermitsService,
    private readonly openings: PermitOpenings,
    private readonly unitOfWork: UnitOfWork,
  ) {}

  @Implements(openPermit)
  open(@AskedBy() asker: Asker, @Input() { body }: InputOf<typeof openPermit>) {
    return this.unitOfWork.run((tx) => this.openings.open(tx, asker, body));
  }

  @Implements(resumePermit)
  resume(@AskedBy() asker: Asker, @Input() { body }: InputOf<typeof resumePermit>) {
    return this.unitOfWork.run((tx) => this.openings.resume(tx, asker, body));
  }

  @Implements(freezePermit)
  freeze(@AskedBy() asker: Asker, @Input() { body }: InputOf<typeof freezePermit>) {
    return this.unitOfWork.run((tx) => this.permits.freeze(tx, asker, body));
  }

  @Implements(declinePermit)
  decline(@AskedBy() asker: Asker, @Input() { body }: InputOf<typeof declinePermit>) {
    return this.unitOfWork.run((tx) => this.permits.decline(tx, asker, body));
  }

  @Implements(toldPermits)
  told(@Input() { body }: InputOf<typeof toldPermits>) {
    return this.unitOfWork.single(async (tx) => ({ told: await this.permits.told(tx, body.gates) }));
  }

  @Implements(destroyPermit)
  destroy(@AskedBy() asker: Asker, @Input() { body }: InputOf<typeof destroyPermit>) {
    return this.unitOfWork.run((tx) => this.permits.destroy(tx, asker, body.gate, body.epoch, body.keepNo));
  }

  @Implements(permitKeys)
  keys(@AskedBy() asker: Asker, @Input() { body }: InputOf<typeof permitKeys>) {
    return this.unitOfWork.run((tx) => this.permits.handOutKeys(tx, asker, body));
  }

  @Implements(sessionPermits)
  ofSession(@AskedBy() asker: Asker, @Input() { body }: InputOf<typeof sessionPermits>) {
    return this.unitOfWork.run((tx) => this.permits.ofSession(tx, asker, body.session));
  }
}
