import type { UnitOfWork } from '@integument/database';
import { Follower, type FollowerOptions } from '../sql/follower.js';
import { type Anchor, AnchorConflict } from './anchor.js';
import { Checkpoints } from './checkpoints.js';

export interface AnchorFollowerOptions {
  readonly unitOfWork: UnitOfWork;
  readonly anchor: Anchor;
  /** told of every failure; the anchoring goes on by itself */
  readonly onError: (error: unknown) => void;
  /** milliseconds between looks; default 10,000 */
  readonly pollMs?: number;
}

/** One anchor's work, and what it says about the log. */
class Anchoring {
  conflict: AnchorConflict | null = null;

  constructor(
    private readonly anchor: Anchor,
    private readonly checkpoints: Checkpoints,
  ) {}

  /** @returns the size that is anchored now, null where nothing has been signed yet */
  async anchorNewest(signal: AbortSignal): Promise<number | null> {
    const newest = await this.checkpoints.findNewest();
    if (!newest) return null;
    try {
      await this.anchor.anchor(newest, signal);
      this.conflict = null;
      return newest.size;
    } catch (error) {
      if (error instanceof AnchorConflict) this.conflict = error;
      throw error;
    }
  }
}

/** Half a minute for the requests that a witness may need, and then some. */
const LEASE_MS = 60_000;

/**
 * Keeps one anchor up with the log. Its name in the list of followers is `anchor-` and the anchor's.
 *
 * Each process compares once at its start, even if there is nothing new: after a restore of an old database its followers' positions are
 * old as well, and all would look done. And at each look while it is in conflict: another process may have the lease, and then
 * nothing else would tell this one that the place outside is right again.
 */
export class AnchorFollower extends Follower {
  readonly name: string;
  private readonly anchoring: Anchoring;
  private compared = false;

  constructor({ unitOfWork, anchor, onError, pollMs = 10_000 }: AnchorFollowerOptions) {
    const anchoring = new Anchoring(anchor, new Checkpoints(unitOfWork));
    const name = `anchor-${anchor.name}`;
    super({
      unitOfWork,
      name,
      begin: 'first',
      leaseMs: LEASE_MS,
      pollMs,
      onError,
      follow: follow(anchoring),
    });
    this.name = name;
    this.anchoring = anchoring;
  }

  /** Why the log is not the one that was anchored; null while all is well. Until the anchor is content again. */
  get conflict(): AnchorConflict | null {
    return this.anchoring.conflict;
  }

  override async catchUp(stopped: AbortSignal = new AbortController().signal): Promise<void> {
    if (!this.compared || this.conflict) await this.compare(stopped);
    await super.catchUp(stopped);
  }

  private async compare(stopped: AbortSignal): Promise<void> {
    const wasInConflict = this.conflict !== null;
    try {
      this.compared = (await this.anchoring.anchorNewest(stopped)) !== null;
    } catch (error) {
      // Else a list of feeds would say that all is well: there is no work that fails where there is nothing new.
      if (error instanceof AnchorConflict) await this.noteFailure().catch(() => undefined);
      throw error;
    }
    if (wasInConflict && !this.conflict) await this.noteRecovery();
  }
}

function follow(anchoring: Anchoring): FollowerOptions['follow'] {
  return async ({ from, signal }) => {
    // Never behind `from`: what was integrated is signed, in the same transaction.
    const size = await anchoring.anchorNewest(signal);
    return size ?? from;
  };
}
