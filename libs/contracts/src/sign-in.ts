import { z } from 'zod';
import { signInCode } from './ids.js';
import { defineRoute } from './route.js';

export const startSignIn = defineRoute({
  id: 'sign_in.start',
  method: 'GET',
  path: '/v1/sign-in',
  routeClass: 'sign-in',
  summary: 'Send the browser to the OpenID provider',
  tag: 'Sign-in',
  audience: ['public'],
  query: z.strictObject({
    return_to: z.url().max(512).optional(),
    fresh: z
      .literal('true')
      .optional()
      .describe('The provider asks for the password again, also where somebody is signed in there already'),
  }),
  problems: ['sign_in.return_to_not_allowed'],
});

export const finishSignIn = defineRoute({
  id: 'sign_in.finish',
  method: 'GET',
  path: '/v1/sign-in/callback',
  routeClass: 'sign-in',
  summary: 'Where the OpenID provider sends the browser back to',
  tag: 'Sign-in',
  audience: ['public'],
  query: z.looseObject({}),
  problems: ['sign_in.refused', 'sign_in.account_closed'],
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
    authenticatedAt: z.iso.datetime(),
    factorAt: z.iso.datetime().nullable().describe('When a second factor was last used in this session'),
    expiresAt: z.iso.datetime(),
  }),
});
