import {
  NoteInvalid,
  type NoteVerifier,
  openNote,
  verifyConsistency,
  type WitnessSigner,
} from '../../libs/audit-log/src/core/index.js';
import { type AddCheckpoint, parseAddCheckpoint, RequestMalformed } from './request.js';
import type { TrustedLog } from './settings.js';
import { type EvidenceKind, type Held, logId, type WitnessState } from './state.js';

/** What goes back to the client. */
export interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

export interface WitnessOptions {
  readonly signer: WitnessSigner;
  readonly logs: readonly TrustedLog[];
  readonly state: WitnessState;
  readonly clock: () => Date;
  /** told of what its operator should look at */
  readonly say: (line: string) => void;
}

/**
 * Cosigns a log's checkpoints as long as each continues the last one that it cosigned. Source: C2SP tlog-witness.
 *
 * Of one log it looks at one checkpoint at a time, and the new one is on disk before the answer leaves: neither two requests at once nor a
 * kill can make it cosign two heads that don't belong to one history.
 */
export class Witness {
  private readonly options: WitnessOptions;
  private readonly logs: ReadonlyMap<string, TrustedLog>;
  private readonly turns = new Map<string, Promise<unknown>>();

  constructor(options: WitnessOptions) {
    this.options = options;
    this.logs = new Map(options.logs.map((log) => [log.origin, log]));
  }

  /** @throws {StateLost} or an I/O error, before anything was cosigned */
  async addCheckpoint(body: Uint8Array): Promise<Answer> {
    const request = tryParse(body);
    if (!request) return refusal(400, 'not an add-checkpoint request');
    const { oldSize, checkpoint } = request;
    const log = this.logs.get(checkpoint.origin);
    if (!log) return refusal(404, 'not a log of this witness');
    const signatures = signaturesOf(request, log.keys);
    if (signatures === '') return refusal(403, 'no signature of a key of this log');
    if (oldSize > checkpoint.size) return refusal(400, 'the old size is larger than the checkpoint’s');
    return this.inTurn(log.origin, () => this.cosign(request, signatures));
  }

  /** The note that was cosigned last, for auditors. @param id see {@link logId} @returns null for another log, or none yet */
  async findCosigned(id: string): Promise<string | null> {
    const log = [...this.logs.keys()].find((origin) => logId(origin) === id);
    if (log === undefined) return null;
    const { checkpoint, note } = await this.options.state.load(log);
    return checkpoint.size === 0 ? null : note;
  }

  private async cosign(request: AddCheckpoint, signatures: string): Promise<Answer> {
    const { signer, state, clock } = this.options;
    const { checkpoint, text } = request;
    // Read again each time: what is on disk is what the next start will know.
    const held = await state.load(checkpoint.origin);
    const { size } = held.checkpoint;
    if (isFork(held, request)) await this.keep('conflict', held, request);
    if (isFork(held, request) || request.oldSize !== size) return conflict(size);
    if (!continues(held, request)) {
      await this.keep('unproved', held, request);
      return refusal(422, 'the consistency proof does not hold');
    }
    const line = signer.cosign(text, Math.floor(clock().getTime() / 1000));
    if (checkpoint.size > size) await state.save(checkpoint.origin, `${text}\n${signatures}${line}`);
    return { status: 200, type: 'text/plain; charset=utf-8', body: line };
  }

  // Without the proof: it shows nothing, and anybody can send the same note with as many proofs as would fill the folder.
  private async keep(kind: EvidenceKind, held: Held, { checkpoint, note }: AddCheckpoint): Promise<void> {
    const evidence = { origin: checkpoint.origin, held: held.note, refused: note };
    const file = await this.options.state.keepEvidence(checkpoint.origin, kind, evidence);
    const what = kind === 'conflict' ? 'a fork' : 'a checkpoint that does not continue the last one';
    this.options.say(
      `refused ${what} of ${checkpoint.origin}, kept in ${file ?? 'no file: there are enough'}`,
    );
  }

  // Checked and written in one go: otherwise two requests that were checked against the same state would both be cosigned.
  private inTurn<T>(origin: string, work: () => Promise<T>): Promise<T> {
    const before = this.turns.get(origin) ?? Promise.resolve();
    const result = before.then(work);
    this.turns.set(
      origin,
      result.catch(() => undefined),
    );
    return result;
  }
}

function tryParse(body: Uint8Array): AddCheckpoint | null {
  try {
    return parseAddCheckpoint(body);
  } catch (error) {
    if (error instanceof RequestMalformed) return null;
    throw error;
  }
}

/** @returns the note's first good signature line of each key; empty where there is none */
function signaturesOf({ note, text }: AddCheckpoint, keys: readonly NoteVerifier[]): string {
  const lines = note.slice(text.length + 1).split(/(?<=\n)/);
  return keys.map((key) => lines.find((line) => isSigned(`${text}\n${line}`, key)) ?? '').join('');
}

function isSigned(note: string, key: NoteVerifier): boolean {
  try {
    openNote(note, key);
    return true;
  } catch (error) {
    if (error instanceof NoteInvalid) return false;
    throw error;
  }
}

function isFork({ checkpoint: held }: Held, { checkpoint }: AddCheckpoint): boolean {
  return held.size === checkpoint.size && !Buffer.from(held.root).equals(checkpoint.root);
}

function continues({ checkpoint: held }: Held, { checkpoint, proof }: AddCheckpoint): boolean {
  // Everything continues the empty log; there is no proof of it, and none may be sent.
  if (held.size === 0) return proof.length === 0;
  return verifyConsistency(held.size, checkpoint.size, proof, held.root, checkpoint.root);
}

function conflict(size: number): Answer {
  return { status: 409, type: 'text/x.tlog.size', body: `${size}\n` };
}

function refusal(status: number, why: string): Answer {
  return { status, type: 'text/plain; charset=utf-8', body: `${why}\n` };
}
