import { type ReadArchive, readArchiveNote, walkArchive } from './archive.js';
import { Fault } from './fault.js';
import { KeyChain } from './key-chain.js';
import { LogCheck } from './log-check.js';
import { NoteVerifier } from './note-key.js';
import { readWitnesses, type VerifyOptions } from './verify-options.js';
import type { VerifyReport } from './verify-report.js';

/**
 * Verifies an archive of a log (C2SP tlog-tiles: `checkpoint`, `tile/entries/…`, `tile/<level>/…`) by itself, in constant memory. Its
 * checkpoint must be signed by the given key; an archive signed by a key that was replaced since is verified
 * with the export that follows, whose header names the keys.
 *
 * @param read reads a file of the archive
 * @param key the log's vkey
 * @returns yields the number of entries so far; as its result the report
 * @throws {NoteKeyInvalid | RangeError} for malformed options; and whatever reading throws
 */
export async function* verifyArchiveSteps(
  read: ReadArchive,
  key: string | NoteVerifier,
  options: VerifyOptions = {},
): AsyncGenerator<number, VerifyReport> {
  const verifier = typeof key === 'string' ? NoteVerifier.parse(key) : key;
  const witnesses = readWitnesses(options);
  let check: LogCheck | undefined;
  try {
    const { note } = await readArchiveNote(read);
    const chain = KeyChain.single(verifier);
    // Before a gigabyte is read for nothing.
    const { size } = chain.open(note, (code, message) => {
      return new Fault(`checkpoint.${code}`, `the archive’s checkpoint ${message}`, null);
    });
    check = new LogCheck({ chain, start: undefined, earlier: options.earlier, ...witnesses });
    check.expect(size);
    for await (const _ of walkArchive(read, check, options.onEntry)) yield check.size;
    return check.finish(size);
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    return error.toReport(check ? verifier.name : null, check?.confirmed ?? 0);
  }
}

/** {@link verifyArchiveSteps} at once. */
export async function verifyArchive(
  read: ReadArchive,
  key: string | NoteVerifier,
  options: VerifyOptions = {},
): Promise<VerifyReport> {
  const steps = verifyArchiveSteps(read, key, options);
  for (;;) {
    const { done, value } = await steps.next();
    if (done) return value;
  }
}
