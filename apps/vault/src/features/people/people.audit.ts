import { defineAction } from '@integument/audit-log';

export const personEnrolled = defineAction('people.enrol');
export const personRead = defineAction('people.read');
export const peopleSearched = defineAction('people.search');
export const personRevealed = defineAction('people.reveal');
export const personUpdated = defineAction('people.update');
export const selfRead = defineAction('people.read_self');
export const personSelfEnrolled = defineAction('people.enrol_self');
