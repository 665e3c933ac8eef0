import { type AnswerOf, freezePermit, pendingConsentEndings } from '@integument/contracts';
import { decodeId } from '@integument/crypto';
import type { UnitOfWork } from '@integument/database';
import type { VaultClient } from '../../platform/vault-client.js';
import type { PermitsStore } from '../permits/index.js';
import { freezeOf } from './consent-ending.js';
import type { ConsentExpiry } from './consent-expiry.js';

type Ending = AnswerOf<typeof pendingConsentEndings>['endings'][number];

/**
 * Ends what was agreed to under guardianships that are over: the child is asked anew, by a letter. The vault keeps the list:
 *
 *   consent ended, gate `frozen` → vault freezes, and with that strikes it off
 *
 * The list has one purpose a round, in any order: what is written here together is nobody's alone, but where few end at once.
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
    const { endings } = await this.vault.call(pendingConsentEndings, {});
    const failures: unknown[] = [];
    let ended = 0;
    for (const ending of endings) {
      const isEnded = await this.end(ending).catch((error: unknown) => void failures.push(error));
      if (isEnded) ended++;
    }
    if (failures.length > 0) throw failures[0];
    return ended;
  }

  private async end({ gate: name, epoch }: Ending): Promise<boolean> {
    const id = decodeId('gat', name);
    // An old list: what was agreed to since then goes on.
    const ended = await this.expiry.expire(id, 'guardianships', (gate) => gate.epoch <= epoch);
    const [gate] = await this.unitOfWork.single((tx) => this.gates.findMany(tx, [id]));
    // Still on its way open, or just agreed to anew: nothing to tell yet.
    if (gate?.state === 'opening' || gate?.state === 'open') return false;
    // Of a gate that isn't here nothing can take effect, and nothing would ever take it off the list.
    const closed = Math.max(gate?.epoch ?? 0, epoch + 1);
    await this.vault.call(freezePermit, { body: { ...(gate && freezeOf(gate)), gate: name, epoch: closed } });
    return ended !== null;
  }
}
