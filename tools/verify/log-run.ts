import {
  NoteVerifier,
  type VerifyOptions,
  type VerifyReport,
  verifyArchiveSteps,
  verifyExportSteps,
} from '../../libs/audit-log/src/core/index.js';
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
  private readonly steps: AsyncGenerator<number, VerifyReport>;

  constructor(
    private readonly source: Source,
    key: NoteVerifier,
    private readonly options: VerifyOptions,
    wantsEntries: boolean,
  ) {
    this.name = source.name;
    this.origin = key.name;
    const onEntry = (position: number, bytes: Uint8Array) => {
      this.entries.push({ position, bytes: Buffer.from(bytes) });
    };
    const all = {
      ...options,
      // A running app's newest checkpoint may have the cosignatures that those of the export don't have yet.
      allowUncosigned: source.app !== undefined,
      ...(wantsEntries && { onEntry }),
    };
    this.steps = start(source, key, all);
  }

  /** Verifies some more. @returns whether there was more */
  async step(): Promise<boolean> {
    if (this.report) return false;
    const { done, value } = await this.steps.next();
    if (!done) this.size = value;
    else this.report = await this.complete(value);
    return !done;
  }

  private async complete(report: VerifyReport): Promise<VerifyReport> {
    const { app } = this.source;
    return app && report.ok ? app.verifyNewest(report, this.options) : report;
  }
}

function start(
  { stream, archive }: Source,
  key: NoteVerifier,
  options: VerifyOptions,
): AsyncGenerator<number, VerifyReport> {
  if (stream) return verifyExportSteps(stream, key, { ...options, archive });
  if (!archive) throw new Error('nothing to verify');
  return verifyArchiveSteps(archive, key, options);
}
