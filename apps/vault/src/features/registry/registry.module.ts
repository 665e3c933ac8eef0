import { AuditLog } from '@integument/audit-log';
import { BlindIndex } from '@integument/crypto';
import { UnitOfWork } from '@integument/database';
import { provide } from '@integument/http';
import { Module } from '@nestjs/common';
import type { VaultConfig } from '../../config.js';
import { openIdProviders } from '../../openid-providers.js';
import { ISSUER, VAULT_CONFIG } from '../../platform/tokens.js';
import { KeysModule } from '../keys/index.js';
import { ClientDirectory } from './client-directory.js';
import { RegistryService } from './registry.service.js';
import { RegistryStore } from './registry.store.js';
import { readRegistryFile, refuseStaffElsewhere } from './registry-file.js';

@Module({
  imports: [KeysModule],
  providers: [
    provide(RegistryStore),
    provide(RegistryService, RegistryStore, BlindIndex, AuditLog, ISSUER),
    {
      // Nobody is let in before the file is in the tables.
      provide: ClientDirectory,
      inject: [RegistryService, RegistryStore, UnitOfWork, VAULT_CONFIG],
      useFactory: async (
        registry: RegistryService,
        store: RegistryStore,
        unitOfWork: UnitOfWork,
        config: VaultConfig,
      ) => {
        const file = await readRegistryFile(config.REGISTRY_FILE);
        refuseStaffElsewhere(file, openIdProviders(config), config.OIDC_ISSUER);
        await unitOfWork.run((tx) => registry.apply(tx, file));
        return new ClientDirectory(store, unitOfWork);
      },
    },
  ],
  exports: [RegistryStore, RegistryService, ClientDirectory],
})
export class RegistryModule {}
