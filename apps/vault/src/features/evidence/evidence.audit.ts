import { defineAction } from '@integument/audit-log';

export const commitmentOpened = defineAction('evidence.open');
export const evidenceLapsed = defineAction('evidence.lapse');
