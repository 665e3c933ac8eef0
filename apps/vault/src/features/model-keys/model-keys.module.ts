import { AuditLog } from '@integument/audit-log';
import { provide } from '@integument/http';
import { Module } from '@nestjs/common';
import { DomainKeys, KeysModule } from '../keys/index.js';
import { ModelKeysService } from './model-keys.service.js';
import { ModelKeysStore } from './model-keys.store.js';

@Module({
  imports: [KeysModule],
  providers: [provide(ModelKeysStore), provide(ModelKeysService, ModelKeysStore, DomainKeys, AuditLog)],
  exports: [ModelKeysService],
})
export class ModelKeysModule {}
