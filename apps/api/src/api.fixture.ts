import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { type AuditEntry, AuditLog } from '@integument/audit-log';
import type { GateId, Pseudonym, PurposeName, SessionPseudonym } from '@integument/contracts';
import { encodeId, randomId } from '@integument/crypto';
import { Outbox, openDatabase, UnitOfWork } from '@integument/database';
import type { Asker } from '@integument/http';
import { freshDatabases } from '@integument/testing';
import type { DataSource } from 'typeorm';
import type { Agreement } from './features/consent/agreements.js';
import { ConsentService } from './features/consent/consent.service.js';
import { ConsentStore } from './features/consent/consent.store.js';
import { ConsentEnding } from './features/consent/consent-ending.js';
import { ConsentExpiry } from './features/consent/consent-expiry.js';
import { ConsentLetters } from './features/consent/consent-letters.js';
import { ConsentReader } from './features/consent/consent-reader.js';
import { ConsentReceipts } from './features/consent/consent-receipts.js';
import { GuardianshipEndings } from './features/consent/guardianship-endings.js';
import { KnownPermits } from './features/consent/known-permits.js';
import { ReceiptSigner } from './features/consent/receipt-keys.js';
import { TakingBack } from './features/consent/taking-back.js';
import { UnaskedBeginnings } from './features/consent/unasked-beginnings.js';
import { ConsentImports, ImportedGatesStore } from './features/consent-imports/index.js';
import { HoldsService } from './features/holds/holds.service.js';
import { HoldsStore } from './features/holds/index.js';
import { SealedReference } from './features/holds/sealed-reference.js';
import { IngestService } from './features/ingest/ingest.service.js';
import { IngestStore } from './features/ingest/ingest.store.js';
import { OptOutClocks } from './features/opt-outs/opt-out-clocks.js';
import { OptOutClocksStore } from './features/opt-outs/opt-out-clocks.store.js';
import { OptOutNotes } from './features/opt-outs/opt-out-notes.js';
import { OptOutStops } from './features/opt-outs/opt-out-stops.js';
import { OptOuts } from './features/opt-outs/opt-outs.service.js';
import { RecipientsHeard } from './features/opt-outs/recipients-heard.js';
import { StandingOptOuts } from './features/opt-outs/standing-opt-outs.js';
import { DueGatesStore, type Leave, PermitKeys, PermitsStore } from './features/permits/index.js';
import { PermitsService } from './features/permits/permits.service.js';
import { Register, RegisterStore } from './features/register/index.js';
import { TEST_REGISTER } from './features/register/register.fixture.js';
import { SessionsService, SessionsStore } from './features/sessions/index.js';
import type { ApiPerson, SessionContent } from './platform/callers.js';
import type { OutboxTopic } from './platform/outbox-topics.js';
import type { VaultClient } from './platform/vault-client.js';

export { TEST_REGISTER };

const NO_VAULT = {
  call: () => Promise.reject(new Error('this test has no vault')),
} as unknown as VaultClient;

export interface TestOptOuts {
  readonly optOuts: OptOuts;
  readonly standing: StandingOptOuts;
  readonly clocks: OptOutClocks;
  readonly heard: RecipientsHeard;
  readonly notes: OptOutNotes;
}

/** The data plane's services, wired as its modules do, on a database of their own and without a listener. */
export class TestApi {
  readonly unitOfWork: UnitOfWork;
  readonly platformSecret = randomBytes(32);
  readonly gates = new PermitsStore();
  readonly dueGates = new DueGatesStore();
  readonly outbox = new Outbox<OutboxTopic>();
  readonly audit = new AuditLog();
  readonly holdsStore = new HoldsStore();
  readonly holds = new HoldsService(
    this.gates,
    this.holdsStore,
    new SealedReference(this.platformSecret),
    this.audit,
  );
  readonly ingestStore = new IngestStore();
  readonly ingest = new IngestService(this.ingestStore, this.audit);
  readonly sessionsStore = new SessionsStore();
  readonly sessions: SessionsService;
  readonly keys: PermitKeys;
  readonly permits: PermitsService;
  readonly beginnings = new UnaskedBeginnings();
  readonly consent: ConsentService;
  readonly ending: ConsentEnding;
  readonly takingBack: TakingBack;
  readonly consents: ConsentReader;
  readonly expiry: ConsentExpiry;
  readonly letters: ConsentLetters;
  readonly imports: ConsentImports;
  readonly guardianshipEndings: GuardianshipEndings;
  /** What was written to the operator's log. */
  readonly logged: string[] = [];
  readonly logger = { error: (message: string) => void this.logged.push(message) };

