export { DeliveriesStore } from './deliveries.store.js';
export { DeliveryLoop } from './delivery-loop.js';
export { WebhookEvents } from './webhook-events.js';
export { WebhooksModule } from './webhooks.module.js';
