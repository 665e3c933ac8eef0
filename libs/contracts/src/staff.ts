import { z } from 'zod';
import { USE_PROBLEMS } from './approvals.js';
import { approvalId, staffId } from './ids.js';
import { regionCodes } from './regions.js';
import { defineRoute } from './route.js';
import { sessionsEnded } from './sessions.js';
import { STAFF_ROLES } from './staff-roles.js';

/** Who is staff, beside the registry file. Each change takes an approval of `staff.change` for the account and all its roles. */

const roles = z.array(z.enum(STAFF_ROLES)).min(1).max(STAFF_ROLES.length);
const regions = regionCodes
  .optional()
  .describe('As the approval has them; none when absent, or those they have');
const account = {
  issuer: z.url().max(512).optional().describe('The provider of this platform when absent'),
  subject: z.string().min(1).max(255).describe('The account at the provider'),
};
const member = z.object({
  account: staffId,
  roles: z.array(z.enum(STAFF_ROLES)),
  regions: z
    .array(z.string())
    .describe('Where those live whom they look after, for rules that ask: ISO 3166'),
  origin: z.enum(['file', 'console']).describe('`file`: the registry file’s, and changed there alone'),
  since: z.iso.datetime().describe('When they got these roles'),
  me: z.boolean(),
});

const common = { tag: 'Staff', audience: ['staff'] } as const;
const changing = { ...common, stepUp: true, ability: { action: 'change', resource: 'Staff' } } as const;
const reading = { ...common, ability: { action: 'read', resource: 'Staff' } } as const;
const params = z.strictObject({ account: staffId });
const NOT_OURS = ['staff.not_found', 'staff.of_file', 'staff.own_roles'];

export const listStaff = defineRoute({
  ...reading,
  id: 'staff.list',
  method: 'GET',
  path: '/v1/staff',
  summary: 'Who is staff, by the digests that the audit log knows them by',
  reply: z.object({ staff: z.array(member) }),
});

export const nameAccount = defineRoute({
  ...reading,
  id: 'staff.name_account',
  method: 'POST',
  path: '/v1/staff/accounts',
  routeClass: 'reveal',
  summary:
    'What an account at a provider is called here, staff or not: to ask for its appointment, or to see whose an entry is',
  body: z.strictObject(account),
  reply: z.object({ account: staffId }),
});

export const appointStaff = defineRoute({
  ...changing,
  id: 'staff.appoint',
  method: 'POST',
  path: '/v1/staff',
  summary: 'Make an account staff',
  body: z.strictObject({ ...account, roles, regions, approval: approvalId }),
  status: 201,
  reply: member,
  problems: [...USE_PROBLEMS, 'staff.known', 'staff.own_roles', 'staff.issuer_unknown'],
});

export const changeStaffRoles = defineRoute({
  ...changing,
  id: 'staff.change_roles',
  method: 'PUT',
  path: '/v1/staff/:account/roles',
  summary: 'Give a member of staff other roles, which ends their sessions',
  params,
  body: z.strictObject({ roles, regions, approval: approvalId }),
  reply: member,
  problems: [...USE_PROBLEMS, ...NOT_OURS],
});

export const dismissStaff = defineRoute({
  ...changing,
  id: 'staff.dismiss',
  method: 'POST',
  path: '/v1/staff/:account/dismiss',
  summary: 'Make a member of staff staff no more, which ends their sessions and forgets their second factors',
  params,
  body: z.strictObject({ approval: approvalId }),
  reply: sessionsEnded,
  problems: [...USE_PROBLEMS, ...NOT_OURS],
});
