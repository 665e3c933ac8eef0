import { NoteInvalid, type WitnessVerifier } from '../core/index.js';
import { type Anchor, AnchorConflict, type AnchoredCheckpoint, AnchorRefused } from './anchor.js';
import { type Log, reaching } from './continued.js';
import { type HttpAnswer, isAnchorUrl, post } from './http-post.js';

export interface WitnessAnchorOptions {
  /** the witness's submission prefix, without `/add-checkpoint`; https, or http on loopback */
  readonly url: string;
  readonly verifier: WitnessVerifier;
  readonly log: Log;
}

/** Asked for once with what we know, once with what it says, and twice more while other processes ask it too. */
const ATTEMPTS = 4;
const SIZE = /^(0|[1-9][0-9]{0,15})\n$/;

/**
 * Has checkpoints cosigned by a witness. Source: C2SP tlog-witness, `add-checkpoint`.
 *
 * A witness remembers the newest checkpoint that it cosigned, and cosigns only what continues it. So it is also who notices that the
 * database was rolled back, or holds another history under the same key.
 */
export class WitnessAnchor implements Anchor {
  readonly name: string;
  private readonly endpoint: string;
  private readonly verifier: WitnessVerifier;
  private readonly log: Log;

  /** @throws {RangeError} for an address that won't do */
  constructor({ url, verifier, log }: WitnessAnchorOptions) {
    if (!isAnchorUrl(url)) throw new RangeError('not the address of a witness');
    this.endpoint = `${url.replace(/\/+$/, '')}/add-checkpoint`;
    this.verifier = verifier;
    this.log = log;
    this.name = `witness-${verifier.name}`;
  }

  async anchor(checkpoint: AnchoredCheckpoint, signal: AbortSignal): Promise<void> {
    let due = checkpoint;
    // Only a guess: the answer to what it cosigned last may have been lost, and a database may be older than it believes.
    let old = Math.min(await this.log.checkpoints.cosignedSize(this.verifier.name), due.size);
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const answer = await this.submit(old, due, signal);
      if (answer.status === 200) return this.keep(due, answer.body);
      old = heldSize(answer, old, due);
      due = await reaching(old, due, this.log);
    }
    throw new AnchorRefused('the witness says another size each time');
  }

  private async submit(old: number, due: AnchoredCheckpoint, signal: AbortSignal): Promise<HttpAnswer> {
    const proof = old === 0 || old === due.size ? [] : await this.log.proofs.consistency(old, due.size);
    const lines = proof.map((hash) => `${Buffer.from(hash).toString('base64')}\n`);
    const body = `old ${old}\n${lines.join('')}\n${due.note}`;
    return post(this.endpoint, body, { 'content-type': 'text/plain; charset=utf-8' }, signal);
  }

  private async keep({ size, note }: AnchoredCheckpoint, answer: string): Promise<void> {
    const line = this.ownLine(note, answer);
    await this.log.checkpoints.storeCosignature({ size, witness: this.verifier.name, line });
  }

  /** The answer may hold lines of keys that we don't know; they are ignored, as the specification demands. */
  private ownLine(note: string, answer: string): string {
    for (const line of answer.split(/(?<=\n)/)) {
      try {
        if (this.verifier.find(note + line)) return line;
      } catch (error) {
        if (!(error instanceof NoteInvalid)) throw error;
      }
    }
    throw new AnchorRefused('the witness’s answer has no cosignature of its key on this checkpoint');
  }
}

/** @returns the size that the witness says it has, which isn't the one it was asked with @throws {AnchorConflict} */
function heldSize({ status, body }: HttpAnswer, old: number, due: AnchoredCheckpoint): number {
  // It looks at the proof only once it has agreed on the old size: what it cosigned is not our beginning.
  if (status === 422) throw new AnchorConflict('audit.forked');
  if (status !== 409) throw new AnchorRefused(`the witness answered ${status}`);
  const [, text] = SIZE.exec(body) ?? [];
  const held = text === undefined ? undefined : Number(text);
  // Agreed on the size, and it is the same as ours: then its root is another one.
  if (old === due.size && (held === undefined || held === old)) throw new AnchorConflict('audit.forked');
  if (held === undefined || held === old) throw new AnchorRefused('the witness does not say its size');
  return held;
}
