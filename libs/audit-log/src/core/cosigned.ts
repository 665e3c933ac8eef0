import { type Cosignature, findCosignatures } from './cosignature.js';
import { Fault } from './fault.js';
import { NoteInvalid } from './note.js';
import type { Witnesses } from './verify-options.js';
import type { Cosigned } from './verify-report.js';

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

/** @throws {Fault} if witnesses are given, and needed, and too few have cosigned */
export function assertCosigned(
  cosigned: Cosigned | null,
  { witnesses, quorum, allowUncosigned }: Witnesses,
): void {
  if (cosigned || allowUncosigned || witnesses.length === 0) return;
  const message = `no checkpoint is cosigned by ${quorum} of the given witnesses`;
  throw new Fault('witness.quorum', message, null);
}
