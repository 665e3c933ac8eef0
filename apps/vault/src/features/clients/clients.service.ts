import type { AuditLog } from '@integument/audit-log';
import {
  type addCredential,
  areOfUse,
  type BodyOf,
  type ClientId,
  CREDENTIALS_MAX,
  canVouch,
  type changeClient,
  type listClients,
  OPERATIONS,
  type ParametersOf,
  type Reason,
  type ReplyOf,
  type registerClient,
  type resumeClient,
  type retireCredential,
} from '@integument/contracts';
import type { Tx } from '@integument/database';
import { type Asker, by } from '@integument/http';
import type { VaultStaff } from '../../platform/callers.js';
import type { Approvals } from '../approvals/index.js';
import type { ClientRow, ClientsStore } from '../registry/index.js';
import {
  clientChanged,
  clientRegistered,
  clientRemoved,
  clientResumed,
  clientSuspended,
  clientsListed,
  credentialAdded,
  credentialRetired,
  digestOf,
} from './clients.audit.js';
import {
  alreadySuspended,
  clientKnown,
  clientNotFound,
  clientOfFile,
  credentialEndsEarlier,
  credentialKnown,
  credentialNotFound,
  notSuspended,
  otherUse,
  purposesOfOtherUse,
  tooManyCredentials,
  vouchesForNothing,
} from './clients.errors.js';
import { toReply } from './clients.view.js';
import { momentAhead } from './moment-ahead.js';

type Staff = Asker<VaultStaff>;
type Parameters = ParametersOf<'clients.change'>;

/**
 * Client apps, beside the registry file. What a client would be afterwards is worked out under its lock and compared with what was agreed
 * to: so an approval is for the client as it is then, too, and one that another change has overtaken is none.
 */
export class ClientsService {
  constructor(
    private readonly store: ClientsStore,
    private readonly approvals: Approvals,
    private readonly audit: AuditLog,
    private readonly now: () => number = Date.now,
  ) {}

  async list(tx: Tx, asker: Staff): Promise<ReplyOf<typeof listClients>> {
    const rows = await this.store.findAll(tx);
    await this.audit.append(tx, clientsListed({ ...by(asker), count: rows.length }));
    return { clients: rows.map(toReply) };
  }

  async register(tx: Tx, asker: Staff, body: BodyOf<typeof registerClient>) {
    const { client, approval, ...declared } = body;
    const known = await this.store.lock(tx, client);
    if (known && !known.removed) throw clientKnown();
    if (known && known.use !== declared.use) throw otherUse();
    const after = inOrder({ client, ...declared, suspended: false });
    const { reason } = await this.approvals.use(tx, asker, 'clients.change', after, approval);
    const { use, purposes, vouchesFor, dpop, credentials } = after;
    const registration = { client_id: client, use, purposes, vouches_for: vouchesFor, dpop };
    if (!(await this.store.register(tx, registration))) throw clientKnown();
    for (const credential of credentials)
      if (!(await this.store.addCredential(tx, client, credential, null))) throw credentialKnown();
    const details = { approval, use, purposes, vouchesFor, dpop, credentials: credentials.map(digestOf) };
    await this.audit.append(tx, clientRegistered({ ...by(asker), object: client, reason, details }));
    // Of a client that nobody knew, others may just be registering the same, and would wait for us.
    return known ? this.changed(tx, client) : this.view(tx, client);
  }

  async change(tx: Tx, asker: Staff, client: ClientId, body: BodyOf<typeof changeClient>) {
    const row = await this.ours(tx, client);
    if (!areOfUse(row.use, body.purposes)) throw purposesOfOtherUse();
    if (!canVouch(row.use, body.vouchesFor)) throw vouchesForNothing();
    const { approval, ...wanted } = body;
    const after = inOrder({ ...parametersOf(row), ...wanted });
    const { reason } = await this.approvals.use(tx, asker, 'clients.change', after, approval);
    const { use, purposes, vouchesFor, dpop } = after;
    await this.store.change(tx, { client_id: client, use, purposes, vouches_for: vouchesFor, dpop });
    const before = { purposesBefore: row.purposes, vouchesForBefore: row.vouches_for, dpopBefore: row.dpop };
    const details = { approval, purposes, vouchesFor, dpop, ...before };
    await this.audit.append(tx, clientChanged({ ...by(asker), object: client, reason, details }));
    return this.changed(tx, client);
  }

