import { defineAction } from '@integument/audit-log';

export const openingRequested = defineAction('evidence.request');
export const openingsRead = defineAction('evidence.list');
export const openingApproved = defineAction('evidence.approve');
export const commitmentOpened = defineAction('evidence.open');
export const evidenceLapsed = defineAction('evidence.lapse');
