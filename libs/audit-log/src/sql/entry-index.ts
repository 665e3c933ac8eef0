import type { Statement, UnitOfWork } from '@integument/database';
import type { FollowerOptions } from './follower.js';

/** The follower that fills the index, in `audit_follower`: everything before its position is indexed. */
export const INDEX_FOLLOWER = 'index';

// One statement moves a whole batch; the bytes never leave the database. json_to_record reads an entry's text once: cast to jsonb it
// would first be built anew, and picked apart field by field as json read again for each.
const INDEX: Statement = {
  name: 'audit_index_entries',
  text: `
  INSERT INTO audit_index (position, at, action, outcome, code, actor_kind, actor, subject, purpose, fields,
                           reason_code, reason_reference)
  SELECT e.position, r.at, r.action, r.outcome, r.code, r.actor->>'kind', r.actor->>'id', r.subject, r.purpose, r.fields,
         r.reason->>'code', r.reason->>'reference'
  FROM audit_entry e, json_to_record(convert_from(e.entry, 'UTF8')::json)
    AS r (at timestamptz(3), action text, outcome text, code text, actor json, subject text, purpose text, fields text, reason json)
  WHERE e.position >= $1::bigint AND e.position < $2::bigint
  ON CONFLICT DO NOTHING`,
};

/** Entries indexed by one statement. */
const BATCH = 20_000;

/** Makes integrated entries findable. To be run by a `Follower` named {@link INDEX_FOLLOWER} from the first entry on. */
export class EntryIndex {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  /** Indexes a batch; the same entries again change nothing. Entries that were archived away are passed over. */
  readonly follow: FollowerOptions['follow'] = async ({ from, size, signal }) => {
    const to = Math.min(from + BATCH, size);
    return this.index(from, to, signal);
  };

  /** @returns up to where it came: `to`, unless the signal stopped it among destroyed entries */
  private async index(from: number, to: number, signal: AbortSignal): Promise<number> {
    try {
      await this.unitOfWork.single((tx) => tx.query(INDEX, [from, to]));
      return to;
    } catch (error) {
      if (!isOfTheData(error)) throw error;
    }
    // Somewhere in here stand bytes that no app wrote. Halving finds them, and leaves out those alone: an entry that somebody
    // destroyed must not hide its neighbours. The verifier names it.
    if (to - from === 1) return to;
    const middle = from + Math.floor((to - from) / 2);
    const first = await this.index(from, middle, signal);
    if (first < middle || signal.aborted) return first;
    return this.index(middle, to, signal);
  }
}

/** SQLSTATE classes: data exception (no JSON, no UTF-8, no time), integrity constraint, program limit (longer than an index takes). */
function isOfTheData(error: unknown): boolean {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' && /^(22|23|54)...$/.test(code);
}
