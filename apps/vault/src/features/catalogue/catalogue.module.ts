import { Module } from '@nestjs/common';
import type { VaultConfig } from '../../config.js';
import { VAULT_CONFIG } from '../../platform/tokens.js';
import { Catalogue } from './catalogue.js';
import { readCatalogue } from './catalogue-file.js';

@Module({
  providers: [
    {
      provide: Catalogue,
      inject: [VAULT_CONFIG],
      useFactory: (config: VaultConfig) => readCatalogue(config.VAULT_CATALOGUE_FILE),
    },
  ],
  exports: [Catalogue],
})
export class CatalogueModule {}
