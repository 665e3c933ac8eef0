import type { ReadArchive } from './archive.js';
import { WitnessVerifier } from './cosignature.js';
import type { Frontier } from './frontier.js';

export interface VerifyOptions {
  /** A signed checkpoint of the same log that the auditor kept from before: the log must continue it. */
  readonly earlier?: string | undefined;
  /** Witnesses, as vkeys, whose cosignatures count. Without any, cosignatures are not looked at. */
  readonly witnesses?: readonly (string | WitnessVerifier)[] | undefined;
  /** How many of the witnesses must have cosigned one and the same checkpoint; all of them, unless said otherwise. */
  readonly quorum?: number | undefined;
  /**
   * How far, in seconds, the newest checkpoint with so many cosignatures may lie behind the log's end (3600). With 0 it must cover
   * every entry. The end is when the last entry was written, unless `takenAt` is later.
   */
  readonly witnessLag?: number | undefined;
  /** When the log was read, by the auditor's own clock. Without it the log's word counts, which a forger chooses. */
  readonly takenAt?: Date | undefined;
  /** Whether a log without enough cosignatures is only reported as such, and not refused. */
  readonly allowUncosigned?: boolean | undefined;
  /**
   * Told of each entry once its place and bytes are checked, BEFORE any checkpoint confirms it: what is done with it must
   * be undone if the log is refused. The bytes are valid during the call only.
   */
  readonly onEntry?: ((position: number, entry: Uint8Array) => void) | undefined;
}

/** What an export that doesn't begin with the log's first entry continues. One of the two. */
export interface ExportOptions extends VerifyOptions {
  /** an archive of the entries before; verified with the export as one log */
  readonly archive?: ReadArchive | undefined;
  /** the tree of the entries before. The caller vouches for it: only what comes after is verified. */
  readonly start?: Frontier | undefined;
}

/** What {@link readWitnesses} read. */
export interface Witnesses {
  readonly witnesses: readonly WitnessVerifier[];
  readonly quorum: number;
  readonly lagMs: number;
  readonly takenAt: Date | undefined;
  readonly allowUncosigned: boolean;
}

/** What a caller says about witnesses. */
export type WitnessOptions = Pick<
  VerifyOptions,
  'witnesses' | 'quorum' | 'witnessLag' | 'takenAt' | 'allowUncosigned'
>;

const WITNESS_LAG_SECONDS = 3_600;

/**
 * Witnesses and how many of them are needed, each counted once.
 * @throws {NoteKeyInvalid} for a malformed vkey
 * @throws {RangeError} for a quorum that can't be met, or that asks for nobody, and for a lag that is no number of seconds
 */
export function readWitnesses({
  witnesses = [],
  quorum,
  witnessLag = WITNESS_LAG_SECONDS,
  takenAt,
  allowUncosigned = false,
}: WitnessOptions): Witnesses {
  if (!(witnessLag >= 0)) throw new RangeError('the lag is no number of seconds');
  const each = new Map(
    witnesses.map((one) => {
      const verifier = typeof one === 'string' ? WitnessVerifier.parse(one) : one;
      return [verifier.toString(), verifier] as const;
    }),
  );
  const needed = quorum ?? each.size;
  const isPossible = Number.isInteger(needed) && needed <= each.size && (needed > 0 || each.size === 0);
  if (!isPossible) throw new RangeError('the quorum is no number of the given witnesses');
  const lagMs = witnessLag * 1_000;
  return { witnesses: [...each.values()], quorum: needed, lagMs, takenAt, allowUncosigned };
}
