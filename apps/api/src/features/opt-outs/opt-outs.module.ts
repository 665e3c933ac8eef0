import { AuditLog } from '@integument/audit-log';
import { GPC_HEADER } from '@integument/contracts';
import { Outbox, UnitOfWork } from '@integument/database';
import { type HttpRequest, provide } from '@integument/http';
import { Module, type OnModuleInit } from '@nestjs/common';
import { VaultClient } from '../../platform/vault-client.js';
import {
  ConsentModule,
  ConsentStore,
  KnownPermits,
  TakingBack,
  UnaskedBeginnings,
} from '../consent/index.js';
import { PermitsModule, PermitsStore } from '../permits/index.js';
import { Register, RegisterModule } from '../register/index.js';
import { SessionBeginnings, SessionsModule } from '../sessions/index.js';
import { OptOutClocks } from './opt-out-clocks.js';
import { OptOutClocksStore } from './opt-out-clocks.store.js';
import { OptOutNotes } from './opt-out-notes.js';
import { OptOutStops } from './opt-out-stops.js';
import { OptOutsController } from './opt-outs.controller.js';
import { OptOuts } from './opt-outs.service.js';
import { RecipientsHeard } from './recipients-heard.js';
import { StandingOptOuts } from './standing-opt-outs.js';

@Module({
  imports: [ConsentModule, PermitsModule, RegisterModule, SessionsModule],
  controllers: [OptOutsController],
  providers: [
    provide(OptOutClocksStore),
    provide(OptOutClocks, OptOutClocksStore),
    provide(OptOutNotes, Outbox, VaultClient),
    provide(OptOutStops, TakingBack, OptOutClocks),
    provide(
      OptOuts,
      Register,
      KnownPermits,
      PermitsStore,
      OptOutStops,
      OptOutClocks,
      OptOutNotes,
      AuditLog,
      UnitOfWork,
    ),
    provide(StandingOptOuts, Register, KnownPermits, ConsentStore, OptOutStops, OptOutClocks, UnitOfWork),
    provide(RecipientsHeard, OptOutClocksStore, VaultClient, UnitOfWork),
  ],
})
export class OptOutsModule implements OnModuleInit {
  constructor(
    private readonly sessions: SessionBeginnings,
    private readonly unasked: UnaskedBeginnings,
    private readonly optOuts: OptOuts,
    private readonly standing: StandingOptOuts,
  ) {}

  onModuleInit(): void {
    this.sessions.heed(async (asker, request) => {
      // What somebody's browser wants for them it doesn't want for the child for which they answer.
      if (asker.caller.guardian) return;
      await this.standing.carryOn(asker);
      if (saysGpc(request)) await this.optOuts.heed(asker);
    });
    this.unasked.heed((asker, purpose) => this.standing.carryOnTo(asker, purpose));
  }
}

/** https://www.w3.org/TR/gpc/: the one value that means something. */
function saysGpc({ headers }: HttpRequest): boolean {
  return headers[GPC_HEADER] === '1';
}
