import type { Tx, UnitOfWork } from './unit-of-work.js';

export interface OutboxMessage {
  /** 16 bytes; the same at every attempt */
  readonly id: Buffer;
  /** 1 at the first */
  readonly attempt: number;
  /** Fires shortly before another worker may take the message. */
  readonly signal: AbortSignal;
}

/**
 * Handles one message. May be called again for a message it has already handled (a crash after the effect and before the
 * deletion), so its effect must be idempotent. Rejecting means: later again.
 */
export type OutboxHandler = (payload: unknown, message: OutboxMessage) => Promise<void>;

export interface OutboxWorkerOptions {
  readonly unitOfWork: UnitOfWork;
  readonly handlers: Readonly<Record<string, OutboxHandler>>;
  /** Told of every failed attempt; must not throw. */
  readonly onFailure: (failure: { topic: string; attempt: number; error: unknown }) => void;
  /** pause when nothing is due; 500 when absent */
  readonly idleMs?: number;
  /** messages handled at the same time; 8 when absent */
  readonly batch?: number;
  /** how long a claimed message stays with its worker; 60,000 when absent */
  readonly leaseMs?: number;
  /** pause after the first failure, doubled after each further one; 250 when absent */
  readonly backoffMs?: number;
  /** longest pause; 300,000 when absent */
  readonly backoffMaxMs?: number;
}

interface Row {
  readonly id: Buffer;
  readonly topic: string;
  readonly payload: unknown;
  readonly attempts: number;
}

// SKIP LOCKED lets several workers claim side by side. Order is not promised: messages carry epochs where it matters.
const CLAIM = {
  name: 'outbox.claim',
  text: `UPDATE outbox SET attempts = attempts + 1, due_at = now() + $3 * interval '1 millisecond'
    WHERE id IN (SELECT id FROM outbox WHERE due_at <= now() AND topic = ANY($1::text[])
                 ORDER BY due_at LIMIT $2 FOR UPDATE SKIP LOCKED)
    RETURNING id, topic, payload, attempts`,
};
// `attempts` names the claim: a worker whose lease ran out must not delete or delay what another one holds now.
const DONE = { name: 'outbox.done', text: 'DELETE FROM outbox WHERE id = $1 AND attempts = $2' };
const LATER = {
  name: 'outbox.later',
  text: `UPDATE outbox SET due_at = now() + $3 * interval '1 millisecond' WHERE id = $1 AND attempts = $2`,
};

/** Hands the messages of the outbox to their handlers, at least once each. */
export class OutboxWorker {
  readonly #options: Required<OutboxWorkerOptions>;
  #stopped: AbortController | null = null;
  #loop: Promise<void> = Promise.resolve();
  #wake: () => void = () => undefined;

  constructor(options: OutboxWorkerOptions) {
    this.#options = {
      idleMs: 500,
      batch: 8,
      leaseMs: 60_000,
      backoffMs: 250,
      backoffMaxMs: 300_000,
      ...options,
    };
  }

  start(): void {
    if (this.#stopped) return;
    this.#stopped = new AbortController();
    this.#loop = this.#run(this.#stopped.signal);
  }

  /** Resolves when the messages at hand are through. */
  async stop(): Promise<void> {
    this.#stopped?.abort();
    this.#wake();
    await this.#loop;
    this.#stopped = null;
  }

  /** Looks now in place of at the next poll; worth calling after a commit that added a message. */
  nudge(): void {
    this.#wake();
  }

  /**
   * Claims what is due and handles it.
   * @returns the number of messages claimed
   */
  async work(): Promise<number> {
    const { unitOfWork, handlers, batch, leaseMs } = this.#options;
    const rows = await unitOfWork.single((tx) =>
      tx.query<Row>(CLAIM, [Object.keys(handlers), batch, leaseMs]),
    );
    await Promise.all(rows.map((row) => this.#handle(row)));
    return rows.length;
  }

  async #run(stopped: AbortSignal): Promise<void> {
    while (!stopped.aborted) {
      // A database that is away is not the end of the worker.
      const claimed = await this.work().catch((error: unknown) => {
        this.#options.onFailure({ topic: 'outbox', attempt: 0, error });
        return 0;
      });
      if (claimed === 0 && !stopped.aborted) await this.#idle();
    }
  }

  #idle(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, this.#options.idleMs);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  async #handle({ id, topic, payload, attempts }: Row): Promise<void> {
    const { unitOfWork, handlers, leaseMs, onFailure } = this.#options;
    try {
      await handlers[topic]?.(payload, { id, attempt: attempts, signal: AbortSignal.timeout(leaseMs * 0.9) });
      await unitOfWork.single((tx) => tx.query(DONE, [id, attempts]));
    } catch (error) {
      onFailure({ topic, attempt: attempts, error });
      // If this fails too the lease brings the message back.
      await unitOfWork.single((tx) => this.#postpone(tx, id, attempts)).catch(() => undefined);
    }
  }

  #postpone(tx: Tx, id: Buffer, attempts: number): Promise<unknown> {
    const { backoffMs, backoffMaxMs } = this.#options;
    const pause = Math.min(backoffMs * 2 ** Math.min(attempts - 1, 30), backoffMaxMs);
    // Spread, so that what failed together does not come back together.
    return tx.query(LATER, [id, attempts, Math.round(pause * (0.75 + Math.random() / 2))]);
  }
}
