import { dirname, relative, resolve } from 'node:path';
import { removeTokens } from '@integument/contracts';
import { identify, isAlive } from '../../run/process-identity.js';
import { EXIT, Failure, WrongUse } from '../failure.js';
import type { Interruption } from '../interruption.js';
import type { Progress } from '../progress.js';
import { RowRefusal, refusedColumns, refusedRow } from '../rows/refused.js';
import type { Format } from '../rows/row.js';
import { RowFile, refuseExisting } from '../rows/row-file.js';
import { Source } from '../rows/source.js';
import type { Vault } from '../vault-client.js';
import { type Chunk, chunksOf, type PreparedRow } from './chunks.js';
import { chunkKey, type ImportState, importId, isForgotten, newRun, readState, writeState } from './state.js';
import type { RouteResult, Settled, Target } from './target.js';

export interface ImportJob {
  readonly file: string;
  readonly format: Format;
  readonly delimiter: string;
  readonly target: Target;
  /** columns that must not be kept, each of which there has to be */
  readonly drop: readonly string[];
  /** whose vault it goes to, and as whom: another one's chunks are others */
  readonly destination: string;
  readonly out: string;
  readonly refused: string;
  readonly state: string;
  /** a chunk that was under way a day ago may be sent again */
  readonly acceptRepeat: boolean;
}

export interface ImportTools {
  readonly vault: Vault;
  readonly progress: Progress;
  readonly interruption: Interruption;
  readonly now: () => Date;
}

export type ImportCounts = Pick<ImportState, 'kept' | 'read' | 'refused'>;

/**
 * Imports a file, or goes on where an import of it was stopped or killed. In memory there is one chunk at a time.
 *
 * For each chunk: what is under way is written down; the vault does it, once, whoever sends it how often; the rows are written
 * and made durable; then the chunk is acknowledged. A kill in between leaves rows that nobody acknowledged, which are cut off.
 * @throws {Failure} with the state kept
 */
export async function importFile(job: ImportJob, tools: ImportTools): Promise<ImportCounts> {
  const source = await Source.open(job.file, job.format, job.delimiter);
  try {
    const state = await begunState(job, source, tools.now());
    if (state.finished) return state;
    const files = await openFiles(job, source, state);
    const run = new Run(job, source, files, tools, state);
    return await run.toEnd().finally(() => Promise.all([files.out.close(), files.refused.close()]));
  } finally {
    await source.close();
  }
}

interface Files {
  readonly out: RowFile;
  readonly refused: RowFile;
}

class Run {
  constructor(
    private readonly job: ImportJob,
    private readonly source: Source,
    private readonly files: Files,
    private readonly tools: ImportTools,
    private state: ImportState,
  ) {}

  async toEnd(): Promise<ImportCounts> {
    const { progress, interruption } = this.tools;
    progress.begin(this.state.rows, this.state.read);
    try {
      for await (const chunk of chunksOf(this.source.rows(this.state.place), this.job.target)) {
        interruption.check();
        await this.source.check();
        await this.take(chunk);
        progress.at(this.state.read, `${this.state.refused} refused`);
      }
      this.keep({ finished: true, holder: null });
      return this.state;
    } finally {
      progress.end();
    }
  }

  private async take(chunk: Chunk): Promise<void> {
    // Since the chunk was first sent, not since it was last: the vault's memory of it is no longer for being asked again.
    this.keep({ sending: this.state.sending ?? this.tools.now().toISOString() });
    const settled = this.settle(chunk, await this.send(chunk));
    await this.removeOrphans(settled.flatMap(({ orphans }) => orphans));
    const rows = chunk.rows.map((one, at) => ({ row: one.row, kept: settled[at]?.kept ?? new Map() }));
    const kept = rows.flatMap((one) => (one.kept instanceof RowRefusal ? [] : [one.kept]));
    const refused = rows.flatMap((one) =>
      one.kept instanceof RowRefusal ? [refusedRow(one.row, one.kept)] : [],
    );
    await this.files.out.append(kept);
    await this.files.refused.append(refused);
    this.acknowledge(chunk, kept.length);
  }

  private async send({ entries }: Chunk): Promise<readonly RouteResult[]> {
    if (entries.length === 0) return [];
    const { target } = this.job;
    const idempotencyKey = chunkKey(this.state);
    const { results } = await this.tools.vault.call(target.route, {
      body: target.body(entries),
      idempotencyKey,
    });
    if (results.length !== entries.length) throw new Failure('the vault did not answer for each row');
    return results;
  }

