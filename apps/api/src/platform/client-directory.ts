import { client } from '@integument/authz';
import { readClient } from '@integument/contracts';
import { LRUCache } from 'lru-cache';
import type { HealthClient } from './callers.js';
import { type VaultClient, VaultRefused } from './vault-client.js';

const KEPT_MS = 10_000;

/** Health clients as callers. The registry is the vault's; what it says is kept for ten seconds. */
export class ClientDirectory {
  readonly #known = new LRUCache<string, HealthClient>({ max: 1_000, ttl: KEPT_MS });
  readonly #asked = new Map<string, Promise<HealthClient | null>>();

  constructor(private readonly vault: VaultClient) {}

  /** @returns the same object while it is kept; null for a client that is not registered for health */
  find(clientId: string): HealthClient | Promise<HealthClient | null> {
    const known = this.#known.get(clientId);
    if (known) return known;
    const asked = this.#asked.get(clientId) ?? this.ask(clientId);
    this.#asked.set(clientId, asked);
    return asked;
  }

  private async ask(clientId: string): Promise<HealthClient | null> {
    try {
      const { purposes, dpop } = await this.vault.call(readClient, { params: { client: clientId } });
      const caller = client({ clientId, use: 'health', purposes, dpop });
      this.#known.set(clientId, caller);
      return caller;
    } catch (error) {
      if (error instanceof VaultRefused) return null;
      throw error;
    } finally {
      this.#asked.delete(clientId);
    }
  }
}
