import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { InvalidSettings, parseConfig } from '../config.js';
import { ALLOWANCES, limitSettings, limitTable } from './limit-settings.js';

const read = (env: Record<string, string>) => limitTable(parseConfig(z.object(limitSettings), env));

test('every kind of caller has a number for every class', () => {
  for (const quotas of Object.values(read({}))) {
    expect(Object.keys(quotas).sort()).toEqual([...ALLOWANCES].sort());
    expect(Object.values(quotas).every((quota) => Number.isInteger(quota) && quota > 0)).toBe(true);
  }
});

test('what is not named keeps its default', () => {
  const { client, person } = read({ LIMITS_CLIENT: ' bulk=7, read=9' });
  expect([client.bulk, client.read, client.write]).toEqual([7, 9, 300_000]);
  expect(person).toEqual(read({}).person);
});

describe('a wrong one stops the start', () => {
  const wrong = [
    'bulk',
    'bulk=',
    'bulk=0',
    'bulk=-1',
    'bulk=1.5',
    'bulk=1=2',
    'bulk=x',
    'bulks=1',
    'internal=1',
    'refused=1',
    'bulk=1,bulk=2',
    'bulk=1,',
    'bulk=100000001',
  ];
  test.each(wrong)('%s', (text) => {
    expect(() => read({ LIMITS_CLIENT: text })).toThrow(new InvalidSettings(['LIMITS_CLIENT']));
  });
});
