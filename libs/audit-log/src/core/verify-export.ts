import { type Checkpoint, CheckpointInvalid, openCheckpoint } from './checkpoint.js';
import {
  type ExportHeader,
  looksLikeCheckpoint,
  parseCheckpointLine,
  parseEntryLine,
  parseHeader,
} from './export-format.js';
import { Frontier } from './frontier.js';
import { LinesBroken } from './lines.js';
import { leafHash } from './merkle.js';
import { NoteInvalid } from './note.js';
import { NoteVerifier } from './note-key.js';
import { fromUtf8, sameBytes, toBase64 } from './primitives.js';
import type { FaultCode, Refused, Verified, VerifyReport } from './verify-report.js';

export interface VerifyOptions {
  /** A signed checkpoint of the same log that the auditor kept from before: the export must continue it. */
  readonly earlier?: string;
}

/**
 * Verifies an export of a log while trusting nothing but a public key: every entry is hashed again from its stored bytes,
 * every checkpoint's signature and root checked, in constant memory.
 *
 * What it can't find: entries cut off the end together with all checkpoints that cover them, or a log forked by
 * whoever holds the signing key. Both need a checkpoint from elsewhere: `options.earlier`.
 *
 * @param lines the export's lines in order, without newlines; see {@link splitLines}
 * @param key the log's vkey; its name is the origin that the log must have
 * @returns a report; never throws for what stands in the export
 * @throws {NoteKeyInvalid} for a malformed key; and whatever reading the lines throws
 */
export async function verifyExport(
  lines: AsyncIterable<string> | Iterable<string>,
  key: string | NoteVerifier,
  options: VerifyOptions = {},
): Promise<VerifyReport> {
  const run = new Verification(typeof key === 'string' ? NoteVerifier.parse(key) : key, options);
  try {
    for await (const line of lines) run.take(line);
    return run.finish();
  } catch (error) {
    if (error instanceof Fault) return run.refuse(error);
    if (error instanceof LinesBroken) return run.refuse(run.brokenLine(error.message));
    throw error;
  }
}

class Fault extends Error {
  constructor(
    readonly code: FaultCode,
    message: string,
    readonly position: number | null,
    readonly through = position,
  ) {
    super(message);
  }
}

class Verification {
  private header: ExportHeader | undefined;
  private readonly tree = new Frontier();
  private earlier: Checkpoint | undefined;
  private confirmed = 0;
  private checkpoints = 0;
  private lastCheckpoint: number | undefined;
  private done = false;
  private firstEntry: Uint8Array | undefined;
  private lastEntry: Uint8Array | undefined;

  constructor(
    private readonly verifier: NoteVerifier,
    private readonly options: VerifyOptions,
  ) {}

  take(line: string): void {
    if (this.done) throw new Fault('export.excess', 'there is more behind the last checkpoint', null);
    if (!this.header) this.begin(line);
    else if (looksLikeCheckpoint(line)) this.takeCheckpoint(line, this.header.size);
    else this.takeEntry(line, this.header.size);
  }

  finish(): Verified {
    const size = this.tree.size;
    if (!this.header) throw new Fault('export.truncated', 'there is not even a header', null);
    if (size < this.header.size)
      throw new Fault('export.truncated', 'the export ends before this entry', size);
    if (!this.done) throw this.unconfirmed('export.truncated', 'the last checkpoint is missing');
    return {
      ok: true,
      origin: this.header.origin,
      size,
      root: toBase64(this.tree.root()),
      checkpoints: this.checkpoints,
      earlierSize: this.earlier?.size ?? null,
      firstAt: timeOf(this.firstEntry),
      lastAt: timeOf(this.lastEntry),
    };
  }

  refuse({ code, message, position, through }: Fault): Refused {
    return { ok: false, code, message, position, through, confirmed: this.confirmed };
  }

  brokenLine(message: string): Fault {
    return new Fault('export.line', message, this.header && !this.done ? this.tree.size : null);
  }

