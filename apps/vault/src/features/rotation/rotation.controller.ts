import { listKeys, readRotation, rotateKey } from '@integument/contracts';
import { UnitOfWork } from '@integument/database';
import { AskedBy, type Asker, Implements, Input, type InputOf } from '@integument/http';
import { Controller } from '@nestjs/common';
import type { VaultStaff } from '../../platform/callers.js';
import { RotationService } from './rotation.service.js';

type Staff = Asker<VaultStaff>;

@Controller()
export class RotationController {
  constructor(
    private readonly rotation: RotationService,
    private readonly unitOfWork: UnitOfWork,
  ) {}

  @Implements(listKeys)
  list(@AskedBy() asker: Staff) {
    return this.unitOfWork.run((tx) => this.rotation.list(tx, asker));
  }

  @Implements(rotateKey)
  async rotate(@AskedBy() asker: Staff, @Input() { params }: InputOf<typeof rotateKey>) {
    // The keyring is asked before the transaction, so that no lock waits for it.
    const prepared = await this.rotation.prepare(params.domain);
    return this.unitOfWork.run((tx) => this.rotation.begin(tx, asker, params.domain, prepared));
  }

  @Implements(readRotation)
  read(@AskedBy() asker: Staff, @Input() { params }: InputOf<typeof readRotation>) {
    return this.unitOfWork.run((tx) => this.rotation.read(tx, asker, params.rotation));
  }
}
