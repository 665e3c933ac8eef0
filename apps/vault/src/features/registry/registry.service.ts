import type { AuditLog } from '@integument/audit-log';
import { defineAction } from '@integument/audit-log';
import { notFound, type ReplyOf, type readClient } from '@integument/contracts';
import type { BlindIndex } from '@integument/crypto';
import type { Tx } from '@integument/database';
import { accountDigest } from '../keys/index.js';
import type { RegistryStore } from './registry.store.js';
import type { RegistryFile } from './registry-file.js';

const registryApplied = defineAction('registry.apply');

export class RegistryService {
  constructor(
    private readonly store: RegistryStore,
    private readonly index: BlindIndex,
    private readonly audit: AuditLog,
    private readonly issuer: string,
  ) {}

  /** Makes the tables say what the file says, and writes down that it did. */
  async apply(tx: Tx, file: RegistryFile): Promise<void> {
    await this.store.removeClientsExcept(
      tx,
      file.clients.map(({ id }) => id),
    );
    for (const declared of file.clients) {
      const applied = await this.store.upsertClient(tx, {
        client_id: declared.id,
        use: declared.use,
        reveal_purposes: declared.use === 'identity' ? declared.revealPurposes : [],
        purposes: declared.use === 'health' ? declared.purposes : [],
        dpop: declared.dpop ?? false,
      });
      if (!applied) throw new Error('REGISTRY_FILE changes a client from identity to health, or back');
    }
    await this.store.replaceStaff(
      tx,
      file.staff.map(({ issuer, subject, roles }) => ({
        account: accountDigest(this.index, issuer ?? this.issuer, subject),
        roles,
      })),
    );
    const count = file.clients.length + file.staff.length;
    await this.audit.append(
      tx,
      registryApplied({ outcome: 'done', actor: { kind: 'system', id: 'registry-file' }, count }),
    );
  }

  /** Only health clients: the data plane has no business with the others. */
  async getHealthClient(tx: Tx, clientId: string): Promise<ReplyOf<typeof readClient>> {
    const client = await this.store.findClient(tx, clientId);
    if (client?.use !== 'health') throw notFound('registry.client_unknown');
    return { client: client.client_id, purposes: client.purposes, dpop: client.dpop };
  }
}
