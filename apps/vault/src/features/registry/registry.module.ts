import { AuditLog } from '@integument/audit-log';
import { UnitOfWork } from '@integument/database';
import { ClientDirectory, provide } from '@integument/http';
import { Module } from '@nestjs/common';
import type { VaultConfig } from '../../config.js';
import { openIdProviders } from '../../openid-providers.js';
import { ISSUER, VAULT_CONFIG } from '../../platform/tokens.js';
import { KeysModule, StaffNames } from '../keys/index.js';
import { clientDirectory } from './client-directory.js';
import { ClientsStore } from './clients.store.js';
import { RegistryService } from './registry.service.js';
import { RegistryStore } from './registry.store.js';
import { readRegistryFile, refuseStaffElsewhere } from './registry-file.js';

@Module({
  imports: [KeysModule],
  providers: [
    provide(RegistryStore),
    provide(ClientsStore),
    provide(RegistryService, RegistryStore, ClientsStore, StaffNames, AuditLog, ISSUER),
    {
      // Nobody is let in before the file is in the tables.
      provide: ClientDirectory,
      inject: [RegistryService, ClientsStore, UnitOfWork, VAULT_CONFIG],
      useFactory: async (
        registry: RegistryService,
        store: ClientsStore,
        unitOfWork: UnitOfWork,
        config: VaultConfig,
      ) => {
        const file = await readRegistryFile(config.REGISTRY_FILE);
        refuseStaffElsewhere(file, openIdProviders(config), config.OIDC_ISSUER);
        await unitOfWork.run((tx) => registry.apply(tx, file));
        return clientDirectory(store, unitOfWork);
      },
    },
  ],
  exports: [RegistryStore, ClientsStore, RegistryService, ClientDirectory],
})
export class RegistryModule {}
