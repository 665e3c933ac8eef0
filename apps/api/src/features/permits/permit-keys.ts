import { type GateId, permitKeys } from '@integument/contracts';
import { bytesKey, deriveKey, encodeId } from '@integument/crypto';
import { LRUCache } from 'lru-cache';
import type { VaultClient } from '../../platform/vault-client.js';
import type { Gate } from './permits.store.js';

/** How long a key is kept after the vault gave it. */
export const CACHE_MS = 60_000;
const CACHE_SIZE = 50_000;
const BATCH = 1_000;

interface CachedKey {
  /** of the gate when the key was handed out; another epoch asks the vault again */
  readonly epoch: number;
  readonly key: Buffer;
}

/** Why a key is asked for; the vault gives a frozen permit's only for the last two. */
type KeyUse = 'process' | 'rights' | 'forget';

/**
 * The keys health data is sealed under: HKDF of the permit's key, which only the vault keeps, and a secret that only the
 * API has. Neither a dump of both databases nor one of the two processes alone can make them.
 *
 * A cached key opens nothing by itself: every read and effect asks the gate in its own transaction.
 */
export class PermitKeys {
  readonly #cache: LRUCache<string, CachedKey>;

  constructor(
    private readonly vault: VaultClient,
    private readonly platformSecret: Buffer,
    steadyNow: () => number = () => performance.now(),
  ) {
    // Without a resolution of its own: it would go by a moment that a busy process remembers for longer.
    const perf = { now: steadyNow };
    this.#cache = new LRUCache({ max: CACHE_SIZE, ttl: CACHE_MS, ttlResolution: 0, perf });
  }

  /** @returns the key, or null where the vault gives none for this use any more */
  async find(gate: Gate, use: KeyUse = 'process'): Promise<Buffer | null> {
    return (await this.findMany([gate], use)).get(gateName(gate)) ?? null;
  }

  /** @returns keys by the gate's name; a gate whose key the vault does not give for this use is left out */
  async findMany(gates: readonly Gate[], use: KeyUse = 'process'): Promise<Map<string, Buffer>> {
    const found = new Map<string, Buffer>();
    const missing: Gate[] = [];
    for (const gate of gates) {
      const cached = use === 'process' ? this.#cache.get(cacheName(gate)) : undefined;
      if (cached?.epoch === gate.epoch) found.set(gateName(gate), cached.key);
      else missing.push(gate);
    }
    for (let at = 0; at < missing.length; at += BATCH) {
      await this.fetch(missing.slice(at, at + BATCH), use, found);
    }
    return found;
  }

  forget(gate: Gate): void {
    this.#cache.delete(cacheName(gate));
  }

  /** @param key as the vault handed it out */
  derive({ purpose }: Gate, key: string): Buffer {
    return deriveKey(Buffer.from(key, 'base64url'), `permit-data/${purpose}`, this.platformSecret);
  }

  private async fetch(gates: readonly Gate[], use: KeyUse, found: Map<string, Buffer>): Promise<void> {
    const { keys } = await this.vault.call(permitKeys, { body: { gates: gates.map(gateName), use } });
    const byName = new Map(gates.map((gate) => [gateName(gate), gate]));
    for (const { gate: name, key, epoch } of keys) {
      const gate = byName.get(name);
      if (!gate) continue;
      const derived = this.derive(gate, key);
      found.set(gateName(gate), derived);
      if (use === 'process' && epoch === gate.epoch)
        this.#cache.set(cacheName(gate), { epoch, key: derived });
    }
  }
}

export function gateName(gate: { readonly gate_id: Buffer }): GateId {
  return encodeId('gat', gate.gate_id) as GateId;
}

function cacheName(gate: Gate): string {
  return bytesKey(gate.gate_id);
}
