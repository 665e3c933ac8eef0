import { CodedError, type PurposeName, sessionPermits } from '@integument/contracts';
import type { ApiPerson, KnownPermit } from '../../platform/callers.js';
import { type VaultClient, VaultRefused } from '../../platform/vault-client.js';

/** Which permits a person has: as their session remembers, and as the vault knows, where another session may have opened one. */
export class KnownPermits {
  constructor(private readonly vault: VaultClient) {}

  inSession({ permits }: ApiPerson, purpose: PurposeName): KnownPermit | null {
    return permits.find((permit) => permit.purpose === purpose) ?? null;
  }

  async inVault(caller: ApiPerson, purpose: PurposeName): Promise<KnownPermit | null> {
    const permits = await this.allInVault(caller);
    return permits.find((permit) => permit.purpose === purpose) ?? null;
  }

  async find(caller: ApiPerson, purpose: PurposeName): Promise<KnownPermit | null> {
    return this.inSession(caller, purpose) ?? (await this.inVault(caller, purpose));
  }

  async allInVault({ content: { session } }: ApiPerson): Promise<KnownPermit[]> {
    const { permits } = await this.vault.call(sessionPermits, { body: { session } }).catch(overtaken);
    return permits;
  }
}

/** The vault refuses because it knows of something later: another change of mind, or an erasure. */
export function overtaken(error: unknown): never {
  if (error instanceof VaultRefused) throw superseded(error);
  throw error;
}

export const superseded = (cause?: unknown) =>
  new CodedError(
    'consent.superseded',
    409,
    'Another change of this consent came first. Look, and try again.',
    { cause },
  );
