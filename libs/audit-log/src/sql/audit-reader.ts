import type { Statement, UnitOfWork } from '@integument/database';
import {
  type ExportKey,
  formatCheckpointLine,
  formatEntry,
  formatHeader,
  readCheckpointUnverified,
} from '../core/index.js';
import type { AuditEntry } from '../entry.js';

export interface SignedCheckpoint {
  readonly size: number;
  readonly root: Buffer;
  /** the signed note */
  readonly note: string;
  readonly signedAt: Date;
}

export interface EntryPage {
  readonly entries: readonly {
    readonly position: number;
    /** null: the stored bytes are no JSON, which the app never writes */
    readonly entry: AuditEntry | null;
  }[];
  /** pass as `after` for the next page; null on the last one */
  readonly next: number | null;
}

/** What an export leaves out, and what it names; as the log's own tables say where absent. */
export interface ExportRange {
  /** position of the first entry: the size of the archive that holds those before */
  readonly first?: number;
  /** the keys by which the log was signed one after the other, oldest first */
  readonly keys?: readonly Pick<ExportKey, 'vkey' | 'from'>[];
}

/** No checkpoint has been signed yet: the integrator has never run. */
export class NoCheckpointYet extends Error {
  override readonly name = 'NoCheckpointYet';
  readonly code = 'audit.no_checkpoint';
}

/** Entries left for the archive while they were being exported: begin again. */
export class ArchivedMeanwhile extends Error {
  override readonly name = 'ArchivedMeanwhile';
  readonly code = 'audit.archived_meanwhile';
}

const LAST_CHECKPOINT: Statement = {
  name: 'audit_read_checkpoint',
  text: 'SELECT size, root, note, signed_at FROM audit_checkpoint ORDER BY size DESC LIMIT 1',
};
const PAGE: Statement = {
  name: 'audit_read_page',
  text: 'SELECT position, entry FROM audit_entry WHERE position > $1::bigint ORDER BY position LIMIT $2::bigint',
};
const RANGE: Statement = {
  name: 'audit_read_range',
  text: `
  SELECT (SELECT coalesce(max(size), 0) FROM audit_archive) AS first,
         coalesce((SELECT json_agg(json_build_object('vkey', vkey, 'from', from_size) ORDER BY from_size) FROM audit_key), '[]') AS keys`,
};
// A checkpoint's note with what witnesses have signed on it.
const NOTE = `note || coalesce(
  (SELECT string_agg(line, '' ORDER BY witness) FROM audit_cosignature c WHERE c.size = audit_checkpoint.size), '') AS note`;
const NOTES: Statement = {
  name: 'audit_read_notes',
  text: `SELECT size, ${NOTE} FROM audit_checkpoint WHERE size = ANY ($1::bigint[])`,
};
const RUN: Statement = {
  name: 'audit_read_run',
  text: `
  SELECT position, leaf_hash, entry, NULL AS note FROM audit_entry WHERE position >= $1::bigint AND position < $2::bigint
  UNION ALL
  SELECT size - 1, NULL, NULL, ${NOTE} FROM audit_checkpoint WHERE size > $1::bigint AND size <= $2::bigint
  ORDER BY position, note NULLS FIRST`,
};

interface RunRow {
  readonly position: string;
  readonly leaf_hash: Buffer;
  readonly entry: Buffer;
  readonly note: string | null;
}

/** Entries read by one statement of an export: 8 MiB at most. */
const RUN_LENGTH = 1_000;

/** Reads a log. Who may, and that reading is audited too, is decided before. */
export class AuditReader {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  /** The newest signed checkpoint; it covers every integrated entry. Null before the integrator's first run. */
  async findCheckpoint(): Promise<SignedCheckpoint | null> {
    type Row = { size: string; root: Buffer; note: string; signed_at: Date };
    const [row] = await this.query<Row>(LAST_CHECKPOINT, []);
    return row ? { size: Number(row.size), root: row.root, note: row.note, signedAt: row.signed_at } : null;
  }

