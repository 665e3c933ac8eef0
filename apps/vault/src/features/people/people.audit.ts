import { defineAction } from '@integument/audit-log';
import { revealDetails } from '../reveals/index.js';

export const personEnrolled = defineAction('people.enrol');
export const batchEnrolled = defineAction('people.enrol_batch');
export const personRead = defineAction('people.read');
export const peopleSearched = defineAction('people.search');
export const personRevealed = defineAction('people.reveal', revealDetails);
export const personUpdated = defineAction('people.update');
export const selfRead = defineAction('people.read_self');
export const personSelfEnrolled = defineAction('people.enrol_self');