  private constructor(
    readonly dataSource: DataSource,
    readonly vault: VaultClient,
    readonly register: Register,
    readonly signer: ReceiptSigner,
    private readonly tearDown: () => Promise<void>,
  ) {
    this.unitOfWork = new UnitOfWork(dataSource);
    this.sessions = new SessionsService(this.sessionsStore, vault);
    this.keys = new PermitKeys(vault, this.platformSecret);
    this.permits = new PermitsService(this.gates, this.keys, this.unitOfWork);
    const store = new ConsentStore();
    const ending = new ConsentEnding(this.gates, store, this.outbox);
    this.ending = ending;
    const receipts = new ConsentReceipts(register, signer, this.keys, store, this.unitOfWork, this.logger);
    const permits = new KnownPermits(vault);
    this.consents = new ConsentReader(
      this.gates,
      store,
      this.holdsStore,
      permits,
      receipts,
      this.audit,
      this.unitOfWork,
    );
    this.letters = new ConsentLetters(this.gates, vault, this.audit, this.unitOfWork);
    this.imports = new ConsentImports(
      new ImportedGatesStore(),
      this.gates,
      new RegisterStore(),
      vault,
      this.audit,
      this.unitOfWork,
    );
    this.expiry = new ConsentExpiry(
      this.gates,
      ending,
      receipts,
      this.keys,
      this.outbox,
      this.audit,
      this.unitOfWork,
    );
    this.guardianshipEndings = new GuardianshipEndings(this.expiry, this.gates, vault, this.unitOfWork);
    this.consent = new ConsentService(
      this.gates,
      store,
      this.sessions,
      vault,
      permits,
      register,
      ending,
      receipts,
      this.beginnings,
      this.audit,
      this.unitOfWork,
    );
    this.takingBack = new TakingBack(
      this.gates,
      store,
      this.keys,
      vault,
      permits,
      register,
      ending,
      receipts,
      this.outbox,
      this.audit,
      this.unitOfWork,
    );
  }

  /** @param vault what the services call; nothing in tests that need none */
  static async open(vault: VaultClient = NO_VAULT, poolSize = 16): Promise<TestApi> {
    const { platformUrl: url, drop } = await freshDatabases();
    const dataSource = await openDatabase({ url, poolSize, applicationName: 'api tests', migrations: [] });
    const register = await Register.publish(TEST_REGISTER, new RegisterStore(), new UnitOfWork(dataSource));
    const signer = await ReceiptSigner.of(receiptKey());
    return new TestApi(dataSource, vault, register, signer, async () => {
      await dataSource.destroy();
      await drop();
    });
  }

  close(): Promise<void> {
    return this.tearDown();
  }

  /** Opt-outs under a register and a clock of the test's own. */
  optOuts(register = this.register, now = () => new Date()): TestOptOuts {
    const clocks = new OptOutClocks(new OptOutClocksStore(), now);
    const { gates, takingBack, outbox, vault, audit, unitOfWork } = this;
    const stops = new OptOutStops(takingBack, clocks);
    const notes = new OptOutNotes(outbox, vault);
    const permits = new KnownPermits(vault);
    return {
      optOuts: new OptOuts(register, permits, gates, stops, clocks, notes, audit, unitOfWork),
      standing: new StandingOptOuts(register, permits, new ConsentStore(), stops, clocks, unitOfWork),
      clocks,
      heard: new RecipientsHeard(new OptOutClocksStore(), vault, unitOfWork, now),
      notes,
    };
  }

  query<Row = Record<string, unknown>>(sql: string, values: unknown[] = []): Promise<Row[]> {
    return this.dataSource.query<Row[]>(sql, values);
  }

  /** What one agrees to. */
  agreementTo(purpose: PurposeName): Agreement {
    const [notice] = this.register.declared(purpose).notices;
    if (!notice) throw new Error('a purpose without a notice');
    return { notice: notice.hash, channel: 'web' };
  }

  /** A gate that is open, as a given consent leaves it. */
  async openGate(purpose: PurposeName): Promise<{ gate: Buffer; pseudonym: Buffer }> {
    const [gate, pseudonym] = [randomId(), randomId()];
    await this.query(
      `INSERT INTO permit_gate (gate_id, purpose, pseudonym, state, epoch, subject, ends_on)
       VALUES ($1, $2, $3, 'open', 1, $4, current_date + 730)`,
      [gate, purpose, pseudonym, randomBytes(32)],
    );
    return { gate, pseudonym };
  }

  /** What a closed gate keeps from happening needs this: leave to use an open one, with a key of the test's own. */
  async leaveFor<P extends PurposeName>(
    pseudonym: Buffer,
    purpose: P,
    key = Buffer.alloc(32, 1),
  ): Promise<Leave<P>> {
    const gate = await this.unitOfWork.single((tx) => this.gates.lockOpen(tx, pseudonym, purpose));
    if (!gate) throw new Error('the gate is not open');
    return { gate, key };
  }

  /** A session, as the redemption of a code makes it. @returns the cookie's secret */
  async openSession(content: SessionContent): Promise<string> {
    return (await this.unitOfWork.run((tx) => this.sessions.create(tx, content))).secret;
  }

  /** Who the cookie's secret lets in, as each request asks. */
  async asker(secret: string): Promise<Asker<ApiPerson>> {
    const caller = await this.unitOfWork.run((tx) => this.sessions.find(tx, secret));
    if (!caller) throw new Error('the session is over');
    return { caller: caller as ApiPerson, requestId: 'req-person' };
  }

  /** What was staged for the audit log so far. */
  async entries(): Promise<AuditEntry[]> {
    const rows = await this.query<{ entry: Buffer }>('SELECT entry FROM audit_staging ORDER BY ordinal');
    return rows.map(({ entry }) => JSON.parse(entry.toString('utf8')) as AuditEntry);
  }
}

function receiptKey(): string {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
}

export function sessionContent(
  session = encodeId('ssn', randomId()) as SessionPseudonym,
  permits: SessionContent['permits'] = [],
): SessionContent {
  const now = Date.now();
  return {
    session,
    kind: 'person',
    roles: [],
    acr: '1',
    authenticatedAt: new Date(now).toISOString(),
    expiresAt: new Date(now + 3_600_000).toISOString(),
    permits,
  };
}

export function knownPermit(purpose: PurposeName) {
  return {
    purpose,
    gate: encodeId('gat', randomId()) as GateId,
    pseudonym: encodeId('psn', randomId()) as Pseudonym,
  };
}
