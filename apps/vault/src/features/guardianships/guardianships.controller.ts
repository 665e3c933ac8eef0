import {
  endGuardianship,
  endOwnGuardian,
  listOwnGuardians,
  listOwnGuardianships,
  makeGuardianship,
  readGuardianship,
  revokeGuardianship,
} from '@integument/contracts';
import { type IdempotentRequest, UnitOfWork } from '@integument/database';
import {
  AskedBy,
  type Asker,
  Effects,
  IdempotencyKey,
  Implements,
  Input,
  type InputOf,
  RulesInForce,
} from '@integument/http';
import { Controller } from '@nestjs/common';
import type { VaultPerson } from '../../platform/callers.js';
import { DataPlaneSessions } from '../sessions/index.js';
import { GuardianshipsService } from './guardianships.service.js';

@Controller()
export class GuardianshipsController {
  constructor(
    private readonly guardianships: GuardianshipsService,
    private readonly dataPlane: DataPlaneSessions,
    private readonly rules: RulesInForce,
    private readonly unitOfWork: UnitOfWork,
    private readonly effects: Effects,
  ) {}

  @Implements(makeGuardianship)
  async make(
    @AskedBy() asker: Asker,
    @Input() { body }: InputOf<typeof makeGuardianship>,
    @IdempotencyKey() key: IdempotentRequest | undefined,
  ) {
    const regions = await this.rules.reach(asker.caller, makeGuardianship);
    return this.effects.run(key, (tx) => this.guardianships.make(tx, asker, body, regions));
  }

  @Implements(readGuardianship)
  async read(@AskedBy() asker: Asker, @Input() { params }: InputOf<typeof readGuardianship>) {
    const regions = await this.rules.reach(asker.caller, readGuardianship);
    return this.unitOfWork.run((tx) => this.guardianships.read(tx, asker, params.guardianship, regions));
  }

  /** With the answer nobody acts for the child any more, at the data plane as far as that answers. */
  @Implements(endGuardianship)
  async end(@AskedBy() asker: Asker, @Input() { params }: InputOf<typeof endGuardianship>) {
    const guardian = await this.unitOfWork.run((tx) =>
      this.guardianships.end(tx, asker, params.guardianship),
    );
    return this.dataPlane.answer(guardian);
  }

  @Implements(revokeGuardianship)
  async revoke(@AskedBy() asker: Asker, @Input() { params, body }: InputOf<typeof revokeGuardianship>) {
    const regions = await this.rules.reach(asker.caller, revokeGuardianship);
    const guardian = await this.unitOfWork.run((tx) =>
      this.guardianships.revoke(tx, asker, params.guardianship, body.reason, regions),
    );
    return this.dataPlane.answer(guardian);
  }

  @Implements(listOwnGuardians)
  listGuardians(@AskedBy() asker: Asker<VaultPerson>) {
    return this.unitOfWork.run((tx) => this.guardianships.listGuardians(tx, asker));
  }

  @Implements(endOwnGuardian)
  async endOwn(@AskedBy() asker: Asker<VaultPerson>, @Input() { params }: InputOf<typeof endOwnGuardian>) {
    const guardian = await this.unitOfWork.run((tx) =>
      this.guardianships.endOwn(tx, asker, params.guardianship),
    );
    return this.dataPlane.answer(guardian);
  }

  @Implements(listOwnGuardianships)
  listOwn(@AskedBy() asker: Asker<VaultPerson>) {
    return this.unitOfWork.run((tx) => this.guardianships.listOwn(tx, asker));
  }
}
