import { Module } from '@nestjs/common';
import type { VaultConfig } from '../../config.js';
import { VAULT_CONFIG } from '../../platform/tokens.js';
import { Catalogue } from './catalogue.js';
import { type CatalogueFile, catalogueOf, readCatalogueFile } from './catalogue-file.js';
import { planSearch } from './search-plan.js';

/** Injection token of what people can be searched by besides the fields that name them. */
export const SEARCH_PLAN = Symbol('search plan');
const CATALOGUE_FILE = Symbol('catalogue file');

@Module({
  providers: [
    {
      provide: CATALOGUE_FILE,
      inject: [VAULT_CONFIG],
      useFactory: (config: VaultConfig) => readCatalogueFile(config.VAULT_CATALOGUE_FILE),
    },
    { provide: Catalogue, inject: [CATALOGUE_FILE], useFactory: catalogueOf },
    {
      provide: SEARCH_PLAN,
      inject: [CATALOGUE_FILE],
      useFactory: ({ search }: CatalogueFile) => planSearch(search),
    },
  ],
  exports: [Catalogue, SEARCH_PLAN],
})
export class CatalogueModule {}
