import { AuditLog } from '@integument/audit-log';
import { GPC_HEADER } from '@integument/contracts';
import { UnitOfWork } from '@integument/database';
import { type HttpRequest, provide } from '@integument/http';
import { Module, type OnModuleInit } from '@nestjs/common';
import { ConsentModule, KnownPermits, OptOutClocks, TakingBack } from '../consent/index.js';
import { PermitsModule, PermitsStore } from '../permits/index.js';
import { Register, RegisterModule } from '../register/index.js';
import { SessionBeginnings, SessionsModule } from '../sessions/index.js';
import { OptOutsController } from './opt-outs.controller.js';
import { OptOuts } from './opt-outs.service.js';

@Module({
  imports: [ConsentModule, PermitsModule, RegisterModule, SessionsModule],
  controllers: [OptOutsController],
  providers: [
    provide(OptOuts, Register, KnownPermits, PermitsStore, TakingBack, OptOutClocks, AuditLog, UnitOfWork),
  ],
})
export class OptOutsModule implements OnModuleInit {
  constructor(
    private readonly beginnings: SessionBeginnings,
    private readonly optOuts: OptOuts,
  ) {}

  onModuleInit(): void {
    this.beginnings.heed((asker, request) =>
      // What somebody's browser wants for them it doesn't want for the child for which they answer.
      saysGpc(request) && !asker.caller.guardian ? this.optOuts.heed(asker) : Promise.resolve(),
    );
  }
}

/** https://www.w3.org/TR/gpc/: the one value that means something. */
function saysGpc({ headers }: HttpRequest): boolean {
  return headers[GPC_HEADER] === '1';
}
