import { z } from 'zod';
import { sessionPseudonym, signInCode } from './ids.js';
import { defineRoute } from './route.js';

export const openSession = defineRoute({
  id: 'sessions.open',
  method: 'POST',
  path: '/v1/sessions',
  routeClass: 'sign-in',
  summary: 'Redeem a one-time code of the vault for a session here',
  tag: 'Sessions',
  audience: ['public'],
  body: z.strictObject({ code: signInCode }),
  status: 201,
  reply: z.object({
    session: sessionPseudonym,
    kind: z.enum(['person', 'staff']),
    roles: z.array(z.string()),
    expiresAt: z.iso.datetime(),
  }),
  problems: ['sessions.code_invalid', 'vault.unavailable'],
});

export const closeSession = defineRoute({
  id: 'sessions.close',
  method: 'DELETE',
  path: '/v1/sessions/current',
  routeClass: 'sign-in',
  summary: 'End the current session',
  tag: 'Sessions',
  audience: ['person', 'staff'],
  ability: { action: 'continue', resource: 'Session' },
  factor: 'optional',
  status: 204,
});
