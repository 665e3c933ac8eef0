import { keepOptOut, type SessionPseudonym, type StandingOptOut } from '@integument/contracts';
import type { Outbox, Tx } from '@integument/database';
import type { OutboxTopic } from '../../platform/outbox-topics.js';
import { type VaultClient, VaultRefused } from '../../platform/vault-client.js';

/** Has the vault remember an opt-out: an {@link OptOutNote}. */
export const OPT_OUT_TOPIC = 'opt-outs.keep';

export type OptOutNote = StandingOptOut & { readonly session: SessionPseudonym };

/** Tells the vault of opt-outs, which remembers whose they are; by the outbox if need be. */
export class OptOutNotes {
  constructor(
    private readonly outbox: Outbox<OutboxTopic>,
    private readonly vault: VaultClient,
  ) {}

  async add(tx: Tx, note: OptOutNote): Promise<void> {
    await this.outbox.add(tx, OPT_OUT_TOPIC, note);
  }

  /** @returns whether the vault has heard of it; the outbox tells it once more */
  async tell(note: OptOutNote): Promise<boolean> {
    return this.vault.call(keepOptOut, { body: note }).then(
      () => true,
      () => false,
    );
  }

  /** Who is erased has no opt-out to be kept. Where the vault refuses it for anything else it stays in the outbox, and in the log. */
  async handle(payload: unknown): Promise<void> {
    await this.vault.call(keepOptOut, { body: payload as OptOutNote }).catch((error: unknown) => {
      if (!(error instanceof VaultRefused) || error.code !== 'permits.person_erased') throw error;
    });
  }
}
