import { AuditLog } from '@integument/audit-log';
import { provide } from '@integument/http';
import { Module } from '@nestjs/common';
import { ProductsController } from './products.controller.js';
import { ProductsService } from './products.service.js';
import { ProductsStore } from './products.store.js';

@Module({
  controllers: [ProductsController],
  providers: [provide(ProductsStore), provide(ProductsService, ProductsStore, AuditLog)],
  exports: [ProductsStore],
})
export class ProductsModule {}
