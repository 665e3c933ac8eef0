import { AuditLog } from '@integument/audit-log';
import { provide } from '@integument/http';
import { Module } from '@nestjs/common';
import { PermitsModule, permitsOf } from '../permits/index.js';
import { IngestController } from './ingest.controller.js';
import { IngestService } from './ingest.service.js';
import { IngestStore } from './ingest.store.js';

@Module({
  imports: [PermitsModule],
  controllers: [IngestController],
  providers: [permitsOf('ingest'), provide(IngestStore), provide(IngestService, IngestStore, AuditLog)],
  exports: [IngestStore],
})
export class IngestModule {}
