import {
  beginPasskey,
  beginTotp,
  beginUse,
  CodedError,
  enrolPasskey,
  enrolTotp,
  listFactors,
  makeRecoveryCodes,
  removeFactor,
  removeLastFactors,
  usePasskey,
  useRecoveryCode,
  useTotp,
} from '@integument/contracts';
import { type Tx, UnitOfWork } from '@integument/database';
import {
  Answer,
  AskedBy,
  type Asker,
  Implements,
  Input,
  type InputOf,
  SessionCookieFormat,
  sessionLeasesOver,
} from '@integument/http';
import { Controller } from '@nestjs/common';
import { accountOf, type VaultStaff } from '../../platform/callers.js';
import { DataPlaneSessions } from '../sessions/index.js';
import { FactorEnrolment } from './factor-enrolment.service.js';
import { FactorUse } from './factor-use.service.js';
import { FactorsService } from './factors.service.js';
import type { Raised } from './session-raiser.js';

type Staff = Asker<VaultStaff>;

@Controller()
export class FactorsController {
  constructor(
    private readonly factors: FactorsService,
    private readonly enrolment: FactorEnrolment,
    private readonly use: FactorUse,
    private readonly dataPlane: DataPlaneSessions,
    private readonly cookies: SessionCookieFormat,
    private readonly unitOfWork: UnitOfWork,
  ) {}

  @Implements(listFactors)
  list(@AskedBy() asker: Staff) {
    return this.unitOfWork.run((tx) => this.factors.list(tx, asker));
  }

  @Implements(beginTotp)
  beginTotp(@AskedBy() asker: Staff) {
    return this.unitOfWork.run((tx) => this.enrolment.beginTotp(tx, asker));
  }

  @Implements(enrolTotp)
  async enrolTotp(@AskedBy() asker: Staff, @Input() { body }: InputOf<typeof enrolTotp>) {
    const enrolled = await this.settle((tx) => this.enrolment.finishTotp(tx, asker, body.code));
    return this.answer(enrolled, { factor: enrolled.factor });
  }

  @Implements(beginPasskey)
  beginPasskey(@AskedBy() asker: Staff) {
    return this.unitOfWork.run((tx) => this.enrolment.beginPasskey(tx, asker));
  }

  @Implements(enrolPasskey)
  async enrolPasskey(@AskedBy() asker: Staff, @Input() { body }: InputOf<typeof enrolPasskey>) {
    const enrolled = await this.settle((tx) => this.enrolment.finishPasskey(tx, asker, body.credential));
    return this.answer(enrolled, { factor: enrolled.factor });
  }

  @Implements(useTotp)
  async useTotp(@AskedBy() asker: Staff, @Input() { body }: InputOf<typeof useTotp>) {
    return this.answer(await this.settle((tx) => this.use.useTotp(tx, asker, body.code)), {});
  }

  @Implements(beginUse)
  beginUse(@AskedBy() asker: Staff) {
    return this.unitOfWork.run((tx) => this.use.beginPasskey(tx, asker));
  }

  @Implements(usePasskey)
  async usePasskey(@AskedBy() asker: Staff, @Input() { body }: InputOf<typeof usePasskey>) {
    return this.answer(await this.settle((tx) => this.use.usePasskey(tx, asker, body.credential)), {});
  }

  @Implements(useRecoveryCode)
  async useRecoveryCode(@AskedBy() asker: Staff, @Input() { body }: InputOf<typeof useRecoveryCode>) {
    return this.answer(await this.settle((tx) => this.use.useRecoveryCode(tx, asker, body.code)), {});
  }

  @Implements(makeRecoveryCodes)
  makeRecoveryCodes(@AskedBy() asker: Staff) {
    return this.unitOfWork.run((tx) => this.factors.makeRecoveryCodes(tx, asker));
  }

  @Implements(removeFactor)
  async remove(@AskedBy() asker: Staff, @Input() { params }: InputOf<typeof removeFactor>) {
    await this.unitOfWork.run((tx) => this.factors.remove(tx, asker, params.factor));
    return this.dataPlane.answer(accountOf(asker.caller));
  }

  @Implements(removeLastFactors)
  async removeLast(@AskedBy() asker: Staff, @Input() { body }: InputOf<typeof removeLastFactors>) {
    await this.unitOfWork.run((tx) => this.factors.removeLast(tx, asker, body));
    return this.dataPlane.answer(Buffer.from(body.account, 'hex'));
  }

  /** Throws a returned refusal only now that what belongs to it is committed. */
  private async settle<T extends object>(work: (tx: Tx) => Promise<T | CodedError>): Promise<T> {
    const outcome = await this.unitOfWork.run(work);
    if (outcome instanceof CodedError) throw outcome;
    return outcome;
  }

  private async answer<Extra extends object>({ secret, factorAt, expiresAt }: Raised, extra: Extra) {
    // The secret from before lets nobody in any more once the new one is known.
    await sessionLeasesOver();
    const seconds = (expiresAt.getTime() - Date.now()) / 1_000;
    return Answer.of(
      { ...extra, factorAt: factorAt.toISOString() },
      { headers: { 'set-cookie': this.cookies.write(secret, seconds) } },
    );
  }
}
