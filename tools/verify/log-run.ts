import {
  type ExportStream,
  type NoteVerifier,
  openExport,
  type Verified,
  type VerifyOptions,
  type VerifyReport,
  verifyArchiveSteps,
  verifyExportSteps,
} from '../../libs/audit-log/src/core/index.js';
import type { RunningApp } from './running-app.js';
import type { Source } from './sources.js';

/** An entry whose place and bytes are verified, and that a checkpoint has still to confirm. */
export interface ReadEntry {
  readonly position: number;
  readonly bytes: Buffer;
}

/** One log being verified, step by step. */
export class LogRun {
  readonly name: string;
  readonly origin: string;
  /** entries so far */
  size = 0;
  /** entries of the last steps that nobody took yet; stays empty unless entries are asked for */
  readonly entries: ReadEntry[] = [];
  report: VerifyReport | undefined;
  private stream: ExportStream | undefined;
  private steps: AsyncGenerator<number, VerifyReport>;
  /** what the first reading of a running app came to, where its export is read again */
  private before: Verified | undefined;

  constructor(
    private readonly source: Source,
    private readonly key: NoteVerifier,
    private readonly options: VerifyOptions,
    private readonly wantsEntries: boolean,
  ) {
    this.name = source.name;
    this.origin = key.name;
    this.stream = source.stream;
    this.steps = this.start(options.earlier);
  }

  /** Verifies some more. @returns whether there was more */
  async step(): Promise<boolean> {
    if (this.report) return false;
    const { done, value } = await this.steps.next();
    if (!done) this.size = value;
    else this.report = await this.complete(value);
    return this.report === undefined;
  }

  async close(): Promise<void> {
    await this.stream?.close();
  }

  /** @returns undefined where there is more to read */
  private async complete(report: VerifyReport): Promise<VerifyReport | undefined> {
    const { app } = this.source;
    if (!app || !report.ok) return report;
    const { earlierSize } = this.before ?? report;
    const newest = await app.verifyNewest({ ...report, earlierSize }, this.options);
    if (newest.ok || newest.code !== 'newer.signature' || this.before) return newest;
    await this.readAgain(app, report);
    return undefined;
  }

  /**
   * The newest checkpoint was signed by another key than the export's end. If the log's key was changed in between, an export of now
   * says so, and leads from one key to the next; it must continue the one that was read.
   */
  private async readAgain(app: RunningApp, before: Verified): Promise<void> {
    this.before = before;
    this.stream = await openExport(app.readExport());
    this.steps = this.start(before.note);
  }

  private start(earlier: string | undefined): AsyncGenerator<number, VerifyReport> {
    const { stream } = this;
    const { archive, app } = this.source;
    const options = {
      ...this.options,
      earlier,
      // A running app's newest checkpoint may have the cosignatures that those of the export don't have yet.
      allowUncosigned: app !== undefined,
      ...(this.wantsEntries && { onEntry: this.takerOf(this.before?.size ?? 0) }),
    };
    if (stream) return verifyExportSteps(stream, this.key, { ...options, archive });
    if (!archive) throw new Error('nothing to verify');
    return verifyArchiveSteps(archive, this.key, options);
  }

  /** @param first position of the first entry that was not taken before */
  private takerOf(first: number): VerifyOptions['onEntry'] {
    return (position, bytes) => {
      if (position >= first) this.entries.push({ position, bytes: Buffer.from(bytes) });
    };
  }
}
