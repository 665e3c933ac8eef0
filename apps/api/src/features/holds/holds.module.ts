import { AuditLog } from '@integument/audit-log';
import { provide } from '@integument/http';
import { Module } from '@nestjs/common';
import type { ApiConfig } from '../../config.js';
import { API_CONFIG } from '../../platform/tokens.js';
import { PermitsModule, PermitsStore } from '../permits/index.js';
import { HoldsController } from './holds.controller.js';
import { HoldsService } from './holds.service.js';
import { HoldsStore } from './holds.store.js';
import { SealedReference } from './sealed-reference.js';

@Module({
  imports: [PermitsModule],
  controllers: [HoldsController],
  providers: [
    provide(HoldsStore),
    {
      provide: SealedReference,
      inject: [API_CONFIG],
      useFactory: (config: ApiConfig) => new SealedReference(config.PLATFORM_SECRET_FILE),
    },
    provide(HoldsService, PermitsStore, HoldsStore, SealedReference, AuditLog),
  ],
  exports: [HoldsStore],
})
export class HoldsModule {}
