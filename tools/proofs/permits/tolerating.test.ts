import { CodedError } from '@integument/contracts';
import { expect, it } from 'vitest';
import { VaultRefused } from '../../../apps/api/src/platform/vault-client.js';
import { Crash } from './crash.js';
import { tolerating } from './tolerating.js';

const coded = new CodedError('consent.superseded', 409, 'Something else was faster.');
const ofDatabase = (code: string) => Object.assign(new Error('a query failed'), { code });

it.each([
  ['a refusal of ours', coded, 'refused'],
  ['one of the vault', new VaultRefused(409, 'permits.stale_epoch'), 'refused'],
  ['a closed gate', ofDatabase('IG001'), 'refused'],
  ['the end of the process', new Crash(), 'crashed'],
  ['several of these', new AggregateError([coded, new Crash()]), 'crashed'],
])('takes %s for an answer', async (_, error, outcome) => {
  expect(await tolerating(Promise.reject(error))).toBe(outcome);
});

it.each([
  ['a deadlock', ofDatabase('40P01')],
  ['a broken constraint', ofDatabase('23505')],
  ['a lost connection', ofDatabase('ECONNRESET')],
  ['a fault beside a refusal', new AggregateError([coded, ofDatabase('40P01')])],
  ['a fault in the code', new TypeError('x is not a function')],
])('lets %s fail the proof', async (_, error) => {
  await expect(tolerating(Promise.reject(error))).rejects.toBe(error);
});