  async addCredential(tx: Tx, asker: Staff, client: ClientId, body: BodyOf<typeof addCredential>) {
    const { credential, approval } = body;
    const from = momentAhead(body.notBefore, this.now());
    const before = parametersOf(await this.ours(tx, client));
    if (before.credentials.length >= CREDENTIALS_MAX) throw tooManyCredentials();
    const after = inOrder({ ...before, credentials: [...before.credentials, credential] });
    const { reason } = await this.approvals.use(tx, asker, 'clients.change', after, approval);
    if (!(await this.store.addCredential(tx, client, credential, from))) throw credentialKnown();
    const notBefore = (from ?? new Date(this.now())).toISOString();
    const details = { approval, credential: digestOf(credential), notBefore };
    await this.audit.append(tx, credentialAdded({ ...by(asker), object: client, reason, details }));
    return this.changed(tx, client);
  }

  /** Earlier than before or for the first time: one that could be put off would have been given power by one person. */
  async retireCredential(tx: Tx, asker: Staff, client: ClientId, body: BodyOf<typeof retireCredential>) {
    const { credential, reason } = body;
    const at = momentAhead(body.notAfter, this.now());
    const row = await this.ours(tx, client);
    const held = row.credentials.find((one) => one.credential === credential);
    if (!held) throw credentialNotFound();
    if (held.ended || (at && held.not_after && held.not_after <= at)) throw credentialEndsEarlier();
    await this.store.endCredential(tx, credential, at);
    const notAfter = (at ?? new Date(this.now())).toISOString();
    const details = { credential: digestOf(credential), notAfter };
    await this.audit.append(tx, credentialRetired({ ...by(asker), object: client, reason, details }));
    return this.changed(tx, client);
  }

  /** The file's, too: it is the secret that is in wrong hands, whoever has registered the client. */
  async suspend(tx: Tx, asker: Staff, client: ClientId, reason: Reason) {
    if ((await this.registered(tx, client)).suspended) throw alreadySuspended();
    await this.store.setSuspended(tx, client, true);
    await this.audit.append(tx, clientSuspended({ ...by(asker), object: client, reason }));
    return this.changed(tx, client);
  }

  async resume(tx: Tx, asker: Staff, client: ClientId, { approval }: BodyOf<typeof resumeClient>) {
    const row = await this.registered(tx, client);
    if (!row.suspended) throw notSuspended();
    const after = { ...parametersOf(row), suspended: false };
    const { reason } = await this.approvals.use(tx, asker, 'clients.change', after, approval);
    await this.store.setSuspended(tx, client, false);
    await this.audit.append(
      tx,
      clientResumed({ ...by(asker), object: client, reason, details: { approval } }),
    );
    return this.changed(tx, client);
  }

  async remove(tx: Tx, asker: Staff, client: ClientId, reason: Reason) {
    const { credentials } = await this.ours(tx, client);
    await this.store.remove(tx, client);
    for (const { credential, ended } of credentials)
      if (!ended) await this.store.endCredential(tx, credential, null);
    await this.audit.append(tx, clientRemoved({ ...by(asker), object: client, reason }));
    return this.changed(tx, client);
  }

  /** As it is from now on; what was agreed to about it before is void. */
  private async changed(tx: Tx, client: ClientId) {
    await this.approvals.overtake(tx, 'clients.change', { client });
    return this.view(tx, client);
  }

  private async view(tx: Tx, client: ClientId) {
    return toReply(await this.registered(tx, client, true));
  }

  private async registered(tx: Tx, client: ClientId, orRemoved = false): Promise<ClientRow> {
    const row = await this.store.lock(tx, client);
    if (!row || (row.removed && !orRemoved)) throw clientNotFound();
    return row;
  }

  /** One that the console may change. */
  private async ours(tx: Tx, client: ClientId): Promise<ClientRow> {
    const row = await this.registered(tx, client);
    if (row.origin === 'file') throw clientOfFile();
    return row;
  }
}

/** As the operation has them, so that the digest is the one that was agreed to. */
function inOrder(parameters: Parameters): Parameters {
  return OPERATIONS['clients.change'].parameters.parse(parameters);
}

function parametersOf({ client_id: client, vouches_for: vouchesFor, ...row }: ClientRow) {
  const { use, purposes, dpop, suspended } = row;
  const credentials = row.credentials.filter(({ ended }) => !ended).map(({ credential }) => credential);
  return inOrder({ client, use, purposes, vouchesFor, dpop, suspended, credentials });
}
