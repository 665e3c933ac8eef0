/** Why an export was refused. */
export type FaultCode =
  /** the first line is no header of this format, or of another log than the key's */
  | 'export.header'
  /** a line is not as the format writes it */
  | 'export.line'
  /** an entry stands where another position should: deleted, inserted or moved */
  | 'export.position'
  /** an entry's bytes and the leaf hash beside them disagree */
  | 'entry.changed'
  /** a checkpoint that is not signed by the key, or not of its log */
  | 'checkpoint.signature'
  /** a signed checkpoint stands after more or fewer entries than it covers */
  | 'checkpoint.misplaced'
  /** the entries do not have the root that was signed */
  | 'checkpoint.root'
  /** the earlier checkpoint is not signed by the key, or not of its log */
  | 'earlier.signature'
  /** the earlier checkpoint covers more entries than there are: the end was cut off */
  | 'earlier.longer'
  /** the log does not begin with the entries of the earlier checkpoint: history was rewritten or forked */
  | 'earlier.root'
  /** the export ends too early */
  | 'export.truncated'
  /** the export goes on behind its end */
  | 'export.excess';

/** The export is what the key's holder signed. */
export interface Verified {
  readonly ok: true;
  readonly origin: string;
  /** number of entries */
  readonly size: number;
  /** RFC 6962 root in base64 */
  readonly root: string;
  /** signed checkpoints that were checked, the last one included */
  readonly checkpoints: number;
  /** size of the earlier checkpoint that this log continues, where one was given */
  readonly earlierSize: number | null;
  /** `at` of the first and last entry; null in an empty log, or if the entry is not JSON with a time */
  readonly firstAt: string | null;
  readonly lastAt: string | null;
}

/** The export is not what the key's holder signed. */
export interface Refused {
  readonly ok: false;
  readonly code: FaultCode;
  /** in words, without any content of the export */
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
}

export type VerifyReport = Verified | Refused;
