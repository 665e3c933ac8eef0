import { AuditLog } from '@integument/audit-log';
import { provide } from '@integument/http';
import { Module } from '@nestjs/common';
import { ErasureController } from './erasure.controller.js';
import { ErasureService } from './erasure.service.js';
import { ErasureStore } from './erasure.store.js';

@Module({
  controllers: [ErasureController],
  providers: [provide(ErasureStore), provide(ErasureService, ErasureStore, AuditLog)],
  exports: [ErasureService],
})
export class ErasureModule {}
