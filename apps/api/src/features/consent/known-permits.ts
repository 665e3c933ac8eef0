import {
  type AnswerOf,
  CodedError,
  type GateId,
  type PurposeName,
  sessionPermits,
} from '@integument/contracts';
import type { ApiPerson, KnownPermit } from '../../platform/callers.js';
import { type VaultClient, VaultRefused } from '../../platform/vault-client.js';
import { notGuarded, underAge } from './consent.errors.js';

/** A gate that stands for somebody and a purpose: with a permit behind it, or with a no. */
export interface KnownGate {
  readonly gate: GateId;
  /** as the vault has it of a no; of a permit it is the gate's own that counts */
  readonly epoch: number;
  /** null: nothing was minted, since they said no */
  readonly permit: KnownPermit | null;
}

/** Which permits a person has: as their session remembers, and as the vault knows, where another session may have opened one. */
export class KnownPermits {
  constructor(private readonly vault: VaultClient) {}

  inSession({ permits }: ApiPerson, purpose: PurposeName): KnownPermit | null {
    return permits.find((permit) => permit.purpose === purpose) ?? null;
  }

  async inVault(caller: ApiPerson, purpose: PurposeName): Promise<KnownGate | null> {
    const { permits, declined } = await this.allInVault(caller);
    const permit = permits.find((one) => one.purpose === purpose);
    if (permit) return { gate: permit.gate, epoch: permit.epoch, permit };
    const no = declined.find((one) => one.purpose === purpose);
    return no ? { ...no, permit: null } : null;
  }

  async find(caller: ApiPerson, purpose: PurposeName): Promise<KnownGate | null> {
    const permit = this.inSession(caller, purpose);
    return permit ? { gate: permit.gate, epoch: 0, permit } : this.inVault(caller, purpose);
  }

  async allInVault({ content: { session } }: ApiPerson): Promise<AnswerOf<typeof sessionPermits>> {
    return this.vault.call(sessionPermits, { body: { session } }).catch(refusedByVault);
  }
}

/** Nothing was done, and nothing of this will be: unlike where the vault can't be reached, or knows of a later change. */
export function isRefusedForGood(error: unknown): boolean {
  return error instanceof VaultRefused && error.code !== 'permits.stale_epoch';
}

/**
 * Says what the vault refused: because of who agrees, or because it knows of something later, another change of mind or an erasure.
 * @throws CodedError `consent.under_age`, `consent.not_guarded`, `consent.superseded`; what is no refusal as it is
 */
export function refusedByVault(error: unknown): never {
  if (!(error instanceof VaultRefused)) throw error;
  if (error.code === 'permits.under_age') throw underAge(error);
  if (error.code === 'permits.not_guarded') throw notGuarded(error);
  throw superseded(error);
}

export const superseded = (cause?: unknown) =>
  new CodedError(
    'consent.superseded',
    409,
    'Another change of this consent came first. Look, and try again.',
    { cause },
  );
