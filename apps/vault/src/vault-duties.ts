import { Idempotency, UnitOfWork } from '@integument/database';
import { every, type Find, type Round, SpentProofs } from '@integument/http';
import type { Logger } from '@integument/telemetry';
import { Approvals } from './features/approvals/index.js';
import { OpeningsService } from './features/evidence/index.js';
import { FactorsStore } from './features/factors/index.js';
import { GuardianshipsService } from './features/guardianships/index.js';
import { type LetterSender, LettersStore } from './features/letters/index.js';
import { IndexKeeper } from './features/people/index.js';
import { SessionsStore } from './features/sessions/index.js';
import { SignInStore, SpentMarksStore } from './features/sign-in/index.js';
import { sweepEnded, TokensStore } from './features/tokens/index.js';
import { DeliveryLoop } from './features/webhooks/index.js';
import { rotateKeys, watchKeys } from './platform/watch-keys.js';

type Log = Pick<Logger, 'warn' | 'error'>;

const MINUTE = 60_000;
const HOUR = 3_600_000;

/** @param letters null without a mail server */
export function rounds(find: Find, letters: Pick<LetterSender, 'beat'> | null, logger: Log): Round[] {
  const unitOfWork = find(UnitOfWork);
  const webhooks = find(DeliveryLoop);
  const guardianships = find(GuardianshipsService);
  return [
    ...watchKeys(find),
    rotateKeys(find),
    ...indexes(find),
    every(500, 'webhooks', () => webhooks.beat()),
    ...sending(letters, logger),
    // A child is old enough from midnight on, UTC.
    every(MINUTE, 'guardianships that end', () => guardianships.endDue(unitOfWork)),
    ...sweepsOfSignIn(find),
    ...sweeps(find),
    overdueEndings(find, logger),
  ];
}

function indexes(find: Find): Round[] {
  const keeper = find(IndexKeeper);
  return keeper.isNeeded ? [every(500, 'search indexes', () => keeper.beat())] : [];
}

/** Without a mail server letters are kept, and nothing else waits for them. */
function sending(letters: Pick<LetterSender, 'beat'> | null, logger: Log): Round[] {
  if (letters) return [every(500, 'letters', (stop) => letters.beat(stop))];
  logger.warn('no mail server is set: letters wait');
  return [];
}

/** An ended session must not go on saying whose it was once no opt-out of it can be on its way. */
function sweepsOfSignIn(find: Find): Round[] {
  const unitOfWork = find(UnitOfWork);
  const sessions = find(SessionsStore);
  const codes = find(SignInStore);
  const spent = find(SpentMarksStore);
  const proofs = new SpentProofs(unitOfWork);
  const factors = find(FactorsStore);
  return [
    every(HOUR, 'ended sessions', () => sessions.deleteExpired(unitOfWork)),
    every(HOUR, 'late codes', () => unitOfWork.run((tx) => codes.deleteExpired(tx))),
    every(HOUR, 'spent attempts', () => unitOfWork.run((tx) => spent.deleteExpired(tx))),
    every(HOUR, 'spent proofs', () => unitOfWork.single((tx) => proofs.deleteExpired(tx))),
    every(HOUR, 'late challenges', () => unitOfWork.run((tx) => factors.deleteExpired(tx))),
  ];
}

/** Nor must a kept reply go on saying what it was given. */
function sweeps(find: Find): Round[] {
  const unitOfWork = find(UnitOfWork);
  const openings = find(OpeningsService);
  const approvals = find(Approvals);
  const deliveries = find(DeliveryLoop);
  const letters = find(LettersStore);
  const tokens = find(TokensStore);
  const replies = find(Idempotency);
  return [
    every(HOUR, 'lapsed evidence', () => unitOfWork.run((tx) => openings.sweep(tx))),
    every(HOUR, 'approvals long over', () => unitOfWork.run((tx) => approvals.sweep(tx))),
    every(HOUR, 'late webhooks', () => unitOfWork.run((tx) => deliveries.sweep(tx))),
    every(HOUR, 'letters long over', () => unitOfWork.single((tx) => letters.sweep(tx))),
    every(MINUTE, 'ended tokens', (stop) => sweepEnded(unitOfWork, tokens, stop)),
    every(HOUR, 'kept replies', () => unitOfWork.single((tx) => replies.sweep(tx))),
  ];
}

/** Somebody signed out, and may still be let in by the data plane: it is away, or can't write. */
function overdueEndings(find: Find, logger: Log): Round {
  const unitOfWork = find(UnitOfWork);
  const sessions = find(SessionsStore);
  return every(MINUTE, 'overdue endings', async () => {
    const count = await unitOfWork.single((tx) => sessions.countOverdueEndings(tx));
    if (count > 0) logger.error('sessions that the data plane has not ended', { count });
  });
}
