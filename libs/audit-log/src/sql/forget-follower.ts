import type { Statement, UnitOfWork } from '@integument/database';
import { z } from 'zod';
import { defineAction } from '../entry.js';
import type { Actor } from '../facts.js';
import { AuditLog } from './audit-log.js';
import { INDEX_FOLLOWER } from './entry-index.js';

export interface ForgetOptions {
  readonly unitOfWork: UnitOfWork;
  /** the follower's */
  readonly name: string;
  /** who wants it forgotten */
  readonly actor: Actor;
  readonly clock?: () => Date;
}

export type KeptCode = 'audit.follower_unknown' | 'audit.follower_needed' | 'audit.follower_held';

const MESSAGES: Readonly<Record<KeptCode, string>> = {
  'audit.follower_unknown': 'no reader of the log has this name',
  'audit.follower_needed': 'every app runs this reader of the log; it is never forgotten',
  'audit.follower_held': 'somebody is at work as this reader of the log; take it out of the settings first',
};

/** A follower is not forgotten. Nothing was changed. */
export class FollowerKept extends Error {
  override readonly name = 'FollowerKept';
  constructor(readonly code: KeptCode) {
    super(MESSAGES[code]);
  }
}

/** Followers that no setting takes away: without the index nothing is found, without the alerts nobody is warned. */
const NEEDED: readonly string[] = [INDEX_FOLLOWER, 'alerts'];

// A process that ended in good order has given its lease back. One that failed waits up to a minute before it takes it again, which
// is longer than a lease: so one that ran out just now may still be somebody's.
const FORGET: Statement = {
  name: 'audit_follower_forget',
  text: `
  DELETE FROM audit_follower
  WHERE name = $1 AND (holder IS NULL OR leased_until IS NULL OR leased_until < now() - interval '2 minutes')
  RETURNING position`,
};
const FIND: Statement = {
  name: 'audit_follower_find',
  text: 'SELECT 1 FROM audit_follower WHERE name = $1',
};

// A witness's name may be in it, which has no form of its own.
const NAME = z.string().regex(/^[\x21-\x7e]{1,200}$/);
const followerForgotten = defineAction(
  'audit.forget_follower',
  z.object({ follower: NAME, position: z.int().nonnegative() }),
);

/**
 * Forgets how far a follower has come that no app is set to run any more: it would hold the archive back for ever. One that is
 * run nevertheless begins anew at its next look. In the transaction that leaves the entry.
 * @returns the position that it had come to
 * @throws {FollowerKept}
 */
export async function forgetFollower(options: ForgetOptions): Promise<number> {
  const { unitOfWork, name, actor, clock = () => new Date() } = options;
  if (NEEDED.includes(name)) throw new FollowerKept('audit.follower_needed');
  return unitOfWork.run(async (tx) => {
    const [gone] = await tx.query<{ position: string }>(FORGET, [name]);
    if (!gone) {
      const isThere = (await tx.query(FIND, [name])).length > 0;
      throw new FollowerKept(isThere ? 'audit.follower_held' : 'audit.follower_unknown');
    }
    const position = Number(gone.position);
    const details = { follower: name, position };
    await new AuditLog(clock).append(tx, followerForgotten({ outcome: 'done', actor, details }));
    return position;
  });
}
