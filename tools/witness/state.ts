import { createHash } from 'node:crypto';
import { link, mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type Checkpoint,
  checkpointTextOf,
  EMPTY_ROOT,
  formatCheckpoint,
  type WitnessSigner,
} from '../../libs/audit-log/src/core/index.js';

/** What was cosigned last of one log. */
export interface Held {
  readonly checkpoint: Checkpoint;
  /** as the log signed it, with our cosignature; of a log that nothing was cosigned of yet, the empty one with ours alone */
  readonly note: string;
}

/** What the witness must never forget. */
export interface WitnessState {
  load(origin: string): Promise<Held>;
  /** Resolves once the note would be found again after a power cut. */
  save(origin: string, note: string): Promise<void>;
  /** Keeps what speaks against a log. @returns the file's name, null where enough of its kind are kept */
  keepEvidence(origin: string, kind: EvidenceKind, evidence: object): Promise<string | null>;
}

/** `conflict`: two heads of one size, both signed, which proves a fork. `unproved`: a signed head whose proof didn't hold. */
export type EvidenceKind = 'conflict' | 'unproved';

/** The state is missing or not what we wrote. Going on from an empty one could cosign a fork, so the witness doesn't. */
export class StateLost extends Error {
  override readonly name = 'StateLost';
}

// Whoever has the log's key can make any number of them.
const EVIDENCE_MAX = 100;
const PRIVATE_FOLDER = 0o700;

/** The name under which a log's files stand: hex of SHA-256 of its origin. */
export function logId(origin: string): string {
  return createHash('sha256').update(origin).digest('hex');
}

/**
 * A folder with one small file for each log: the note that was cosigned last. Our own cosignature in it is what a changed or
 * half-written file doesn't have.
 */
export class StateFolder implements WitnessState {
  constructor(
    private readonly folder: string,
    private readonly signer: WitnessSigner,
  ) {}

  /** Makes the folder. @throws where there is something of that name already */
  async create(): Promise<void> {
    await mkdir(this.folder, { mode: PRIVATE_FOLDER });
  }

  /** Begins a log at the empty tree. @throws {StateLost} if it has begun already: it would forget what was cosigned */
  async begin(origin: string, time: number): Promise<void> {
    const text = formatCheckpoint({ origin, size: 0, root: EMPTY_ROOT });
    const unfinished = await this.write(origin, `${text}\n${this.signer.cosign(text, time)}`);
    try {
      // Unlike a renaming, a link never replaces.
      await link(unfinished, this.path(origin));
    } catch (cause) {
      throw new StateLost(`${origin} cannot begin here`, { cause });
    } finally {
      await rm(unfinished, { force: true });
    }
    await this.flush();
  }

  async load(origin: string): Promise<Held> {
    const note = await readFile(this.path(origin), 'utf8').catch((cause: unknown) => {
      throw new StateLost(`the state of ${origin} cannot be read`, { cause });
    });
    const checkpoint = this.read(note);
    if (checkpoint?.origin !== origin) throw new StateLost(`the state of ${origin} is damaged`);
    return { checkpoint, note };
  }

  async save(origin: string, note: string): Promise<void> {
    await rename(await this.write(origin, note), this.path(origin));
    await this.flush();
  }

  async keepEvidence(origin: string, kind: EvidenceKind, evidence: object): Promise<string | null> {
    const folder = join(this.folder, `${logId(origin)}.evidence`);
    await mkdir(folder, { recursive: true, mode: PRIVATE_FOLDER });
    const text = `${JSON.stringify(evidence, null, 2)}\n`;
    const name = `${kind}-${createHash('sha256').update(text).digest('hex').slice(0, 32)}.json`;
    const kept = (await readdir(folder)).filter((file) => file.startsWith(kind));
    if (kept.includes(name)) return join(folder, name);
    if (kept.length >= EVIDENCE_MAX) return null;
    await writeDurably(join(folder, name), text);
    await flushFolder(folder);
    await this.flush();
    return join(folder, name);
  }

  private read(note: string): Checkpoint | null {
    try {
      return this.signer.verifier.find(note) ? checkpointTextOf(note).checkpoint : null;
    } catch {
      return null;
    }
  }

  private async write(origin: string, note: string): Promise<string> {
    const unfinished = `${this.path(origin)}.unfinished`;
    await rm(unfinished, { force: true });
    await writeDurably(unfinished, note);
    return unfinished;
  }

  private path(origin: string): string {
    return join(this.folder, `${logId(origin)}.note`);
  }

  private flush(): Promise<void> {
    return flushFolder(this.folder);
  }
}

async function writeDurably(path: string, text: string): Promise<void> {
  const file = await open(path, 'w', 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}

async function flushFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
