import { openSession, readPerson, redeemSignInCode } from '@integument/contracts';
import { encodeId, randomId } from '@integument/crypto';
import { platform } from '@integument/testing';
import { expect, it } from 'vitest';
import { request } from '../../../tools/outside/ask.js';
import { signIn } from '../../../tools/outside/browser.js';
import { Client } from '../../../tools/outside/client.js';
import { findEntries } from '../../../tools/outside/find-entries.js';
import { stranger } from '../../../tools/outside/visitor.js';

const info = platform();
const { vault, api } = info.urls;

it('strangers who guess sign-in codes at the API write nothing into the vault’s audit log', async () => {
  const auditor = await signIn(info, info.staff.auditor);
  const from = new Date().toISOString();
  for (let guess = 0; guess < 5; guess++) {
    const answer = await request(stranger, api, openSession, { body: { code: encodeId('sic', randomId()) } });
    expect([answer.status, answer.code]).toEqual([401, 'sessions.code_invalid']);
  }
  // Somebody known is refused, and on record: once that is read, the guesses would be, too.
  const person = encodeId('cps', randomId());
  await request(new Client(info, 'brand-shop'), vault, readPerson, { params: { person } });
  let refused: string[] = [];
  await expect
    .poll(
      async () => {
        const found = await findEntries(auditor, vault, { from, outcome: 'refused' });
        refused = found.map(({ entry }) => entry.action);
        return refused;
      },
      { timeout: 15_000, interval: 200 },
    )
    .toContain(readPerson.id);
  expect(refused).not.toContain(redeemSignInCode.id);
});
