import { freezePermit, type GateId, pendingConsentEndings } from '@integument/contracts';
import { decodeId } from '@integument/crypto';
import type { UnitOfWork } from '@integument/database';
import type { VaultClient } from '../../platform/vault-client.js';
import type { PermitsStore } from '../permits/index.js';
import { freezeOf } from './consent-ending.js';
import type { ConsentExpiry } from './consent-expiry.js';

/**
 * Ends what was agreed to under guardianships that are over: the child is asked anew, by a letter. The vault keeps the list:
 *
 *   consent ended, gate `frozen` → vault freezes, and with that strikes it off
 *
 * A crash between leaves it on the list, and a gate that is frozen: the next round only tells the vault again.
 */
export class GuardianshipEndings {
  constructor(
    private readonly expiry: ConsentExpiry,
    private readonly gates: PermitsStore,
    private readonly vault: VaultClient,
    private readonly unitOfWork: UnitOfWork,
  ) {}

  /** One that fails keeps no other waiting: it comes again. @returns how many consents ended */
  async carryOut(): Promise<number> {
    const { gates } = await this.vault.call(pendingConsentEndings, {});
    const failures: unknown[] = [];
    let ended = 0;
    for (const gate of gates) {
      const isEnded = await this.end(gate).catch((error: unknown) => void failures.push(error));
      if (isEnded) ended++;
    }
    if (failures.length > 0) throw failures[0];
    return ended;
  }

  private async end(name: GateId): Promise<boolean> {
    const id = decodeId('gat', name);
    const ended = await this.expiry.expire(id, 'guardianships', () => true);
    const [gate] = await this.unitOfWork.single((tx) => this.gates.findMany(tx, [id]));
    // Still on its way open, or just agreed to anew: nothing to tell yet.
    if (gate && gate.state !== 'opening' && gate.state !== 'open')
      await this.vault.call(freezePermit, { body: freezeOf(gate) });
    return ended !== null;
  }
}
