import { setTimeout as sleep } from 'node:timers/promises';
import type { UnitOfWork } from '@integument/database';
import type { Checkpoint, NoteSigner } from '../core/index.js';
import { type Batch, HAS_WORK, integrateBatch } from './integration.js';
import { backfillNodes } from './tree-nodes.js';

export interface IntegratorOptions {
  readonly unitOfWork: UnitOfWork;
  /** its name is the log's origin */
  readonly signer: NoteSigner;
  /**
   * The key before it, of the same name. Where the log is that one's still, it hands over: both sign the next checkpoint. Needed
   * until that has happened, and harmless afterwards.
   */
  readonly retired?: NoteSigner | undefined;
  /** told of every failure; the integrator goes on by itself */
  readonly onError: (error: unknown) => void;
  readonly clock?: () => Date;
  /** milliseconds between looks; entries are in a signed checkpoint about this much after their commit. Default 500 */
  readonly pollMs?: number;
  /**
   * Entries moved in one transaction at most. Each transaction looks at all that is staged, so after a long stop small ones
   * would take the square of their number. Default 100,000
   */
  readonly batchSize?: number;
}

// What was moved leaves dead rows, and every look at what is staged passes by all of them. Autovacuum comes by once a minute at
// most: with a thousand entries a second the looking would cost more than the moving. The file's end is left to that, since to cut
// it off takes a lock that no writer shares, and seconds of trying.
const TIDY = 'VACUUM (SKIP_LOCKED, TRUNCATE false) audit_staging';
/** Entries moved between two tidyings: some 4 MB of dead rows. */
const TIDY_AFTER = 10_000;

/** Waits at most this long after failures, so that the log is whole within seconds once their cause is gone. */
const MAX_PAUSE_MS = 2_000;

/**
 * Moves staged entries into the tree and signs its heads: one for each log is enough. A second one, started by mistake
 * or during a deployment, waits at the head's row and then continues the same tree.
 */
export class Integrator {
  private readonly options: Required<Omit<IntegratorOptions, 'retired'>> & Pick<IntegratorOptions, 'retired'>;
  private known: Checkpoint | undefined;
  private lacksNodes = false;
  private untidy = 0;
  private running: { stop: AbortController; ended: Promise<void> } | undefined;

  /** @throws {RangeError} for a retired key that is the signer's own, or of another log */
  constructor(options: IntegratorOptions) {
    assertKeys(options);
    this.options = { clock: () => new Date(), pollMs: 500, batchSize: 100_000, ...options };
  }

  /** Starts looking for work. Does nothing if started. */
  start(): void {
    if (this.running) return;
    const stop = new AbortController();
    this.running = { stop, ended: this.loop(stop.signal) };
  }

  /** Resolves once the last transaction has ended. What is still staged waits for the next start. */
  async stop(): Promise<void> {
    const running = this.running;
    this.running = undefined;
    running?.stop.abort();
    await running?.ended;
  }

  /**
   * Moves all that is committed now; what comes meanwhile waits for the next call. A first call looks at the last checkpoint in
   * any case, and signs the empty log, so that there always is one.
   * @returns the number of entries moved
   * @throws {AuditLogInconsistent} and what the database throws; then the last batch has not happened
   */
  async integrate(signal?: AbortSignal): Promise<number> {
    let moved = 0;
    // Not as long as there is work: under load there always is, and a batch of the few entries that came during the one before
    // costs as much looking, locking and signing as one of all that come between two polls.
    for (let more = await this.hasWork(); more && !signal?.aborted; ) {
      const batch = await this.step();
      moved += batch.moved;
      more = batch.more || this.lacksNodes;
    }
    this.untidy += moved;
    return moved;
  }

  private async step(): Promise<Batch> {
    const { unitOfWork, signer, retired, batchSize: limit, clock } = this.options;
    const batch = await unitOfWork.run((tx) =>
      integrateBatch(tx, { signer, retired, limit, now: clock(), known: this.known }),
    );
    // Remembered only now: a commit that failed has signed nothing that anybody saw.
    if (batch.head.size >= (this.known?.size ?? 0)) this.known = batch.head;
    // After the batch: entries don't wait for the nodes of old ones.
    this.lacksNodes = !batch.nodesWhole && (await backfillNodes(unitOfWork, batch.head.size)) > 0;
    return batch;
  }

  private async tidy(): Promise<void> {
    if (this.untidy < TIDY_AFTER) return;
    this.untidy = 0;
    await this.options.unitOfWork.single((tx) => tx.query(TIDY));
  }

  private async hasWork(): Promise<boolean> {
    if (!this.known || this.lacksNodes) return true;
    const [row] = await this.options.unitOfWork.single((tx) => tx.query<{ work: boolean }>(HAS_WORK));
    return row?.work === true;
  }

  private async loop(signal: AbortSignal): Promise<void> {
    let failures = 0;
    while (!signal.aborted) {
      try {
        await this.integrate(signal);
        await this.tidy();
        failures = 0;
      } catch (error) {
        failures += 1;
        this.options.onError(error);
      }
      await this.pause(failures, signal);
    }
  }

  private async pause(failures: number, signal: AbortSignal): Promise<void> {
    const { pollMs } = this.options;
    const delay = failures === 0 ? pollMs : Math.min(pollMs * 2 ** Math.min(failures, 10), MAX_PAUSE_MS);
    await sleep(delay, undefined, { signal }).catch(() => undefined);
  }
}

function assertKeys({ signer, retired }: IntegratorOptions): void {
  if (!retired) return;
  if (retired.name !== signer.name) throw new RangeError('the retired key is of another log');
  if (retired.verifier.toString() === signer.verifier.toString()) {
    throw new RangeError('the retired key is the signing key itself');
  }
}
