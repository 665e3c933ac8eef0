import { client } from '@integument/authz';
import type { UnitOfWork } from '@integument/database';
import type { IdentityClient } from '../../platform/callers.js';
import type { RegistryStore } from './registry.store.js';

/** Identity clients as callers, by their id; kept in memory because every request asks. */
export class ClientDirectory {
  #callers = new Map<string, IdentityClient>();

  constructor(
    private readonly store: RegistryStore,
    private readonly unitOfWork: UnitOfWork,
  ) {}

  async load(): Promise<void> {
    const rows = await this.unitOfWork.single((tx) => this.store.findClients(tx, 'identity'));
    this.#callers = new Map(
      rows.map(({ client_id, use, reveal_purposes, dpop }) => [
        client_id,
        client({ clientId: client_id, use, revealPurposes: reveal_purposes, dpop }),
      ]),
    );
  }

  find(clientId: string): IdentityClient | null {
    return this.#callers.get(clientId) ?? null;
  }
}
