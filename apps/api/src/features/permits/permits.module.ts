import { UnitOfWork } from '@integument/database';
import { provide } from '@integument/http';
import { Module } from '@nestjs/common';
import type { ApiConfig } from '../../config.js';
import { API_CONFIG } from '../../platform/tokens.js';
import { VaultClient } from '../../platform/vault-client.js';
import { DueGatesStore } from './due-gates.store.js';
import { PermitKeys } from './permit-keys.js';
import { PermitsService } from './permits.service.js';
import { PermitsStore } from './permits.store.js';
import { ScatteredRows } from './scattered-rows.js';

@Module({
  providers: [
    provide(PermitsStore),
    provide(DueGatesStore),
    {
      provide: PermitKeys,
      inject: [VaultClient, API_CONFIG],
      useFactory: (vault: VaultClient, config: ApiConfig) =>
        new PermitKeys(vault, config.PLATFORM_SECRET_FILE),
    },
    provide(PermitsService, PermitsStore, PermitKeys, UnitOfWork),
    provide(ScatteredRows, UnitOfWork),
  ],
  exports: [PermitsStore, DueGatesStore, PermitKeys, PermitsService, ScatteredRows],
})
export class PermitsModule {}
