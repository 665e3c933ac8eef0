import { Module } from '@nestjs/common';
import type { VaultConfig } from '../../config.js';
import { VAULT_CONFIG } from '../../platform/tokens.js';
import { Catalogue } from './catalogue.js';
import { readCatalogue } from './catalogue-file.js';
import { NO_SEARCH } from './search-plan.js';

/** Injection token of what people can be searched by besides the fields that name them. */
export const SEARCH_PLAN = Symbol('search plan');

@Module({
  providers: [
    {
      provide: Catalogue,
      inject: [VAULT_CONFIG],
      useFactory: (config: VaultConfig) => readCatalogue(config.VAULT_CATALOGUE_FILE),
    },
    { provide: SEARCH_PLAN, useValue: NO_SEARCH },
  ],
  exports: [Catalogue, SEARCH_PLAN],
})
export class CatalogueModule {}
