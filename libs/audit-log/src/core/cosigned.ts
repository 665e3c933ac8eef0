import { type Cosignature, findCosignatures } from './cosignature.js';
import { Fault } from './fault.js';
import { NoteInvalid } from './note.js';
import type { Witnesses } from './verify-options.js';
import type { Verified } from './verify-report.js';

/**
 * Cosignatures of the given witnesses on a note.
 * @param refuse makes the fault to throw where a line claims to be a witness's and isn't
 * @returns undefined if they are fewer than the quorum, or no witnesses are given
 */
export function cosignaturesOn(
  note: string,
  { witnesses, quorum }: Witnesses,
  refuse: (message: string) => Fault,
): Cosignature[] | undefined {
  if (witnesses.length === 0) return undefined;
  try {
    const found = findCosignatures(note, witnesses);
    return found.length >= quorum ? found : undefined;
  } catch (error) {
    if (!(error instanceof NoteInvalid)) throw error;
    throw refuse('a cosignature on a checkpoint is not the witness’s');
  }
}

/**
 * Demands that enough witnesses have cosigned the log, up to its end or not long before it: a checkpoint cosigned last year
 * says nothing about what was signed since, and whoever holds the log's key can sign another continuation of it.
 *
 * Both must be young at the log's end, for each alone can be made up: the cosignature, since whoever forks the log can date
 * the entries as they like; and the first entry behind it, since a witness may be asked again to cosign an old head.
 * @throws {Fault} if witnesses are given, and needed
 */
export function assertCosigned(
  { cosigned, size, lastAt }: Pick<Verified, 'cosigned' | 'size' | 'lastAt'>,
  witnesses: Witnesses,
): void {
  if (witnesses.allowUncosigned || witnesses.witnesses.length === 0) return;
  if (!cosigned) {
    const message = `no checkpoint is cosigned by ${witnesses.quorum} of the given witnesses`;
    throw new Fault('witness.quorum', message, null);
  }
  const { quorum, takenAt, lagMs } = witnesses;
  const seen = quorumTime(cosigned.by, quorum);
  // A log that was cut off where it was cosigned is covered, and old: neither an entry nor a cosignature is of the time at which
  // the auditor read it. Who reads a log leaves an entry in it, by signing in.
  if (cosigned.size >= size) {
    const message = 'the witnesses cover the log, but it ends long before it was read';
    assertRecent(latest(seen, timeOf(lastAt)), witnesses, message);
    return;
  }
  const end = endOf(lastAt, takenAt);
  const least = Math.min(seen, timeOf(cosigned.uncoveredSince));
  if (end - least < lagMs) return;
  const message =
    `the witnesses cover ${cosigned.size} of ${size} entries; ` +
    `the other ${size - cosigned.size} are not so young that they may still be uncovered`;
  throw lagging(message, { seen: least, oldest: end - lagMs });
}

/**
 * Demands that the witnesses have lately seen the log, at least as far as it was read: of a running app, whose newest entries
 * nobody has read, only their word says that it is the one that others see.
 * @throws {Fault} if witnesses are given, and needed
 */
export function assertSeenLately(
  { cosigned, size }: Pick<Verified, 'cosigned' | 'size'>,
  witnesses: Witnesses,
): void {
  if (witnesses.allowUncosigned || witnesses.witnesses.length === 0 || !cosigned) return;
  const message = `the witnesses last cosigned the log at ${cosigned.size} of ${size} entries, long before now`;
  assertRecent(quorumTime(cosigned.by, witnesses.quorum), witnesses, message);
}

/** Whether something was seen not long before the auditor read the log; a time that is none is never recent. */
function assertRecent(seen: number, { takenAt, lagMs }: Witnesses, message: string): void {
  if (!takenAt) return;
  const oldest = takenAt.getTime() - Math.max(lagMs, LEAST_PATIENCE_MS);
  if (!(seen > oldest)) throw lagging(message, { seen, oldest });
}

/** However little may be uncovered: a log in which nothing happens is not cosigned again. */
const LEAST_PATIENCE_MS = 3_600_000;

/** Of those that are a time. */
function latest(...times: readonly number[]): number {
  return Math.max(...times.filter((time) => !Number.isNaN(time)));
}

/** When, by their own clocks, as many witnesses as are needed had seen it: one of them that runs ahead changes nothing. */
function quorumTime(by: readonly Cosignature[], quorum: number): number {
  const times = by.map(({ time }) => time * 1_000).sort((a, b) => b - a);
  return times[quorum - 1] ?? Number.NaN;
}

/** Entries are dated by the app, so the auditor's own word counts where it is later. */
function endOf(lastAt: string | null, takenAt: Date | undefined): number {
  return Math.max(timeOf(lastAt), takenAt?.getTime() ?? Number.NEGATIVE_INFINITY);
}

/** An entry without a time is NaN, which is never young enough. */
function timeOf(at: string | null): number {
  return at === null ? Number.NaN : Date.parse(at);
}

function lagging(message: string, { seen, oldest }: { seen: number; oldest: number }): Fault {
  const evidence = { what: 'seen', expected: `after ${spell(oldest)}`, found: spell(seen) };
  return new Fault('witness.lag', message, null, null, evidence);
}

function spell(time: number): string {
  const date = new Date(time);
  return Number.isNaN(date.getTime()) ? 'at an unknown time' : date.toISOString();
}
