import { Idempotency, type OutboxHandler, UnitOfWork } from '@integument/database';
import { every, type Find, type Round, SpentProofs } from '@integument/http';
import type { Logger } from '@integument/telemetry';
import {
  ConsentExpiry,
  ConsentLetters,
  consentMessages,
  GateReconciler,
  GuardianshipEndings,
} from './features/consent/index.js';
import { ConsentImports } from './features/consent-imports/index.js';
import { ErasureService } from './features/erasure/index.js';
import { FaultsService } from './features/faults/index.js';
import { OPT_OUT_TOPIC, OptOutNotes, RecipientsHeard } from './features/opt-outs/index.js';
import { ScatteredRows } from './features/permits/index.js';
import { DESTROY_MODEL_KEY_TOPIC, ModelVault } from './features/recommendations/index.js';
import { SessionEndings, SessionsStore } from './features/sessions/index.js';
import type { OutboxTopic } from './platform/outbox-topics.js';
import { VaultClient } from './platform/vault-client.js';

const HOUR = 3_600_000;

/** What becomes of this app's messages. */
export function outboxHandlers(find: Find): Readonly<Record<OutboxTopic, OutboxHandler>> {
  const models = find(ModelVault);
  const notes = find(OptOutNotes);
  return {
    ...consentMessages(find(VaultClient)),
    [DESTROY_MODEL_KEY_TOPIC]: (payload) => models.handle(payload),
    [OPT_OUT_TOPIC]: (payload) => notes.handle(payload),
  };
}

/** @param patienceSeconds how long a gate may stay opening */
export function rounds(find: Find, patienceSeconds: number, logger: Pick<Logger, 'warn'>): Round[] {
  const erasures = find(ErasureService);
  const imports = find(ConsentImports);
  const reconciler = find(GateReconciler);
  const endings = find(SessionEndings);
  const guardianships = find(GuardianshipEndings);
  return [
    every(200, 'sessions that the vault ended', () => endings.carryOut()),
    every(1_000, 'guardianships that are over', () => guardianships.carryOut()),
    every(500, 'erasures', () => erasures.carryOut()),
    every(500, 'imported consents', () => imports.carryOut()),
    // A quarter of the patience, so that a gate is closed soon after its time.
    every(patienceSeconds * 250, 'gates left opening', () => reconciler.run()),
    every(HOUR, 'permits whose time is up', () => erasures.eraseDue()),
    ...aboutConsents(find),
    ...sweeps(find, logger),
  ];
}

function aboutConsents(find: Find): Round[] {
  const expiry = find(ConsentExpiry);
  const letters = find(ConsentLetters);
  const recipients = find(RecipientsHeard);
  return [
    every(HOUR, 'consents that end', () => expiry.run()),
    every(HOUR, 'letters about consents', () => letters.foretell()),
    every(HOUR, 'opt-outs of which all have heard', () => recipients.endClocks()),
  ];
}

function sweeps(find: Find, logger: Pick<Logger, 'warn'>): Round[] {
  const unitOfWork = find(UnitOfWork);
  const faults = find(FaultsService);
  const rows = find(ScatteredRows);
  const sessions = find(SessionsStore);
  const idempotency = find(Idempotency);
  const proofs = new SpentProofs(unitOfWork);
  return [
    every(HOUR, 'old fault reports', () => faults.forgetOld()),
    every(HOUR, 'rows in the order in which people came', async () => {
      const left = await rows.scatter();
      if (left.length > 0) logger.warn('tables were left as they are', { component: left.join(', ') });
    }),
    every(HOUR, 'ended sessions', () => unitOfWork.single((tx) => sessions.deleteExpired(tx))),
    every(HOUR, 'spent proofs', () => unitOfWork.single((tx) => proofs.deleteExpired(tx))),
    every(HOUR, 'kept replies', () => unitOfWork.single((tx) => idempotency.sweep(tx))),
  ];
}
