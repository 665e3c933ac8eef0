import type { Cosignature } from './cosignature.js';

/** Why a log was refused. */
export type FaultCode =
  /** the first line is no header of this format, or of another log than the key's */
  | 'export.header'
  /** a line is not as the format writes it */
  | 'export.line'
  /** an entry stands where another position should: deleted, inserted or moved */
  | 'export.position'
  /** the export begins behind the log's first entry, and what stands before it was not given */
  | 'export.needs_archive'
  /** the export does not begin where the archive, or what else was verified before it, ends */
  | 'export.gap'
  /** the export ends too early */
  | 'export.truncated'
  /** the export goes on behind its end */
  | 'export.excess'
  /** an entry's bytes and the leaf hash stored with them disagree */
  | 'entry.changed'
  /** a checkpoint that is not signed by the key in force at its size, or not of its log */
  | 'checkpoint.signature'
  /** a checkpoint that only a key signed which had been replaced before */
  | 'checkpoint.retired_key'
  /** a line on a checkpoint claims to be a witness's and isn't */
  | 'checkpoint.cosignature'
  /** a signed checkpoint stands after more or fewer entries than it covers */
  | 'checkpoint.misplaced'
  /** the entries do not have the root that was signed */
  | 'checkpoint.root'
  /** the given key is none of the log's keys */
  | 'chain.untrusted'
  /** the log's keys are not named as they must be, or no checkpoint signed by both leads from one to the next */
  | 'chain.unlinked'
  /** the entry before a change of keys does not name the two keys */
  | 'chain.entry'
  /** the earlier checkpoint is not signed by the log's key, or not of its log */
  | 'earlier.signature'
  /** the earlier checkpoint covers more entries than there are: the end was cut off */
  | 'earlier.longer'
  /** the earlier checkpoint is of a size before what can be compared */
  | 'earlier.unreachable'
  /** the log does not begin with the entries of the earlier checkpoint: history was rewritten or forked */
  | 'earlier.root'
  /** a file of the archive is missing */
  | 'archive.missing'
  /** a file of the archive is not of its form */
  | 'archive.tile'
  /** a hash in an upper tile of the archive is not that of the entries below it */
  | 'archive.hash'
  /** the newer checkpoint is not signed by the log's key, or not of its log */
  | 'newer.signature'
  /** the newer checkpoint covers fewer entries: it is an older one, or the end was cut off */
  | 'newer.shorter'
  /** the newer checkpoint has another root at the same size: the log was forked */
  | 'newer.root'
  /** nothing proves that the newer checkpoint continues the log */
  | 'newer.proof'
  /** no checkpoint has as many cosignatures of the given witnesses as were asked for */
  | 'witness.quorum'
  /** the newest checkpoint with enough cosignatures is too old to speak for the entries behind it */
  | 'witness.lag';

/** What a refusal rests on: hashes, sizes, positions. Never an entry's content. */
export interface Evidence {
  /** of what the two are */
  readonly what: string;
  /** what it should be */
  readonly expected: string;
  readonly found: string;
}

/** A checkpoint that continues the log, and of whose entries only that is known. */
export interface Newer {
  readonly size: number;
  /** as signed */
  readonly note: string;
}

/** The newest checkpoint that enough of the given witnesses have cosigned. */
export interface Cosigned {
  readonly size: number;
  readonly by: readonly Cosignature[];
  /** how many entries stand behind it, up to the newest checkpoint: no witness has seen them */
  readonly uncovered: number;
  /** `at` of the first of them; null if there is none, or it was not read, or has no time */
  readonly uncoveredSince: string | null;
}

/** The log is what the key's holder signed. */
export interface Verified {
  readonly ok: true;
  readonly origin: string;
  /** number of entries */
  readonly size: number;
  /** RFC 6962 root in base64 */
  readonly root: string;
  /** the last checkpoint, as signed: worth keeping, as `earlier` for the next time */
  readonly note: string;
  /** vkey of the key in force at the end */
  readonly key: string;
  /** keys by which the log was signed one after the other */
  readonly keys: number;
  /** signed checkpoints that were checked, the last one included */
  readonly checkpoints: number;
  /** how many of the entries came from an archive */
  readonly archived: number;
  /** size of the earlier checkpoint that this log continues, where one was given */
  readonly earlierSize: number | null;
  /** where one was looked at: see verifyContinuation */
  readonly newer: Newer | null;
  /** null where no witnesses were given, or none was asked to be needed and too few have cosigned */
  readonly cosigned: Cosigned | null;
  /** `at` of the first and last entry; null in an empty log, or if the entry is not JSON with a time */
  readonly firstAt: string | null;
  readonly lastAt: string | null;
}

/** The log is not what the key's holder signed. */
export interface Refused {
  readonly ok: false;
  /** the log's name, once it is known to be the key's */
  readonly origin: string | null;
  readonly code: FaultCode;
  /** in words, without any content of the log */
  readonly message: string;
  /** the first position that is bad, or the first one that may be: see `through`. Null if no entry is in question. */
  readonly position: number | null;
  /**
   * Equal to `position` where the entry itself gives it away. Larger where only a signed root does: the first bad
   * position then lies anywhere from `position` to here.
   */
  readonly through: number | null;
  /** entries 0 up to, without, this one are confirmed by a signed checkpoint */
  readonly confirmed: number;
  /** null where there is nothing to set side by side */
  readonly evidence: Evidence | null;
}

export type VerifyReport = Verified | Refused;
