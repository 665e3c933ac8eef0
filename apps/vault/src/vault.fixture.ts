import { randomBytes } from 'node:crypto';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type AuditEntry, AuditLog } from '@integument/audit-log';
import { Abilities, client, process } from '@integument/authz';
import type { Enrolment, RevealPurpose, SessionPseudonym } from '@integument/contracts';
import { BlindIndex, decodeId, encodeId, randomId } from '@integument/crypto';
import { openDatabase, UnitOfWork } from '@integument/database';
import type { Asker } from '@integument/http';
import { freshDatabases } from '@integument/testing';
import type { DataSource } from 'typeorm';
import { ErasureService } from './features/erasure/erasure.service.js';
import { ErasureStore } from './features/erasure/erasure.store.js';
import { EvidenceKeeper, EvidenceStore } from './features/evidence/index.js';
import { DomainKeys, EmbeddedKeyring } from './features/keys/index.js';
import { KeysStore } from './features/keys/keys.store.js';
import { EnrolmentDesk } from './features/people/enrolment-desk.js';
import { PeopleService } from './features/people/people.service.js';
import { PeopleStore } from './features/people/people.store.js';
import { PeopleEnroller } from './features/people/people-enroller.js';
import { PersonSealer } from './features/people/sealed-person.js';
import { PermitsService } from './features/permits/permits.service.js';
import { PermitsStore } from './features/permits/permits.store.js';
import { RegistryStore } from './features/registry/index.js';
import { SignInService } from './features/sign-in/sign-in.service.js';
import { SignInStore } from './features/sign-in/sign-in.store.js';
import { vaultPolicies } from './platform/policies.js';

export const ISSUER = 'https://provider.example';

/** The vault's services, wired as its modules do, on a database of their own and without a listener. */
export class TestVault {
  readonly unitOfWork: UnitOfWork;
  readonly sealer: PersonSealer;
  readonly people: PeopleService;
  readonly desk: EnrolmentDesk;
  readonly evidence: EvidenceKeeper;
  readonly permits: PermitsService;
  readonly erasures: ErasureService;
  readonly signIn: SignInService;
  readonly signInStore = new SignInStore();

  private constructor(
    readonly dataSource: DataSource,
    readonly keys: DomainKeys,
    private readonly tearDown: () => Promise<void>,
  ) {
    const audit = new AuditLog();
    const store = new PeopleStore();
    this.unitOfWork = new UnitOfWork(dataSource);
    this.sealer = new PersonSealer(keys, new BlindIndex(keys.secret('index')));
    this.people = new PeopleService(store, this.sealer, audit, new Abilities(vaultPolicies), ISSUER);
    this.desk = new EnrolmentDesk(this.people, store, this.unitOfWork);
    this.evidence = new EvidenceKeeper(new EvidenceStore(), keys);
    this.permits = new PermitsService(new PermitsStore(), keys, this.evidence, audit);
    this.erasures = new ErasureService(new ErasureStore(), keys, this.evidence, audit);
    const enroller = new PeopleEnroller(store, this.sealer, audit);
    this.signIn = new SignInService(this.signInStore, new RegistryStore(), enroller, this.permits, audit);
  }

  static async open(): Promise<TestVault> {
    const { vaultUrl, drop } = await freshDatabases();
    const dataSource = await openDatabase({
      url: vaultUrl,
      poolSize: 16,
      applicationName: 'vault tests',
      migrations: [],
    });
    const files = keyringFiles();
    const keyring = await EmbeddedKeyring.load(files);
    const keys = new DomainKeys(keyring, new KeysStore(), new UnitOfWork(dataSource));
    await keys.load();
    return new TestVault(dataSource, keys, async () => {
      await dataSource.destroy();
      await drop();
      files.remove();
    });
  }

  close(): Promise<void> {
    return this.tearDown();
  }

  query<Row = Record<string, unknown>>(sql: string, values: unknown[] = []): Promise<Row[]> {
    return this.dataSource.query<Row[]>(sql, values);
  }

  /** Enrols somebody as the shop does. @returns the name the shop knows them by */
  async enrol(enrolment: Enrolment): Promise<string> {
    return (await this.desk.enrolOne(SHOP, enrolment)).person;
  }

  /** A session of the data plane for somebody, as the redemption of a code makes it. */
  async sessionOf(personId: Buffer): Promise<SessionPseudonym> {
    const session = randomId();
    const expires = new Date(Date.now() + 3_600_000);
    await this.unitOfWork.run((tx) => this.signInStore.insertApiSession(tx, session, personId, expires));
    return encodeId('ssn', session) as SessionPseudonym;
  }

  async personIdOf(name: string): Promise<Buffer> {
    const sql = 'SELECT person_id FROM client_pseudonym WHERE pseudonym = $1';
    const [row] = await this.query<{ person_id: Buffer }>(sql, [decodeId('cps', name)]);
    if (!row) throw new Error('nobody has this name');
    return row.person_id;
  }

  /** What was staged for the audit log so far. */
  async entries(): Promise<AuditEntry[]> {
    const rows = await this.query<{ entry: Buffer }>('SELECT entry FROM audit_staging ORDER BY ordinal');
    return rows.map(({ entry }) => JSON.parse(entry.toString('utf8')) as AuditEntry);
  }
}

export const SHOP = identityClient('brand-shop', ['delivery', 'support']);
export const OTHER_SHOP = identityClient('other-shop', ['delivery']);
export const API: Asker = { caller: process({ name: 'api' }), requestId: 'req-api' };

function identityClient(clientId: string, revealPurposes: RevealPurpose[]): Asker {
  return { caller: client({ clientId, use: 'identity', revealPurposes }), requestId: `req-${clientId}` };
}

/** Places for a keyring and the secret that seals it; the keyring's own file is made by loading it. */
export function keyringFiles(): { sealedFile: string; keyFile: string; folder: string; remove: () => void } {
  const folder = mkdtempSync(join(tmpdir(), 'integument-keyring-'));
  chmodSync(folder, 0o700);
  const keyFile = join(folder, 'key');
  writeFileSync(keyFile, randomBytes(32).toString('base64url'), { mode: 0o600 });
  const remove = () => rmSync(folder, { recursive: true, force: true });
  return { sealedFile: join(folder, 'keyring.sealed'), keyFile, folder, remove };
}