  /**
   * A page of integrated entries in order of position.
   * @param page.after the position before the first one wanted; null from the start
   * @param page.limit entries at most
   */
  async page({ after, limit }: { after: number | null; limit: number }): Promise<EntryPage> {
    // One more than asked for tells whether there is a next page.
    const rows = await this.query<{ position: string; entry: Buffer }>(PAGE, [after ?? -1, limit + 1]);
    const entries = rows.slice(0, limit).map(({ position, entry }) => ({
      position: Number(position),
      entry: parseEntry(entry),
    }));
    return { entries, next: rows.length > limit ? (entries.at(-1)?.position ?? null) : null };
  }

  /**
   * The log up to its newest checkpoint as NDJSON for the verifier (see core/export-format.ts), some
   * lines at a time, in constant memory. Reads run by run in short statements: a long transaction would keep staging from being vacuumed. That
   * is safe since entries never change.
   * @throws {NoCheckpointYet} before the first line
   * @throws {RangeError} before the first line, if `first` lies behind the end
   */
  async *exportNdjson(range: ExportRange = {}): AsyncGenerator<string> {
    const checkpoint = await this.findCheckpoint();
    if (!checkpoint) throw new NoCheckpointYet();
    const { size, note } = checkpoint;
    const { first, keys } = { ...(await this.ownRange()), ...range };
    if (first > size) throw new RangeError('the log is shorter than that');
    const { origin } = readCheckpointUnverified(note);
    yield `${formatHeader({ origin, first, size, keys: await this.withNotes(keys, size) })}\n`;
    if (size === first) yield `${formatCheckpointLine(note)}\n`;
    for (let start = first; start < size; start += RUN_LENGTH) {
      // By ranges of positions and not by what was found: where rows were taken out the verifier must see the gap.
      const rows = await this.query<RunRow>(RUN, [start, Math.min(start + RUN_LENGTH, size)]);
      // Cut off rather than with a hole: what the archive takes away meanwhile would look like tampering.
      if (range.first === undefined && (await this.ownRange()).first > start) throw new ArchivedMeanwhile();
      yield rows.map((row) => `${toLine(row)}\n`).join('');
    }
  }

  private async ownRange(): Promise<Required<ExportRange>> {
    type Row = { first: string; keys: Required<ExportRange>['keys'] };
    const [row] = await this.query<Row>(RANGE, []);
    return { first: Number(row?.first ?? 0), keys: row?.keys ?? [] };
  }

  /** The keys that sign up to a size, each but the first with the checkpoint at which it follows the one before. */
  private async withNotes(keys: Required<ExportRange>['keys'], size: number): Promise<ExportKey[]> {
    const named = keys.filter(({ from }) => from <= size);
    // Nothing to name: the verifier knows the one key.
    if (named.length < 2) return [];
    const sizes = named.slice(1).map(({ from }) => from);
    const rows = await this.query<{ size: string; note: string }>(NOTES, [sizes]);
    const notes = new Map(rows.map((row) => [Number(row.size), row.note]));
    return named.map(({ vkey, from }, at) => {
      const note = at === 0 ? undefined : notes.get(from);
      return { vkey, from, ...(note !== undefined && { note }) };
    });
  }

  private query<Row>(statement: Statement, values: readonly unknown[]): Promise<Row[]> {
    return this.unitOfWork.single((tx) => tx.query<Row>(statement, values));
  }
}

function toLine({ position, leaf_hash, entry, note }: RunRow): string {
  if (note !== null) return formatCheckpointLine(note);
  return formatEntry({ position: Number(position), leaf: leaf_hash, entry });
}

function parseEntry(bytes: Buffer): AuditEntry | null {
  try {
    return JSON.parse(bytes.toString('utf8')) as AuditEntry;
  } catch {
    return null;
  }
}
