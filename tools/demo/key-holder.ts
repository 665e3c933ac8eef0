import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type GateId, type ModelKeyId, permitKeys, readModelKey } from '@integument/contracts';
import { deriveKey } from '@integument/crypto';
import type { PlatformInfo } from '@integument/testing';
import { ask, Refused } from '../outside/ask.js';
import type { Visitor } from '../outside/visitor.js';

const AT_ONCE = 1_000;
const USES = ['process', 'rights', 'forget'] as const;
export type KeyUse = (typeof USES)[number];

/** What the data plane has: its half of every key in a file, and leave to ask the vault for the other half. */
export class KeyHolder {
  readonly #secret: Buffer;

  constructor(
    private readonly visitor: Visitor,
    private readonly info: PlatformInfo,
  ) {
    const file = join(info.dataFolder, 'api', 'platform.secret');
    this.#secret = Buffer.from(readFileSync(file, 'utf8').trim(), 'base64url');
  }

  /** The vault's halves that it still gives for these gates, by gate. */
  async permitHalves(gates: readonly string[], use: KeyUse): Promise<Map<string, Buffer>> {
    const halves = new Map<string, Buffer>();
    for (let at = 0; at < gates.length; at += AT_ONCE) {
      const body = { gates: gates.slice(at, at + AT_ONCE) as GateId[], use };
      const { keys } = await ask(this.visitor, this.info.urls.vaultInternal, permitKeys, { body });
      for (const { gate, key } of keys) halves.set(gate, Buffer.from(key, 'base64url'));
    }
    return halves;
  }

  /** @returns null where the vault has no such key any more */
  async modelHalf(modelKey: string): Promise<Buffer | null> {
    const params = { modelKey: modelKey as ModelKeyId };
    const answer = await ask(this.visitor, this.info.urls.vaultInternal, readModelKey, { params }).catch(
      (error: unknown) => {
        if (error instanceof Refused && error.exchange.status === 404) return null;
        throw error;
      },
    );
    return answer && Buffer.from(answer.key, 'base64url');
  }

  permitKey(half: Buffer, purpose: string): Buffer {
    return deriveKey(half, `permit-data/${purpose}`, this.#secret);
  }

  modelKey(half: Buffer): Buffer {
    return deriveKey(half, 'model-snapshot', this.#secret);
  }

  /** Every key that can be made of what the vault still gives, whatever it was meant for. */
  async everyKey(gates: readonly string[], modelKeys: readonly string[]): Promise<Buffer[]> {
    const halves: Buffer[] = [];
    for (const use of USES) halves.push(...(await this.permitHalves(gates, use)).values());
    for (const modelKey of modelKeys) {
      const half = await this.modelHalf(modelKey);
      if (half) halves.push(half);
    }
    const distinct = [...new Map(halves.map((half) => [half.toString('hex'), half])).values()];
    return distinct.flatMap((half) => [
      half,
      this.permitKey(half, 'ingest'),
      this.permitKey(half, 'recommendation'),
      this.permitKey(half, 'analytics'),
      this.modelKey(half),
    ]);
  }
}
