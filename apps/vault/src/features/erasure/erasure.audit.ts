import { defineAction } from '@integument/audit-log';

export const erasureRequested = defineAction('people.erase');
export const erasureKeysDestroyed = defineAction('erasure.gates_closed');
export const erasureRead = defineAction('erasure.read');
export const erasuresListed = defineAction('erasure.pending');
export const erasureCompleted = defineAction('erasure.completed');
