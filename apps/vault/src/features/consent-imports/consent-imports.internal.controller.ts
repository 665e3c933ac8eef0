import { mintImportedPermits, pendingConsentImports, settleConsentImports } from '@integument/contracts';
import { UnitOfWork } from '@integument/database';
import { AskedBy, type Asker, Implements, Input, type InputOf } from '@integument/http';
import { Controller } from '@nestjs/common';
import { ImportedOpenings } from './imported-openings.js';

@Controller()
export class InternalConsentImportsController {
  constructor(
    private readonly openings: ImportedOpenings,
    private readonly unitOfWork: UnitOfWork,
  ) {}

  @Implements(pendingConsentImports)
  pending(@AskedBy() asker: Asker, @Input() { body }: InputOf<typeof pendingConsentImports>) {
    return this.unitOfWork.run((tx) => this.openings.pending(tx, asker, body));
  }

  @Implements(mintImportedPermits)
  mint(@AskedBy() asker: Asker, @Input() { body }: InputOf<typeof mintImportedPermits>) {
    return this.unitOfWork.run((tx) => this.openings.mint(tx, asker, body));
  }

  @Implements(settleConsentImports)
  settle(@AskedBy() asker: Asker, @Input() { body }: InputOf<typeof settleConsentImports>) {
    return this.unitOfWork.run((tx) => this.openings.settle(tx, asker, body));
  }
}
