import type { AuditEntry } from '@integument/audit-log';
import { expect, it } from 'vitest';
import { effectsWhileClosed } from './log-order.js';

const log = (...entries: readonly (readonly [action: string, subject: string, outcome?: string])[]) =>
  entries.map(([action, subject, outcome = 'done']) => ({ action, subject, outcome }) as AuditEntry);

it('finds effects before the consent, after its withdrawal and under another permit, and no others', () => {
  expect(
    effectsWhileClosed(
      log(
        ['readings.store', 'a'],
        ['consent.give', 'a'],
        ['readings.store', 'a'],
        ['recommendations.list', 'b'],
        ['consent.withdraw', 'a'],
        ['readings.read', 'a'],
        ['readings.read', 'a', 'refused'],
        ['consent.give', 'a'],
        ['readings.read', 'a'],
      ),
    ),
  ).toEqual(['readings.store at 0', 'recommendations.list at 3', 'readings.read at 5']);
});
