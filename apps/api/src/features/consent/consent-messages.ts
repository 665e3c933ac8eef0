import { freezePermit, type LetterRequest, requestLetters } from '@integument/contracts';
import type { OutboxHandler } from '@integument/database';
import type { VaultClient } from '../../platform/vault-client.js';
import { FREEZE_TOPIC, type Freeze } from './consent-ending.js';
import { LETTER_TOPIC } from './consent-letters.js';

/** What becomes of the messages that this feature puts into the outbox: the vault is told, as often as it takes. */
export function consentMessages(
  vault: VaultClient,
): Readonly<Record<typeof FREEZE_TOPIC | typeof LETTER_TOPIC, OutboxHandler>> {
  return {
    // The gate is closed already; the vault ignores it if it has heard of a later epoch.
    [FREEZE_TOPIC]: async (payload) => {
      await vault.call(freezePermit, { body: payload as Freeze });
    },
    [LETTER_TOPIC]: async (payload) => {
      await vault.call(requestLetters, { body: { letters: [payload as LetterRequest] } });
    },
  };
}
