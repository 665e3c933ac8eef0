import { setTimeout as sleep } from 'node:timers/promises';
import {
  fromBase64,
  readCheckpointUnverified,
  type Verified,
  type VerifyReport,
  verifyContinuation,
  type WitnessOptions,
} from '../../libs/audit-log/src/core/index.js';
import type { AppConnection } from '../auditor/app-connection.js';
import type { Machine } from '../auditor/machine.js';

/** A running app's log, read over HTTP. */
export class RunningApp {
  constructor(
    private readonly connection: AppConnection,
    private readonly machine: Pick<Machine, 'patienceMs' | 'witnessMs'>,
  ) {}

  /** The export as it comes, piece by piece. */
  async *readExport(): AsyncGenerator<Uint8Array> {
    const asked = { path: 'v1/audit/export', as: 'auditor' } as const;
    const { pieces, close } = await this.connection.stream(asked, this.machine.patienceMs);
    try {
      yield* pieces;
    } finally {
      close();
    }
  }

  /**
   * Verifies that the app's newest checkpoint continues what was exported. That reading left an entry, so a log that nobody has
   * used for hours is signed again by now, and soon cosigned: for that the witnesses are given some time.
   */
  async verifyNewest(report: Verified, options: WitnessOptions): Promise<VerifyReport> {
    const end = performance.now() + this.machine.witnessMs;
    for (;;) {
      const newest = await this.compareNewest(report, options);
      if (newest.ok || !newest.code.startsWith('witness.') || performance.now() > end) return newest;
      await sleep(1_000);
    }
  }

  private async compareNewest(report: Verified, options: WitnessOptions): Promise<VerifyReport> {
    const reply = await this.connection.json({ path: 'v1/audit/checkpoint', as: 'anybody' });
    const { note } = reply as { note?: unknown };
    if (typeof note !== 'string') throw new Error('the app’s checkpoint is not in its reply');
    const hashes = await this.proofTo(note, report.size);
    return verifyContinuation(report, { note, hashes }, options);
  }

  /** Nothing is believed of the reply: a wrong size or hash makes a proof that proves nothing. */
  private async proofTo(note: string, from: number): Promise<Uint8Array[]> {
    const to = claimedSize(note);
    if (from === 0 || to <= from) return [];
    const path = `v1/audit/proofs/consistency?from=${from}&to=${to}`;
    const { hashes } = (await this.connection.json({ path, as: 'auditor' })) as { hashes?: unknown };
    if (!Array.isArray(hashes)) throw new Error('the app’s proof is not in its reply');
    return hashes.map((hash) => (typeof hash === 'string' && fromBase64(hash)) || new Uint8Array());
  }
}

function claimedSize(note: string): number {
  try {
    return readCheckpointUnverified(note).size;
  } catch {
    return 0;
  }
}
