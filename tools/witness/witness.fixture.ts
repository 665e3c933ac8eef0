import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FixedClock } from '@integument/testing';
import { proofOf } from '../../libs/audit-log/src/anchors/leaf-proofs.fixture.js';
import {
  generateNoteKey,
  generateWitnessKey,
  leafHash,
  NoteSigner,
  NoteVerifier,
  signCheckpoint,
  subtreeRoot,
  WitnessSigner,
} from '../../libs/audit-log/src/core/index.js';
import { serveWitness, type WitnessServer } from './server.js';
import { StateFolder, type WitnessState } from './state.js';
import { type Answer, Witness } from './witness.js';

/** A made-up history of a log. Two with the same beginning are a fork. */
export class History {
  constructor(readonly leaves: readonly Uint8Array[]) {}

  static of(...entries: string[]): History {
    return new History(entries.map((entry) => leafHash(Buffer.from(entry))));
  }

  root(size: number): Uint8Array {
    return subtreeRoot(this.leaves.slice(0, size));
  }

  note(size: number, signer: NoteSigner): string {
    return signCheckpoint({ size, root: this.root(size) }, signer);
  }

  proof(from: number, to: number): Uint8Array[] {
    return from === 0 || from === to ? [] : proofOf(this.leaves, from, to);
  }
}

export function requestBody(old: number | string, proof: readonly Uint8Array[], note: string): string {
  return `old ${old}\n${proof.map((hash) => `${Buffer.from(hash).toString('base64')}\n`).join('')}\n${note}`;
}

/** A witness with a state folder of its own, which can be ended and begun again. */
export class TestWitness {
  readonly clock = new FixedClock();
  readonly said: string[] = [];
  readonly folder = mkdtempSync(join(tmpdir(), 'witness-'));
  readonly signer: WitnessSigner;
  readonly state: StateFolder;
  witness: Witness;
  private server: WitnessServer | undefined;
  private port = 0;

  private constructor(
    name: string,
    private readonly keys: readonly NoteVerifier[],
  ) {
    this.signer = WitnessSigner.parse(generateWitnessKey(name).skey);
    this.state = new StateFolder(join(this.folder, 'state'), this.signer);
    this.witness = this.over(this.state);
  }

  /** @param keys of one log */
  static async begin(keys: readonly NoteVerifier[], name = 'witness.example/w1'): Promise<TestWitness> {
    const witness = new TestWitness(name, keys);
    await witness.state.create();
    await witness.state.begin(witness.origin, 0);
    return witness;
  }

  get origin(): string {
    return this.keys[0]?.name ?? '';
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  over(state: WitnessState, keys = this.keys): Witness {
    const logs = [{ origin: this.origin, keys }];
    return new Witness({
      signer: this.signer,
      logs,
      state,
      clock: this.clock.now,
      say: (line) => this.said.push(line),
    });
  }

  /** Listens, on the same port after a restart. What is served is the witness there is at each request. */
  async listen(): Promise<void> {
    const now = {
      addCheckpoint: (body: Uint8Array) => this.witness.addCheckpoint(body),
      findCosigned: (id: string) => this.witness.findCosigned(id),
    };
    const say = (line: string) => this.said.push(line);
    this.server = await serveWitness(now, { host: '127.0.0.1', port: this.port, say });
    this.port = this.server.port;
  }

  /** A process that starts: it knows what is on disk and nothing else. */
  restart(): void {
    this.witness = this.over(new StateFolder(join(this.folder, 'state'), this.signer));
  }

  /** As if killed at the next checkpoint, on disk already and not answered yet. */
  dieAfterSaving(): void {
    const { state } = this;
    this.witness = this.over({
      load: (origin) => state.load(origin),
      keepEvidence: (...evidence) => state.keepEvidence(...evidence),
      save: async (origin, note) => {
        await state.save(origin, note);
        this.restart();
        throw new Error('killed');
      },
    });
  }

  ask(old: number | string, proof: readonly Uint8Array[], note: string): Promise<Answer> {
    return this.witness.addCheckpoint(Buffer.from(requestBody(old, proof, note)));
  }

  /** Asks as an honest log does that knows the witness's size. */
  extend(history: History, old: number, size: number, signer: NoteSigner): Promise<Answer> {
    return this.ask(old, history.proof(old, size), history.note(size, signer));
  }

  async end(): Promise<void> {
    await this.server?.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

export function newLogKey(origin = 'log.example/audit'): NoteSigner {
  return NoteSigner.parse(generateNoteKey(origin).skey);
}
