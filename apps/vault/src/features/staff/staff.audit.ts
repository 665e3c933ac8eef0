import { defineAction } from '@integument/audit-log';
import { approvalId, regionCode, STAFF_ROLES } from '@integument/contracts';
import { z } from 'zod';

const regions = z.array(regionCode).max(200);
const roles = z.array(z.enum(STAFF_ROLES)).max(STAFF_ROLES.length);
/** By an approval, whose own entries say who agreed. The object is the account. */
const changed = z.strictObject({
  approval: approvalId,
  roles,
  rolesBefore: roles,
  regions,
  regionsBefore: regions,
});

export const staffAppointed = defineAction('staff.appoint', changed);
export const staffRolesChanged = defineAction('staff.change_roles', changed);
export const staffDismissed = defineAction('staff.dismiss', changed);
export const staffListed = defineAction('staff.list');
export const accountNamed = defineAction('staff.name_account');

export type StaffChange = typeof staffAppointed;
