import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Statement, UnitOfWork } from '@integument/database';

export interface FollowerOptions {
  readonly unitOfWork: UnitOfWork;
  /** whose progress this is; one row of `audit_follower` */
  readonly name: string;
  /**
   * Works on some of the integrated entries [from, size) and says up to which, without, it has come; 0 < that − from.
   * At least once: after a crash, or a lease that ran out, the same entries come again. The signal fires when the lease is
   * about to run out or the follower is stopped.
   */
  readonly follow: (run: { from: number; size: number; signal: AbortSignal }) => Promise<number>;
  /** where a follower begins that has never run: at the first entry that isn't archived, or behind the last */
  readonly begin: 'first' | 'last';
  /** told of every failure; the follower goes on by itself */
  readonly onError: (error: unknown) => void;
  /** milliseconds between looks; default 1,000 */
  readonly pollMs?: number;
  /** milliseconds that a lease lasts; default 30,000 */
  readonly leaseMs?: number;
}

/** Where a follower stands. */
export interface FollowerState {
  readonly name: string;
  readonly position: number;
  readonly failures: number;
  readonly failingSince: Date | null;
}

const ENSURE: Statement = {
  name: 'audit_follower_ensure',
  text: `INSERT INTO audit_follower (name, position)
    SELECT $1, CASE WHEN $2 = 'first' THEN (SELECT coalesce(max(size), 0) FROM audit_archive) ELSE size END
    FROM audit_head ON CONFLICT DO NOTHING`,
};
// Takes the lease, or extends one's own. Cheap while idle: no row is written where there is nothing to follow.
const CLAIM: Statement = {
  name: 'audit_follower_claim',
  text: `
  UPDATE audit_follower f SET holder = $2::uuid, leased_until = now() + $3 * interval '1 millisecond'
  FROM audit_head h
  WHERE f.name = $1 AND f.position < h.size AND (f.holder IS NULL OR f.holder = $2::uuid OR f.leased_until < now())
  RETURNING f.position, h.size`,
};
// Only the holder moves on: one whose lease ran out must not undo what the next one has done.
const ADVANCE: Statement = {
  name: 'audit_follower_advance',
  text: `
  UPDATE audit_follower SET position = $3::bigint, failures = 0, failing_since = NULL
  WHERE name = $1 AND holder = $2::uuid AND position <= $3::bigint RETURNING 1 AS moved`,
};
const FAIL: Statement = {
  name: 'audit_follower_fail',
  text: `
  UPDATE audit_follower SET failures = failures + 1, failing_since = coalesce(failing_since, now())
  WHERE name = $1 AND holder = $2::uuid`,
};
// By whoever has found out, with or without the lease.
const NOTE_FAILURE: Statement = {
  name: 'audit_follower_note_failure',
  text: `
  UPDATE audit_follower SET failures = failures + 1, failing_since = coalesce(failing_since, now()) WHERE name = $1`,
};
const NOTE_RECOVERY: Statement = {
  name: 'audit_follower_note_recovery',
  text: 'UPDATE audit_follower SET failures = 0, failing_since = NULL WHERE name = $1 AND failures > 0',
};
const RELEASE: Statement = {
  name: 'audit_follower_release',
  text: 'UPDATE audit_follower SET holder = NULL, leased_until = NULL WHERE name = $1 AND holder = $2::uuid',
};
const STATES: Statement = {
  name: 'audit_follower_states',
  text: 'SELECT name, position, failures, failing_since FROM audit_follower ORDER BY name',
};

const MAX_PAUSE_MS = 60_000;

/**
 * Follows the log in the background: an index, a feed to another system, an alert rule. Any number of processes may run the
 * same one; a lease keeps them from working at the same time, and the position in the database survives them all.
 */
export class Follower {
  private readonly options: Required<FollowerOptions>;
  private readonly holder = randomUUID();
  private running: { stop: AbortController; ended: Promise<void> } | undefined;

  constructor(options: FollowerOptions) {
    this.options = { pollMs: 1_000, leaseMs: 30_000, ...options };
  }

  /** Where every follower of this log stands. */
  static async states(unitOfWork: UnitOfWork): Promise<FollowerState[]> {
    type Row = { name: string; position: string; failures: number; failing_since: Date | null };
    const rows = await unitOfWork.single((tx) => tx.query<Row>(STATES));
    return rows.map((row) => ({
      name: row.name,
      position: Number(row.position),
      failures: row.failures,
      failingSince: row.failing_since,
    }));
  }

  /** Starts looking for work. Does nothing if started. */
  start(): void {
    if (this.running) return;
    const stop = new AbortController();
    this.running = { stop, ended: this.loop(stop.signal) };
  }

  /** Resolves once what it was at has ended; another process may go on at once. */
  async stop(): Promise<void> {
    const running = this.running;
    this.running = undefined;
    running?.stop.abort();
    await running?.ended;
    if (running) await this.query(RELEASE, [this.options.name, this.holder]).catch(() => undefined);
  }

  /** Works until nothing is left, or another process holds the lease. @throws what `follow` throws */
  async catchUp(stopped?: AbortSignal): Promise<void> {
    await this.ensure();
    while (!stopped?.aborted && (await this.step(stopped)));
  }

  /** Shows in the follower's state that it fails outside of its work. */
  protected async noteFailure(): Promise<void> {
    await this.ensure();
    await this.query(NOTE_FAILURE, [this.options.name]);
  }

  /** Takes {@link noteFailure} back. Where another process still fails, it says so at its next look. */
  protected async noteRecovery(): Promise<void> {
    await this.query(NOTE_RECOVERY, [this.options.name]);
  }

  /** @returns whether there was work */
  private async step(stopped?: AbortSignal): Promise<boolean> {
    const { name, leaseMs, follow } = this.options;
    const [row] = await this.query<{ position: string; size: string }>(CLAIM, [name, this.holder, leaseMs]);
    if (!row) return false;
    const from = Number(row.position);
    const lease = AbortSignal.timeout(leaseMs * 0.9);
    try {
      const signal = stopped ? AbortSignal.any([lease, stopped]) : lease;
      const position = await follow({ from, size: Number(row.size), signal });
      if (position <= from) throw new RangeError(`the follower ${name} did not move`);
      return (await this.query(ADVANCE, [name, this.holder, position])).length > 0;
    } catch (error) {
      // Ended by us: nothing has failed.
      if (!stopped?.aborted) await this.query(FAIL, [name, this.holder]).catch(() => undefined);
      throw error;
    }
  }

  /** At each look, since it may have been forgotten while this process runs: it would stand still and nobody see it. */
  private async ensure(): Promise<void> {
    await this.query(ENSURE, [this.options.name, this.options.begin]);
  }

  private async loop(stopped: AbortSignal): Promise<void> {
    const { pollMs, onError } = this.options;
    let failures = 0;
    while (!stopped.aborted) {
      try {
        await this.catchUp(stopped);
        failures = 0;
      } catch (error) {
        if (!stopped.aborted) onError(error);
        failures += 1;
      }
      const delay = failures === 0 ? pollMs : Math.min(pollMs * 2 ** Math.min(failures, 10), MAX_PAUSE_MS);
      await sleep(delay, undefined, { signal: stopped }).catch(() => undefined);
    }
  }

  private query<Row>(statement: Statement, values: readonly unknown[]): Promise<Row[]> {
    return this.options.unitOfWork.single((tx) => tx.query<Row>(statement, values));
  }
}
