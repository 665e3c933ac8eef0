import { z } from 'zod';
import { sessionPseudonym, signInCode, signInId } from './ids.js';
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
  problems: ['sessions.code_invalid', 'consent.superseded', 'vault.unavailable'],
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

const OWN = {
  tag: 'Sign-in',
  audience: ['person', 'staff'],
  routeClass: 'sign-in',
  ability: { action: 'continue', resource: 'Session' },
} as const;

export const sessionsEnded = z.object({
  ended: z
    .enum(['everywhere', 'here'])
    .describe('`here`, with 202: the data plane has not confirmed yet that it has ended its part'),
});

export const listSessions = defineRoute({
  ...OWN,
  id: 'sign_in.sessions',
  method: 'GET',
  path: '/v1/sessions',
  summary: 'Where you are signed in',
  reply: z.object({
    sessions: z.array(
      z.object({
        session: signInId,
        current: z.boolean(),
        device: z.string(),
        beganAt: z.iso.datetime(),
        usedAt: z.iso.datetime().nullable().describe('To the minute; null where only the data plane is used'),
        factorAt: z.iso.datetime().nullable().describe('When a second factor was last used in it'),
      }),
    ),
  }),
});

export const signOut = defineRoute({
  ...OWN,
  id: 'sign_in.sign_out',
  method: 'POST',
  path: '/v1/sign-out',
  summary: 'End the current session, and what came of the same sign-in at the data plane',
  factor: 'optional',
  reply: sessionsEnded.extend({
    providerSignOut: z
      .url()
      .nullable()
      .describe(
        'Where to send the browser so that its session at the provider ends, too; null where it offers none',
      ),
  }),
});

/** OpenID Connect Back-Channel Logout 1.0, section 2.5: the provider tells us that sessions of its own have ended. */
export const backChannelLogout = defineRoute({
  id: 'sign_in.back_channel_logout',
  method: 'POST',
  path: '/v1/sign-in/back-channel-logout',
  summary: 'For OpenID providers: end the sessions that a logout token names',
  tag: 'Sign-in',
  audience: ['public'],
  form: true,
  bodyLimit: 16_384,
  body: z.object({ logout_token: z.string().min(1) }),
  reply: sessionsEnded,
  problems: ['sign_in.logout_token_refused', 'sign_in.provider_unavailable'],
});

export const endSession = defineRoute({
  ...OWN,
  id: 'sign_in.end_session',
  ability: { action: 'end', resource: 'SignIn' },
  method: 'DELETE',
  path: '/v1/sessions/:session',
  summary: 'End one of your sessions, and what came of it at the data plane',
  params: z.strictObject({ session: signInId }),
  reply: sessionsEnded,
  problems: ['sign_in.session_not_found'],
});

export const endOtherSessions = defineRoute({
  ...OWN,
  id: 'sign_in.end_other_sessions',
  method: 'POST',
  path: '/v1/sessions/end-others',
  summary: 'End all your sessions but this one',
  reply: sessionsEnded,
});
