import { z } from 'zod';
import { defineRoute } from './route.js';

/** One per app; tells the load bench and monitors that a caller gets in, and does nothing else. */
export const noop = defineRoute({
  id: 'session.noop',
  method: 'GET',
  path: '/v1/noop',
  routeClass: 'check',
  summary: 'Answers whether the caller gets in',
  tag: 'Service',
  audience: ['identity-client', 'health-client'],
  ability: { action: 'ping', resource: 'Service' },
  reply: z.object({ ok: z.literal(true) }),
});
