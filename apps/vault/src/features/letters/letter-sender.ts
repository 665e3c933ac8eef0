import type { AuditLog } from '@integument/audit-log';
import { encodeId } from '@integument/crypto';
import type { Tx, UnitOfWork } from '@integument/database';
import type { Logger } from '@integument/telemetry';
import type { Address, Addressees } from '../people/index.js';
import { writeLetter } from './letter-texts.js';
import { letterGivenUp, letterReturned, letterSent, SENDER } from './letters.audit.js';
import type { ClaimedLetter, LettersStore } from './letters.store.js';
import type { Mailer } from './mailer.js';

export interface LetterSenderOptions {
  readonly store: LettersStore;
  readonly addressees: Addressees;
  readonly mailer: Pick<Mailer, 'send'>;
  readonly audit: AuditLog;
  readonly unitOfWork: UnitOfWork;
  readonly logger: Pick<Logger, 'warn' | 'error'>;
  /** where people sign in */
  readonly portal: string;
  /** how long a claimed letter stays with its sender */
  readonly leaseMs?: number;
  /** one attempt; well within the lease, or another sender would begin meanwhile */
  readonly attemptMs?: number;
}

/** Sent at a time. */
const BATCH = 8;
const LEASE_MS = 120_000;
const ATTEMPT_MS = 60_000;
/** What is being sent when the process ends has so long. */
const LEAVE_MS = 8_000;
const FIRST_PAUSE_MS = 60_000;
const LONGEST_PAUSE_MS = 4 * 3_600_000;
/** With these pauses: three days. */
export const MOST_ATTEMPTS = 24;

/** How an attempt ended. Where the letter was opened for it, `address` is whom it was for. */
type End =
  | { readonly kind: 'sent' | 'refused'; readonly address: Address }
  | { readonly kind: 'late' | 'no_address' | 'later' };

/**
 * Sends letters that are due. Any number of processes may: each claims some, for as long as a lease. An address is opened for the moment
 * of sending. A crash between a mail server's answer and the note of it sends once more, under the same Message-ID.
 */
export class LetterSender {
  constructor(private readonly options: LetterSenderOptions) {}

  /** Until nothing is due. Does not reject for one letter's sake. */
  async beat(stop: AbortSignal): Promise<void> {
    const { store, unitOfWork, leaseMs = LEASE_MS } = this.options;
    let claimed: ClaimedLetter[];
    do {
      claimed = await unitOfWork.single((tx) => store.claim(tx, BATCH, leaseMs));
      await Promise.all(claimed.map((letter) => this.handle(letter, stop)));
    } while (claimed.length === BATCH && !stop.aborted);
  }

  private async handle(letter: ClaimedLetter, stop: AbortSignal): Promise<void> {
    const { logger, unitOfWork } = this.options;
    const { attempts } = letter;
    const end = await this.attempt(letter, stop).catch((error: unknown): End => {
      logger.error('a letter could not be made', { attempts, error });
      return { kind: 'later' };
    });
    // If this fails the lease brings the letter back.
    await unitOfWork
      .run((tx) => this.settle(tx, letter, end))
      .catch((error: unknown) => logger.error('what became of a letter was not noted', { attempts, error }));
  }

  private async attempt(letter: ClaimedLetter, stop: AbortSignal): Promise<End> {
    const { addressees, mailer, unitOfWork, portal, logger } = this.options;
    if (letter.late) return { kind: 'late' };
    const address = await unitOfWork.run((tx) => addressees.address(tx, letter.person_id));
    if (!address) return { kind: 'no_address' };
    // Another letter came back from there meanwhile.
    if (address.undeliverable) return { kind: 'refused', address };
    const { template, language, on_day: on, attempts } = letter;
    const written = writeLetter({ template, language, on, givenName: address.givenName, portal });
    const messageId = encodeId('ltr', letter.letter_id);
    const mail = { ...written, to: address.email, language, messageId };
    const delivery = await within(this.options.attemptMs ?? ATTEMPT_MS, stop, (signal) =>
      mailer.send(mail, signal),
    );
    if (delivery.outcome !== 'later')
      return { kind: delivery.outcome === 'accepted' ? 'sent' : 'refused', address };
    const { status, component } = delivery;
    logger.warn('a letter waits for the mail server', {
      attempts,
      ...(status && { status }),
      ...(component && { component }),
    });
    return { kind: 'later' };
  }

  private async settle(tx: Tx, letter: ClaimedLetter, end: End): Promise<void> {
    const { store, addressees, audit } = this.options;
    const { subject, template, attempts } = letter;
    const facts = { ...SENDER, subject };
    switch (end.kind) {
      case 'sent':
        if (await store.end(tx, letter, 'sent', end.address.digest))
          await audit.append(tx, letterSent({ ...facts, details: { template } }));
        return;
      case 'refused':
        // The person before the letter, as an erasure does.
        await addressees.markUndeliverable(tx, letter.person_id, end.address.digest);
        if (await store.end(tx, letter, 'bounced', end.address.digest))
          await audit.append(tx, letterReturned({ ...facts, details: { template } }));
        return;
      case 'later':
        if (attempts < MOST_ATTEMPTS) return store.postpone(tx, letter, pauseAfter(attempts));
    }
    const why = end.kind === 'later' ? 'unreachable' : end.kind;
    if (await store.end(tx, letter, 'failed', null))
      await audit.append(tx, letterGivenUp({ ...facts, details: { template, why } }));
  }
}

/** Grows from a minute to four hours; spread, so that what failed together doesn't come back together. */
function pauseAfter(attempts: number): number {
  const pause = Math.min(FIRST_PAUSE_MS * 2 ** (attempts - 1), LONGEST_PAUSE_MS);
  return Math.round(pause * (0.75 + Math.random() / 2));
}

/** Runs it with a signal that fires after so long, or some seconds after the process was told to end. */
async function within<T>(
  ms: number,
  stop: AbortSignal,
  run: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const ending = new AbortController();
  const end = () => ending.abort();
  const timers = [setTimeout(end, ms)];
  const leave = () => timers.push(setTimeout(end, LEAVE_MS));
  if (stop.aborted) leave();
  stop.addEventListener('abort', leave, { once: true });
  try {
    return await run(ending.signal);
  } finally {
    for (const timer of timers) clearTimeout(timer);
    stop.removeEventListener('abort', leave);
  }
}
