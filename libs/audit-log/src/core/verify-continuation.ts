import { type Checkpoint, CheckpointInvalid, openCheckpoint } from './checkpoint.js';
import type { Cosignature } from './cosignature.js';
import { assertCosigned, assertSeenLately, cosignaturesOn } from './cosigned.js';
import { Fault } from './fault.js';
import { NoteInvalid } from './note.js';
import { NoteVerifier } from './note-key.js';
import { fromBase64, sameBytes, toBase64 } from './primitives.js';
import { verifyConsistency } from './proof-verify.js';
import { readWitnesses, type WitnessOptions } from './verify-options.js';
import type { Cosigned, Verified, VerifyReport } from './verify-report.js';

/**
 * Verifies that a newer checkpoint continues a log that was verified before.
 * @param newer.note as signed, by the key in force at the end of the log
 * @param newer.hashes the consistency proof from the log's size to the note's; empty for the same size
 * @param options witnesses, how many of them, and how far they may lie behind the entries that were read
 * @returns the report with the newer checkpoint in it, and its cosignatures if they are enough; or why not
 */
export function verifyContinuation(
  report: Verified,
  newer: { readonly note: string; readonly hashes: readonly Uint8Array[] },
  options: WitnessOptions = {},
): VerifyReport {
  const witnesses = readWitnesses(options);
  try {
    const checkpoint = open(newer.note, report);
    compare(report, checkpoint, newer.hashes);
    const by = cosignaturesOn(newer.note, witnesses, (message) => {
      return new Fault('checkpoint.cosignature', message, null);
    });
    const cosigned = coverOf(checkpoint.size, by, report.cosigned);
    assertCosigned({ ...report, cosigned }, witnesses);
    assertSeenLately({ cosigned, size: checkpoint.size }, witnesses);
    return { ...report, newer: { size: checkpoint.size, note: newer.note }, cosigned };
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    return error.toReport(report.origin, report.size);
  }
}

/** What the witnesses cover of as many entries, some of which nobody has read. */
function coverOf(
  size: number,
  by: readonly Cosignature[] | undefined,
  before: Cosigned | null,
): Cosigned | null {
  if (by) return { size, by, uncovered: 0, uncoveredSince: null };
  return before && { ...before, uncovered: size - before.size };
}

function open(note: string, { key }: Verified): Checkpoint {
  try {
    return openCheckpoint(note, NoteVerifier.parse(key));
  } catch (error) {
    if (!(error instanceof NoteInvalid || error instanceof CheckpointInvalid)) throw error;
    const message = 'the newer checkpoint is not signed by the key that signed the end of the log';
    throw new Fault('newer.signature', message, null);
  }
}

function compare(report: Verified, { size, root }: Checkpoint, hashes: readonly Uint8Array[]): void {
  if (size < report.size) {
    const message = `the newer checkpoint covers ${size} entries, the log has ${report.size}`;
    throw new Fault('newer.shorter', message, size, report.size - 1);
  }
  const before = fromBase64(report.root) ?? new Uint8Array();
  if (size === report.size && !sameBytes(before, root)) {
    const evidence = { what: `root of ${size} entries`, expected: report.root, found: toBase64(root) };
    throw new Fault(
      'newer.root',
      'the newer checkpoint has another root at the same size',
      null,
      null,
      evidence,
    );
  }
  // Everything continues the empty log; there is no proof of it.
  if (report.size > 0 && !verifyConsistency(report.size, size, hashes, before, root)) {
    const message = `nothing proves that the checkpoint of ${size} entries continues these ${report.size}`;
    throw new Fault('newer.proof', message, null);
  }
}
