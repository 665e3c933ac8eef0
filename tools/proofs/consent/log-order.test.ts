import type { AuditEntry } from '@integument/audit-log';
import { expect, it } from 'vitest';
import { effectsWhileClosed, importsAfterWords } from './log-order.js';

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

it('finds imports of what was decided before, and no others', () => {
  for (const word of ['give', 'acknowledge', 'withdraw', 'object', 'refuse']) {
    const late = log(['consent.import', 'a'], [`consent.${word}`, 'b'], ['consent.import', 'b']);
    expect(importsAfterWords(late), word).toEqual(['consent.import at 2']);
  }
  expect(
    importsAfterWords(log(['consent.give', 'a', 'refused'], ['consent.import', 'a'], ['consent.give', 'a'])),
  ).toEqual([]);
});

const OPENS = ['consent.give', 'consent.acknowledge', 'consent.import'];
const CLOSES = [
  ...['consent.withdraw', 'consent.object', 'consent.refuse', 'consent.expire'],
  ...['erasure.close_gate', 'erasure.erase_permit'],
];
const EFFECTS = [
  ...['readings.store', 'readings.read', 'events.record', 'recommendations.list'],
  ...['faults.report', 'faults.list', 'cohort_facts.store', 'cohort_facts.read'],
];

it.each(OPENS)('takes %s for the beginning of a permit', (opens) => {
  expect(effectsWhileClosed(log([opens, 'a', 'refused'], ['readings.store', 'a']))).toHaveLength(1);
  expect(effectsWhileClosed(log([opens, 'a'], ['readings.store', 'a']))).toEqual([]);
});

it.each(CLOSES)('takes %s for its end', (closes) => {
  const begun = [['consent.give', 'a']] as const;
  expect(effectsWhileClosed(log(...begun, [closes, 'a'], ['readings.store', 'a']))).toHaveLength(1);
  expect(effectsWhileClosed(log(...begun, [closes, 'b'], ['readings.store', 'a']))).toEqual([]);
});

it.each(EFFECTS)('takes %s for an effect', (effect) => {
  expect(effectsWhileClosed(log([effect, 'a']))).toEqual([`${effect} at 0`]);
  expect(effectsWhileClosed(log(['consent.give', 'a'], [effect, 'a']))).toEqual([]);
});
