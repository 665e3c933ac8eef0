import { Module } from '@nestjs/common';
import { Catalogue } from './catalogue.js';

@Module({
  providers: [{ provide: Catalogue, useFactory: () => new Catalogue() }],
  exports: [Catalogue],
})
export class CatalogueModule {}
