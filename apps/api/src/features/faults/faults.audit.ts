import { defineAction } from '@integument/audit-log';

export const faultReported = defineAction('faults.report');
export const faultsRead = defineAction('faults.list');
export const faultsCounted = defineAction('faults.count');
