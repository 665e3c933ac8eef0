import { AuditLog } from '@integument/audit-log';
import { UnitOfWork } from '@integument/database';
import { provide } from '@integument/http';
import { Logger } from '@integument/telemetry';
import { type TargetRules, WebhookSender } from '@integument/webhooks';
import { Module } from '@nestjs/common';
import type { VaultConfig } from '../../config.js';
import { VAULT_CONFIG } from '../../platform/tokens.js';
import { DomainKeys, KeysModule } from '../keys/index.js';
import { DeliveriesStore } from './deliveries.store.js';
import { DeliveryLoop } from './delivery-loop.js';
import { WebhookEvents } from './webhook-events.js';
import { WebhooksController } from './webhooks.controller.js';
import { WebhooksService } from './webhooks.service.js';
import { WebhooksStore } from './webhooks.store.js';

const TARGET_RULES = Symbol('TargetRules');

@Module({
  imports: [KeysModule],
  controllers: [WebhooksController],
  providers: [
    provide(WebhooksStore),
    provide(DeliveriesStore),
    provide(WebhookEvents, DeliveriesStore),
    {
      provide: TARGET_RULES,
      inject: [VAULT_CONFIG],
      useFactory: (config: VaultConfig): TargetRules => ({ loopback: config.WEBHOOK_LOOPBACK === 'on' }),
    },
    provide(WebhookSender, TARGET_RULES),
    provide(WebhooksService, WebhooksStore, DeliveriesStore, DomainKeys, AuditLog, TARGET_RULES),
    {
      provide: DeliveryLoop,
      inject: [WebhooksStore, DeliveriesStore, DomainKeys, WebhookSender, AuditLog, UnitOfWork, Logger],
      useFactory: (
        store: WebhooksStore,
        deliveries: DeliveriesStore,
        keys: DomainKeys,
        sender: WebhookSender,
        audit: AuditLog,
        unitOfWork: UnitOfWork,
        logger: Logger,
      ) => new DeliveryLoop({ store, deliveries, keys, sender, audit, unitOfWork, logger }),
    },
  ],
  exports: [WebhookEvents, DeliveryLoop],
})
export class WebhooksModule {}