  private begin(line: string): void {
    const header = parseHeader(line);
    if (!header) throw new Fault('export.header', 'the first line is not the header of an export', null);
    if (header.origin !== this.verifier.name) {
      throw new Fault('export.header', 'the export is of another log than the key', null);
    }
    this.earlier = this.openEarlier(header);
    this.header = header;
    this.compareEarlier();
  }

  private openEarlier(header: ExportHeader): Checkpoint | undefined {
    if (this.options.earlier === undefined) return undefined;
    const earlier = this.open(this.options.earlier, () => {
      return new Fault(
        'earlier.signature',
        'the earlier checkpoint is not signed by the key for this log',
        null,
      );
    });
    if (earlier.size > header.size) {
      const message = `the earlier checkpoint covers ${earlier.size} entries, the export has ${header.size}`;
      throw new Fault('earlier.longer', message, header.size, earlier.size - 1);
    }
    return earlier;
  }

  private takeEntry(text: string, size: number): void {
    const expected = this.tree.size;
    const line = parseEntryLine(text);
    if (expected === size)
      throw new Fault('export.excess', 'there are more entries than the header says', size);
    if (!line) throw new Fault('export.line', 'the line is not as an export writes it', expected);
    if (line.position !== expected) {
      const message = `position ${line.position} stands where position ${expected} should`;
      throw new Fault('export.position', message, expected);
    }
    const hash = leafHash(line.entry);
    if (!sameBytes(hash, line.leaf)) {
      const message = 'the stored bytes do not have the leaf hash that was stored with them';
      throw new Fault('entry.changed', message, expected);
    }
    this.tree.append(hash);
    this.firstEntry ??= line.entry;
    this.lastEntry = line.entry;
    this.compareEarlier();
  }

  private takeCheckpoint(line: string, exported: number): void {
    const note = parseCheckpointLine(line);
    if (note === undefined)
      throw this.unconfirmed('export.line', 'a checkpoint is not as an export writes it');
    const { size, root } = this.open(note, () => {
      return this.unconfirmed('checkpoint.signature', 'a checkpoint is not signed by the key for this log');
    });
    // The second half refuses a checkpoint that is there twice.
    if (size !== this.tree.size || size === this.lastCheckpoint) {
      const message = `the checkpoint of ${size} entries stands after ${this.tree.size}`;
      throw this.unconfirmed('checkpoint.misplaced', message);
    }
    if (!sameBytes(root, this.tree.root())) {
      throw this.unconfirmed(
        'checkpoint.root',
        `the first ${size} entries do not have the root that was signed`,
      );
    }
    this.confirmed = size;
    this.lastCheckpoint = size;
    this.checkpoints += 1;
    this.done = size === exported;
  }

  /** Once the export is as long as the earlier checkpoint's log was, it must have had the same root. */
  private compareEarlier(): void {
    if (this.earlier?.size !== this.tree.size) return;
    if (!sameBytes(this.earlier.root, this.tree.root())) {
      const { size } = this.earlier;
      const message = `the first ${size} entries are not those of the earlier checkpoint`;
      // The export's own checkpoints say nothing about where the two part: the same key has signed both.
      throw new Fault('earlier.root', message, size > 0 ? 0 : null, size > 0 ? size - 1 : null);
    }
    this.confirmed = this.earlier.size;
  }

  private open(note: string, refuse: () => Fault): Checkpoint {
    try {
      return openCheckpoint(note, this.verifier);
    } catch (error) {
      throw error instanceof NoteInvalid || error instanceof CheckpointInvalid ? refuse() : error;
    }
  }

  /** The entries since the last confirmed one: one of them is bad, but nothing trusted says which. */
  private unconfirmed(code: FaultCode, message: string): Fault {
    const last = this.tree.size - 1;
    if (last < this.confirmed) return new Fault(code, message, null);
    return new Fault(code, message, this.confirmed, last);
  }
}

function timeOf(entry: Uint8Array | undefined): string | null {
  if (!entry) return null;
  try {
    const at = (JSON.parse(fromUtf8(entry)) as { at?: unknown } | null)?.at;
    return typeof at === 'string' && /^[0-9TZ:.+-]{1,40}$/.test(at) ? at : null;
  } catch {
    return null;
  }
}