  private settle({ rows }: Chunk, results: readonly RouteResult[]): Settled[] {
    let next = 0;
    return rows.map(({ row, prepared }: PreparedRow) => {
      if (prepared instanceof RowRefusal) return { kept: prepared, orphans: [] };
      const own = results.slice(next, next + prepared.entries.length);
      next += own.length;
      return this.job.target.settle(row, own);
    });
  }

  /** Before the acknowledgement: after a kill the same are found again. */
  private async removeOrphans(tokens: readonly string[]): Promise<void> {
    if (tokens.length > 0) await this.tools.vault.call(removeTokens, { body: JSON.stringify({ tokens }) });
  }

  private acknowledge(chunk: Chunk, kept: number): void {
    const { chunk: number, read, kept: before, refused, run } = this.state;
    this.keep({
      chunk: number + 1,
      run: run ?? newRun(),
      read: read + chunk.rows.length,
      kept: before + kept,
      refused: refused + chunk.rows.length - kept,
      place: chunk.end,
      files: { out: this.files.out.bytes, refused: this.files.refused.bytes },
      sending: null,
    });
  }

  private keep(change: Partial<ImportState>): void {
    this.state = { ...this.state, ...change };
    writeState(this.job.state, this.state);
  }
}

/** @throws {WrongUse} where the state is another import's, or where files are in the way */
async function begunState(job: ImportJob, source: Source, now: Date): Promise<ImportState> {
  const found = readState(job.state);
  if (!found) return newState(job, source);
  const id = importId(await source.digest(), job.format, job.delimiter, job.target.identity, job.destination);
  if (found.import !== id) {
    throw new WrongUse(
      `${job.state} is the state of another import: of another file, mapping, vault or client`,
    );
  }
  // Others would be cut to the length that these had.
  if (JSON.stringify(found.paths) !== JSON.stringify(pathsOf(job))) {
    throw new WrongUse('this import was begun with another --out or --refused');
  }
  if (found.finished) return found;
  const forgotten = isForgotten(found, now);
  if (forgotten && !job.acceptRepeat) {
    throw new Failure(
      `a chunk was under way when this import was stopped, more than a day ago, and would be done twice if it was done: see docs/moving-in.md, or accept that with --accept-repeat`,
    );
  }
  const { holder } = found;
  if (holder && holder.pid !== process.pid && isAlive(holder)) {
    throw new WrongUse(`the process ${holder.pid} is at this import`);
  }
  const sending = forgotten ? null : found.sending;
  const taken = { ...found, sending, holder: identify(process.pid) ?? null };
  writeState(job.state, taken);
  return taken;
}

function pathsOf({ state, out, refused }: ImportJob): ImportState['paths'] {
  const from = (path: string) => relative(dirname(resolve(state)), resolve(path));
  return { out: from(out), refused: from(refused) };
}

async function newState(job: ImportJob, source: Source): Promise<ImportState> {
  refuseExisting([job.out, job.refused]);
  job.target.keptColumns(source.columns ?? []);
  const missing = new Set([...job.target.columns, ...job.drop]);
  for (const name of source.columns ?? []) missing.delete(name);
  const survey = await source.survey(({ cells }) => {
    if (missing.size > 0) for (const name of cells.keys()) missing.delete(name);
  });
  const [absent] = missing;
  if (survey.rows === 0) throw new WrongUse('the file has no rows');
  if (absent !== undefined) throw new WrongUse(`there is no column “${absent}” in the file`);
  const { target, destination, format, delimiter } = job;
  const state: ImportState = {
    version: 3,
    run: newRun(),
    import: importId(survey.digest, format, delimiter, target.identity, destination),
    ...{ rows: survey.rows, chunk: 0, read: 0, kept: 0, refused: 0, place: source.start },
    ...{
      files: { out: 0, refused: 0 },
      paths: pathsOf(job),
      sending: null,
      finished: false,
      holder: identify(process.pid) ?? null,
    },
  };
  // Before the files: whoever is killed in between finds them under this state.
  writeState(job.state, state);
  return state;
}

async function openFiles(job: ImportJob, source: Source, { files }: ImportState): Promise<Files> {
  const columns = source.columns ?? [];
  const kept = job.target.keptColumns(columns);
  return {
    out: await RowFile.open(job.out, job.format, kept, files.out),
    refused: await RowFile.open(job.refused, job.format, refusedColumns(columns), files.refused),
  };
}

export const exitOf = ({ refused }: ImportCounts) => (refused > 0 ? EXIT.someLeft : EXIT.done);
