import type { AuditLog } from '@integument/audit-log';
import type { ReplyOf, readClient } from '@integument/contracts';
import type { Tx } from '@integument/database';
import type { StaffNames } from '../keys/index.js';
import type { ClientsStore } from './clients.store.js';
import { changesOf, registryApplied } from './registry.audit.js';
import type { OfFile, RegistryStore } from './registry.store.js';
import type { RegistryFile } from './registry-file.js';

export class RegistryService {
  constructor(
    private readonly store: RegistryStore,
    private readonly clients: ClientsStore,
    private readonly names: StaffNames,
    private readonly audit: AuditLog,
    private readonly issuer: string,
  ) {}

  /** Makes the tables say what the file says, and writes down what that changed. */
  async apply(tx: Tx, file: RegistryFile): Promise<void> {
    await this.store.takeTurn(tx);
    const before = await this.store.findOfFile(tx);
    await this.applyClients(tx, file);
    await this.store.replaceStaff(
      tx,
      file.staff.map(({ issuer, subject, roles, regions = [] }) => ({
        account: this.names.of(issuer ?? this.issuer, subject),
        roles,
        regions,
      })),
    );
    await this.write(tx, before, file.clients.length + file.staff.length);
  }

  /** Whom a credential lets in just now: for the data plane, which asks it of each token that it is shown. */
  async lookUp(tx: Tx, credential: string): Promise<ReplyOf<typeof readClient>> {
    const found = await this.clients.findByCredential(tx, credential);
    if (!found) return { client: null };
    const { client_id: client, use, purposes, dpop, ends_in_ms: endsInMs } = found;
    return { client: { client, use, purposes, dpop, endsInMs } };
  }

  private async applyClients(tx: Tx, { clients }: RegistryFile): Promise<void> {
    await this.clients.removeOfFileExcept(
      tx,
      clients.map(({ id }) => id),
    );
    for (const declared of clients) {
      const { id, use, dpop = false } = declared;
      const applied = await this.clients.upsertOfFile(tx, {
        client_id: id,
        use,
        reveal_purposes: use === 'identity' ? declared.revealPurposes : [],
        purposes: use === 'health' ? declared.purposes : [],
        vouches_for: use === 'identity' ? [...new Set(declared.vouchesFor)].sort() : [],
        dpop,
      });
      if (!applied) throw new Error('REGISTRY_FILE changes a client from identity to health, or back');
      const known = await this.clients.setCredentialsOfFile(tx, id, [
        ...new Set<string>(declared.credentials ?? [id]),
      ]);
      if (!known)
        throw new Error(
          'REGISTRY_FILE gives a client the credential of another one, or one that was retired by the console',
        );
    }
  }

  private async write(tx: Tx, before: OfFile, count: number): Promise<void> {
    const actor = { kind: 'system', id: 'registry-file' } as const;
    for (const details of changesOf(before, await this.store.findOfFile(tx)))
      await this.audit.append(tx, registryApplied({ outcome: 'done', actor, count, details }));
  }
}
