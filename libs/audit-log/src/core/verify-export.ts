import { walkArchive } from './archive.js';
import type { ExportHeader } from './export-format.js';
import { ExportLines } from './export-lines.js';
import { type ExportStream, openExport } from './export-stream.js';
import { Fault } from './fault.js';
import { KeyChain } from './key-chain.js';
import { LineSplitter, LinesBroken } from './lines.js';
import { LogCheck } from './log-check.js';
import { NoteVerifier } from './note-key.js';
import { type ExportOptions, readWitnesses } from './verify-options.js';
import type { Verified, VerifyReport } from './verify-report.js';

/**
 * Verifies an export of a log while trusting nothing but a public key: every entry is hashed again from its stored bytes,
 * every checkpoint's signature and root checked, in constant memory.
 *
 * What it can't find: entries cut off the end together with all checkpoints that cover them, or a log forked by
 * whoever holds the signing key. Both need a checkpoint from elsewhere (`options.earlier`), or witnesses.
 *
 * @param source the export's bytes in order, in pieces cut anywhere
 * @param key one of the log's vkeys; its name is the origin that the log must have
 * @returns a report; never throws for what stands in the export
 * @throws {NoteKeyInvalid} for a malformed key, {RangeError} for an impossible quorum; and whatever reading the source throws
 */
export async function verifyExport(
  source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  key: string | NoteVerifier,
  options: ExportOptions = {},
): Promise<VerifyReport> {
  const steps = verifyExportSteps(await openExport(source), key, options);
  for (;;) {
    const { done, value } = await steps.next();
    if (done) return value;
  }
}

/**
 * {@link verifyExport} in steps, each of some hundreds of entries, for who shows progress or verifies several logs side by side.
 * @returns yields the number of entries so far; as its result the report
 */
export async function* verifyExportSteps(
  stream: ExportStream,
  key: string | NoteVerifier,
  options: ExportOptions = {},
): AsyncGenerator<number, VerifyReport> {
  const verifier = typeof key === 'string' ? NoteVerifier.parse(key) : key;
  const run = new ExportRun(stream, verifier, options);
  try {
    return yield* run.verify();
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    return error.toReport(run.origin, run.confirmed);
  } finally {
    await stream.close();
  }
}

class ExportRun {
  private check: LogCheck | undefined;

  constructor(
    private readonly stream: ExportStream,
    private readonly verifier: NoteVerifier,
    private readonly options: ExportOptions,
  ) {}

  get origin(): string | null {
    return this.check ? this.verifier.name : null;
  }

  get confirmed(): number {
    return this.check?.confirmed ?? 0;
  }

  async *verify(): AsyncGenerator<number, Verified> {
    const witnesses = readWitnesses(this.options);
    const header = this.readHeader();
    const { earlier, start } = this.options;
    const chain = KeyChain.follow(header.keys, this.verifier);
    if (chain.last.from > header.size)
      throw new Fault('chain.unlinked', 'a key signs only behind the end', null);
    const check = new LogCheck({ chain, start, earlier, ...witnesses });
    this.check = check;
    check.expect(header.size);
    const archived = yield* this.begin(header, check);
    yield* this.verifyLines(header, check);
    return check.finish(archived);
  }

  private readHeader(): ExportHeader {
    const { header, isEmpty } = this.stream;
    if (isEmpty) throw new Fault('export.truncated', 'there is not even a header', null);
    if (!header) throw new Fault('export.header', 'the first line is not the header of an export', null);
    if (header.origin !== this.verifier.name) {
      throw new Fault('export.header', 'the export is of another log than the key', null);
    }
    return header;
  }

  /** Gets to where the export begins. @returns how many entries came from an archive */
  private async *begin({ first }: ExportHeader, check: LogCheck): AsyncGenerator<number, number> {
    const { archive, start, onEntry } = this.options;
    if (first > 0 && !archive && !start) {
      const message = `the export begins at position ${first}: the archive of the entries before is needed, too`;
      throw new Fault('export.needs_archive', message, null);
    }
    if (archive) for await (const _ of walkArchive(archive, check, onEntry)) yield check.size;
    if (check.size !== first) {
      const message = `the export begins at position ${first}, what comes before it ends at ${check.size}`;
      throw new Fault('export.gap', message, Math.min(first, check.size));
    }
    return archive ? first : 0;
  }

  private async *verifyLines(header: ExportHeader, check: LogCheck): AsyncGenerator<number, void> {
    const lines = new ExportLines(header, check, this.options.onEntry);
    const splitter = new LineSplitter((bytes, start, end) => lines.take(bytes, start, end));
    try {
      for await (const chunk of this.stream.rest) {
        splitter.push(chunk);
        yield check.size;
      }
      splitter.finish();
    } catch (error) {
      if (!(error instanceof LinesBroken)) throw error;
      throw new Fault('export.line', error.message, lines.isDone ? null : check.size);
    }
    lines.finish();
  }
}
