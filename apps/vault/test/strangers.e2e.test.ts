import {
  openSession,
  readAuditEntries,
  readCheckpoint,
  readPerson,
  redeemSignInCode,
} from '@integument/contracts';
import { encodeId, randomId } from '@integument/crypto';
import { platform } from '@integument/testing';
import { expect, it } from 'vitest';
import { ask, request } from '../../../tools/outside/ask.js';
import { signIn } from '../../../tools/outside/browser.js';
import { Client } from '../../../tools/outside/client.js';
import { stranger } from '../../../tools/outside/visitor.js';

const info = platform();
const { vault, api } = info.urls;

interface Entry {
  readonly action: string;
  readonly outcome: string;
}

it('strangers who guess sign-in codes at the API write nothing into the vault’s audit log', async () => {
  const auditor = await signIn(info, info.staff.auditor);
  const { size } = await ask(stranger, vault, readCheckpoint);
  for (let guess = 0; guess < 5; guess++) {
    const answer = await request(stranger, api, openSession, { body: { code: encodeId('sic', randomId()) } });
    expect([answer.status, answer.code]).toEqual([401, 'sessions.code_invalid']);
  }
  // Somebody known is refused, and on record: once that is read, the guesses would be, too.
  const person = encodeId('cps', randomId());
  await request(new Client(info, 'brand-shop'), vault, readPerson, { params: { person } });
  const query = { limit: 1_000, ...(size > 0 && { cursor: String(size - 1) }) };
  let refused: string[] = [];
  await expect
    .poll(
      async () => {
        const { items } = await ask(auditor, vault, readAuditEntries, { query });
        refused = items
          .map(({ entry }) => entry as unknown as Entry)
          .flatMap(({ action, outcome }) => (outcome === 'refused' ? [action] : []));
        return refused;
      },
      { timeout: 15_000, interval: 200 },
    )
    .toContain(readPerson.id);
  expect(refused).not.toContain(redeemSignInCode.id);
});
