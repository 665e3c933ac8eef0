/** Roles that staff can have. */
export const STAFF_ROLES = ['privacy-officer', 'auditor', 'support', 'admin'] as const;
export type StaffRole = (typeof STAFF_ROLES)[number];
