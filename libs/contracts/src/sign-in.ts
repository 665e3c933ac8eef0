import { z } from 'zod';
import { signInCode, staffId } from './ids.js';
import { defineRoute } from './route.js';

/** Short name of an OpenID provider, as the operator gave it: part of an address. */
const providerId = z.string().min(1).max(64);

export const listProviders = defineRoute({
  id: 'sign_in.providers',
  method: 'GET',
  path: '/v1/sign-in/providers',
  summary: 'OpenID providers that one can sign in at; the first is used where none is named',
  tag: 'Sign-in',
  audience: ['public'],
  reply: z.object({
    providers: z.array(z.object({ id: z.string(), name: z.string().describe('to be shown') })),
  }),
});

export const startSignIn = defineRoute({
  id: 'sign_in.start',
  method: 'GET',
  path: '/v1/sign-in',
  routeClass: 'sign-in',
  summary: 'Send the browser to the OpenID provider',
  tag: 'Sign-in',
  audience: ['public'],
  query: z.strictObject({
    provider: providerId.optional().describe('Which provider; the first one when absent'),
    return_to: z.url().max(512).optional(),
    fresh: z
      .literal('true')
      .optional()
      .describe('The provider asks for the password again, also where somebody is signed in there already'),
  }),
  problems: ['sign_in.return_to_not_allowed', 'sign_in.provider_unknown', 'sign_in.provider_unavailable'],
});

/** What can come of a sign-in that is finished, at whichever provider. */
const FINISH_PROBLEMS = [
  'sign_in.refused',
  'sign_in.level_not_accepted',
  'sign_in.account_closed',
  'sign_in.provider_unavailable',
] as const;

export const finishSignIn = defineRoute({
  id: 'sign_in.finish',
  method: 'GET',
  path: '/v1/sign-in/callback',
  routeClass: 'sign-in',
  summary: 'Where the first OpenID provider sends the browser back to',
  tag: 'Sign-in',
  audience: ['public'],
  query: z.looseObject({}),
  problems: FINISH_PROBLEMS,
});

/** One address for each of them: an answer that comes to another provider's is refused (RFC 9700, section 4.4.2). */
export const finishSignInAt = defineRoute({
  id: 'sign_in.finish_at',
  method: 'GET',
  path: '/v1/sign-in/callback/:provider',
  routeClass: 'sign-in',
  summary: 'Where one of the other OpenID providers sends the browser back to',
  tag: 'Sign-in',
  audience: ['public'],
  params: z.strictObject({ provider: providerId }),
  query: z.looseObject({}),
  problems: FINISH_PROBLEMS,
});

export const issueSignInCode = defineRoute({
  id: 'sign_in.issue_code',
  method: 'POST',
  path: '/v1/sign-in/code',
  routeClass: 'sign-in',
  summary: 'A one-time code that carries this sign-in to the data plane',
  tag: 'Sign-in',
  audience: ['person', 'staff'],
  ability: { action: 'continue', resource: 'Session' },
  status: 201,
  reply: z.object({ code: signInCode, expiresIn: z.int().describe('seconds') }),
});

export const readSession = defineRoute({
  id: 'sign_in.session',
  method: 'GET',
  path: '/v1/session',
  summary: 'The current session: kind, roles and age',
  tag: 'Sign-in',
  audience: ['person', 'staff'],
  ability: { action: 'continue', resource: 'Session' },
  factor: 'optional',
  reply: z.object({
    kind: z.enum(['person', 'staff']),
    roles: z.array(z.string()),
    account: staffId
      .nullable()
      .describe('How you are called in approvals and in the audit log; null for people'),
    authenticatedAt: z.iso.datetime(),
    factorAt: z.iso.datetime().nullable().describe('When a second factor was last used in this session'),
    expiresAt: z.iso.datetime(),
  }),
});
