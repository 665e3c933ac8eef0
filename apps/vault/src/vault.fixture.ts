import { type AuditEntry, AuditLog } from '@integument/audit-log';
import { Abilities, client, process } from '@integument/authz';
import { type Enrolment, type RevealPurpose, type SessionPseudonym, VOUCHED } from '@integument/contracts';
import { decodeId, encodeId, randomId } from '@integument/crypto';
import { UnitOfWork } from '@integument/database';
import { type Asker, postgresCounts, RulesInForce, StrictAllowances } from '@integument/http';
import { freshDatabases } from '@integument/testing';
import type { DataSource } from 'typeorm';
import {
  ApprovalDecisions,
  ApprovalRequests,
  Approvals,
  ApprovalsStore,
} from './features/approvals/index.js';
import { planSearch, type SearchSection } from './features/catalogue/index.js';
import { ClientsService } from './features/clients/clients.service.js';
import {
  ConsentEvidence,
  ConsentImportsService,
  ConsentImportsStore,
  ImportAges,
  ImportedMint,
  ImportedOpenings,
  ImportedOpeningsStore,
} from './features/consent-imports/index.js';
import { ErasureService } from './features/erasure/erasure.service.js';
import { ErasureStore } from './features/erasure/erasure.store.js';
import { EvidenceKeeper, EvidenceStore } from './features/evidence/index.js';
import { FactorEnrolment } from './features/factors/factor-enrolment.service.js';
import { FactorUse } from './features/factors/factor-use.service.js';
import { FactorsService } from './features/factors/factors.service.js';
import { FactorsStore } from './features/factors/factors.store.js';
import { Passkeys } from './features/factors/passkeys.js';
import { SessionRaiser } from './features/factors/session-raiser.js';
import { ConsentAge } from './features/guardianships/consent-age.js';
import { GuardianshipsService } from './features/guardianships/guardianships.service.js';
import { GuardianshipsStore } from './features/guardianships/guardianships.store.js';
import { ActiveGuardianships, ConsentEndings, WhoAgrees } from './features/guardianships/index.js';
import type { Keyring } from './features/keyring/index.js';
import type { DomainKeys } from './features/keys/domain-keys.js';
import { LiveIndex, StaffNames } from './features/keys/index.js';
import { LetterSender, type LetterSenderOptions } from './features/letters/letter-sender.js';
import { LettersService } from './features/letters/letters.service.js';
import { LettersStore } from './features/letters/letters.store.js';
import { Addressees } from './features/people/addressees.js';
import { EnrolmentDesk } from './features/people/enrolment-desk.js';
import { IndexKeeper } from './features/people/index-keeper.js';
import { PeopleService } from './features/people/people.service.js';
import { PeopleStore } from './features/people/people.store.js';
import { PeopleEnroller } from './features/people/people-enroller.js';
import { PeopleSearch } from './features/people/people-search.js';
import { PeopleSearchStore } from './features/people/people-search.store.js';
import { PersonIndex } from './features/people/person-index.js';
import { PersonIndexStore } from './features/people/person-index.store.js';
import { PersonValues } from './features/people/person-values.js';
import { RevealDesk } from './features/people/reveal-desk.js';
import { PersonSealer } from './features/people/sealed-person.js';
import { SearchDesk } from './features/people/search-desk.js';
import { PermitBatches, PermitOpenings } from './features/permits/index.js';
import { PermitsService } from './features/permits/permits.service.js';
import { PermitsStore } from './features/permits/permits.store.js';
import { StandingOptOuts } from './features/permits/standing-opt-outs.js';
import { StandingOptOutsStore } from './features/permits/standing-opt-outs.store.js';
import { ClientsStore, RegistryService, RegistryStore } from './features/registry/index.js';
import { RevealDecisions } from './features/reveals/index.js';
import { type Clock, databaseClock } from './features/rotation/clock.js';
import { BackupReach, RootStore, RotationStore } from './features/rotation/index.js';
import { RulesService } from './features/rules/rules.service.js';
import { RulesStore } from './features/rules/rules.store.js';
import { StoredRules } from './features/rules/stored-rules.js';
import { SessionsService } from './features/sessions/sessions.service.js';
import { SessionsStore } from './features/sessions/sessions.store.js';
import { GuardianCodes } from './features/sign-in/guardian-codes.js';
import { SignInService } from './features/sign-in/sign-in.service.js';
import { SignInStore } from './features/sign-in/sign-in.store.js';
import { SignInCodes } from './features/sign-in/sign-in-codes.js';
import { StaffService } from './features/staff/staff.service.js';
import { StaffStore } from './features/staff/staff.store.js';
import { DeliveriesStore, WebhookEvents } from './features/webhooks/index.js';
import { vaultPolicies } from './platform/policies.js';
import { keyringFiles, openPlace, type Place, type StrictStage } from './vault-place.fixture.js';

/** Where the page is in which passkeys are made and used. */
export const WEB = 'https://web.example';
export const ISSUER = 'https://provider.example';
export const LIVES = { rotationDays: 30, destroyAfterDays: 30, mostUses: 2 ** 31 };

/** The vault's services, wired as its modules do, on a database of their own and without a listener. */
export class TestVault {
  readonly unitOfWork: UnitOfWork;
  readonly sealer: PersonSealer;
  readonly names: StaffNames;
  readonly index: LiveIndex;
  readonly people: PeopleService;
  readonly desk: EnrolmentDesk;
  readonly evidence: EvidenceKeeper;
  readonly permits: PermitsService;
  readonly permitOpenings: PermitOpenings;
  readonly optOuts: StandingOptOuts;
  readonly guardianships: GuardianshipsService;
  readonly consentEndings: ConsentEndings;
  readonly guardianCodes: GuardianCodes;
  readonly erasures: ErasureService;
  readonly imports: ConsentImportsService;
  readonly consentEvidence: ConsentEvidence;
  readonly importedOpenings: ImportedOpenings;
  readonly addressees: Addressees;
  readonly letters: LettersService;
  readonly signIn: SignInService;
  readonly sessionsStore = new SessionsStore();
  readonly sessions: SessionsService;
  readonly factorsStore = new FactorsStore();
  readonly factors: FactorsService;
  readonly enrolment: FactorEnrolment;
  readonly factorUse: FactorUse;
  readonly approvals: Approvals;
  readonly requests: ApprovalRequests;
  readonly decisions: ApprovalDecisions;
  readonly staff: StaffService;
  readonly clients: ClientsService;
  readonly registry: RegistryService;
  readonly rulesInForce: RulesInForce;
  readonly rules: RulesService;
  readonly reveals: RevealDesk;
  readonly personIndex: PersonIndex;
  readonly keeper: IndexKeeper;
  readonly search: PeopleSearch;
  readonly searches: SearchDesk;
  /** How far the clock of the second factors and approvals is ahead; milliseconds. */
  ahead = 0;
  /** What erasures take for the time of keys. */
  keyClock: Clock = databaseClock;

  private constructor(
    readonly dataSource: DataSource,
    readonly keyring: Keyring,
    readonly keys: DomainKeys,
    private readonly onClose: { leave(): Promise<void>; remove(): Promise<void> },
    private readonly reopen: (search?: SearchSection) => Promise<TestVault>,
    search: SearchSection | undefined,
  ) {
    const audit = new AuditLog();
    const store = new PeopleStore();
    this.unitOfWork = new UnitOfWork(dataSource);
    this.index = new LiveIndex(keys);
    const { index } = this;
    this.names = new StaffNames(keys);
    this.sealer = new PersonSealer(keys, index);
    const abilities = new Abilities(vaultPolicies);
    const indexStore = new PersonIndexStore();
    this.personIndex = new PersonIndex(planSearch(search), index);
    this.people = new PeopleService(store, this.sealer, this.personIndex, indexStore, audit, ISSUER);
    this.keeper = this.keeperOf(this.personIndex);
    const searchStore = new PeopleSearchStore();
    this.search = new PeopleSearch(
      searchStore,
      indexStore,
      this.personIndex,
      this.sealer,
      this.people,
      audit,
      { error: this.say },
    );
    this.desk = new EnrolmentDesk(this.people, store, this.unitOfWork);
    this.evidence = new EvidenceKeeper(new EvidenceStore(), keys);
    const webhooks = new WebhookEvents(new DeliveriesStore());
    const values = new PersonValues(store, this.sealer);
    const guardianships = new GuardianshipsStore();
    const age = new ConsentAge(values, () => this.now());
    this.addressees = new Addressees(store, this.sealer);
    this.letters = new LettersService(new LettersStore(), this.addressees, audit, 'en');
    this.guardianships = new GuardianshipsService(
      guardianships,
      values,
      this.sealer,
      age,
      this.letters,
      audit,
    );
    const active = new ActiveGuardianships(guardianships, age);
    this.consentEndings = new ConsentEndings(guardianships, audit);
    const codes = new SignInCodes(new SignInStore());
    this.guardianCodes = new GuardianCodes(codes, active, audit);
    const agreeing = new WhoAgrees(active, age);
    const permits = new PermitsStore();
    this.optOuts = new StandingOptOuts(new StandingOptOutsStore(), audit);
    this.permits = new PermitsService(permits, keys, this.evidence, webhooks, agreeing, this.optOuts, audit);
    this.permitOpenings = new PermitOpenings(permits, keys, this.evidence, webhooks, agreeing, audit);
    const ages = new ImportAges(values, age);
    const records = new ConsentImportsStore();
    this.imports = new ConsentImportsService(records, this.sealer, ages, audit, () => new Date(this.now()));
    this.consentEvidence = new ConsentEvidence(records, guardianships, this.sealer, audit);
    const openings = new ImportedOpeningsStore();
    const batches = new PermitBatches(keys, this.evidence, webhooks, audit);
    const mint = new ImportedMint(openings, this.permitOpenings, batches, ages);
    this.importedOpenings = new ImportedOpenings(openings, mint, audit);
    this.sessions = new SessionsService(this.sessionsStore, audit);
    const reach = new BackupReach(new RotationStore(), new RootStore(), LIVES, (tx) => this.keyClock(tx));
    this.erasures = new ErasureService(
      new ErasureStore(),
      keys,
      this.evidence,
      this.sessions,
      this.guardianships,
      reach,
      webhooks,
      audit,
    );
    const enroller = new PeopleEnroller(store, this.sealer, this.personIndex, audit);
    this.signIn = new SignInService(
      new SignInStore(),
      codes,
      this.sessions,
      this.sessionsStore,
      new RegistryStore(),
      enroller,
      this.permits,
      this.optOuts,
      this.guardianCodes,
      index,
      this.names,
      audit,
    );
    const raiser = new SessionRaiser(this.sessions, audit);
    const parts = [this.factorsStore, keys, new Passkeys(WEB), raiser, () => this.now()] as const;
    this.enrolment = new FactorEnrolment(...parts);
    this.factorUse = new FactorUse(...parts);
    const approvals = new ApprovalsStore();
    const clock = () => this.now();
    this.approvals = new Approvals(approvals, abilities, audit, clock);
    this.requests = new ApprovalRequests(approvals, abilities, audit, clock);
    this.decisions = new ApprovalDecisions(approvals, audit, clock);
    this.factors = new FactorsService(this.factorsStore, this.sessions, this.approvals, audit);
    this.rules = new RulesService(new RulesStore(), this.approvals, audit, clock);
    this.rulesInForce = this.rulesOfReplica();
    this.reveals = this.revealsOfReplica(this.rulesInForce);
    this.searches = this.searchesUnder(this.rulesInForce);
    this.registry = new RegistryService(new RegistryStore(), new ClientsStore(), this.names, audit, ISSUER);
    this.clients = new ClientsService(new ClientsStore(), this.approvals, audit, clock);
    this.staff = new StaffService(
      new StaffStore(),
      this.approvals,
      this.sessions,
      this.names,
      audit,
      ISSUER,
      new Set([ISSUER]),
    );
  }

  /** In strict mode where none is named. */
  static strict: StrictStage | undefined;

  /** @param declared what the operator declares people can be searched by */
  static async open(
    declared?: SearchSection,
    stage = TestVault.strict,
    keyring?: Place['keyring'],
  ): Promise<TestVault> {
    const { vaultUrl: url, drop } = await freshDatabases();
    const files = keyringFiles();
    const remove = async () => {
      await drop();
      files.remove();
    };
    return TestVault.at({ url, files, keyring, remove }, declared, stage);
  }

  /** One process on what is there, or is made there. */
  static at(place: Place, declared?: SearchSection, stage = TestVault.strict): Promise<TestVault> {
    const { remove } = place;
    const start = async (search?: SearchSection): Promise<TestVault> => {
      const { dataSource, keyring, keys } = await openPlace(place, stage);
      const leave = () => dataSource.destroy();
      const vault = new TestVault(dataSource, keyring, keys, { leave, remove }, start, search);
      await vault.keeper.begin();
      return vault;
    };
    return start(declared);
  }

  /** Ends this one and begins another on the same database, as the next process does: nothing kept in memory comes along. */
  async restart(search?: SearchSection): Promise<TestVault> {
    await this.onClose.leave();
    return Object.assign(await this.reopen(search), { ahead: this.ahead });
  }

  /** Another process on the same database. It is left by `leave`, before this one is closed. */
  another(search?: SearchSection): Promise<TestVault> {
    return this.reopen(search);
  }

  leave(): Promise<void> {
    return this.onClose.leave();
  }

  async close(): Promise<void> {
    await this.onClose.leave();
    await this.onClose.remove();
  }

  now(): number {
    return Date.now() + this.ahead;
  }

  query<Row = Record<string, unknown>>(sql: string, values: unknown[] = []): Promise<Row[]> {
    return this.dataSource.query<Row[]>(sql, values);
  }

  /** What another process of the vault would believe. */
  rulesOfReplica(): RulesInForce {
    const source = new StoredRules(new RulesStore(), this.unitOfWork);
    return new RulesInForce('vault', source, undefined, () => this.now());
  }

  revealsOfReplica(rules: RulesInForce): RevealDesk {
    const shared = postgresCounts(this.dataSource);
    const allowances = new StrictAllowances({ shared, key: Buffer.alloc(32, 7), now: () => this.now() });
    const decisions = new RevealDecisions(new Abilities(vaultPolicies), rules, allowances);
    return new RevealDesk(this.people, new PeopleStore(), decisions, this.unitOfWork);
  }

  searchesUnder(rules: RulesInForce): SearchDesk {
    const shared = postgresCounts(this.dataSource);
    const allowances = new StrictAllowances({ shared, key: Buffer.alloc(32, 7), now: () => this.now() });
    return new SearchDesk(this.search, this.personIndex, rules, allowances, this.unitOfWork);
  }

  /** A process that sends letters; what it says is in `said`. */
  senderOf(mailer: LetterSenderOptions['mailer'], lease: Partial<LetterSenderOptions> = {}): LetterSender {
    const { addressees, unitOfWork } = this;
    const logger = { warn: this.say, error: this.say };
    const parts = {
      store: new LettersStore(),
      addressees,
      mailer,
      audit: new AuditLog(),
      unitOfWork,
      logger,
    };
    return new LetterSender({ ...parts, portal: WEB, ...lease });
  }

  /** One batch a beat, and each plan settled at once. */
  keeperOf(index: PersonIndex): IndexKeeper {
    const { sealer, unitOfWork } = this;
    const store = new PersonIndexStore();
    const logger = { info: this.say, warn: this.say, error: this.say };
    return new IndexKeeper({
      index,
      store,
      sealer,
      unitOfWork,
      logger,
      now: () => this.now(),
      settledMs: 0,
      sliceMs: 0,
    });
  }

  /** What was said in the log. */
  readonly said: string[] = [];
  readonly say = (message: string) => void this.said.push(message);

  /** Enrols somebody as the shop does. @returns the name the shop knows them by */
  async enrol(enrolment: Enrolment): Promise<string> {
    return (await this.desk.enrolOne(SHOP, enrolment)).person;
  }

  /** A session of the data plane for somebody, as the redemption of a code makes it. */
  async sessionOf(personId: Buffer): Promise<SessionPseudonym> {
    const session = randomId();
    const expiresAt = new Date(Date.now() + 3_600_000);
    const signIn = randomId();
    await this.unitOfWork.run(async (tx) => {
      const row = {
        signIn,
        personId,
        staff: null,
        account: signIn,
        providerSession: null,
        device: 'A browser',
        provider: 'main',
      };
      await this.sessionsStore.insertSignIn(tx, { ...row, expiresAt });
      await this.sessionsStore.insertOfApi(
        tx,
        session,
        { sign_in: signIn, person_id: personId, staff: null },
        expiresAt,
      );
    });
    return encodeId('ssn', session) as SessionPseudonym;
  }

  /** Signs somebody in, as the controller does once a provider has answered. @returns the cookie's secret */
  beginSession(
    subject: string,
    { device = 'Firefox on Linux', authenticatedAt = new Date() } = {},
  ): Promise<string> {
    const said = { provider: 'main', issuer: ISSUER, subject, acr: '1', authenticatedAt, mayBeStaff: true };
    return this.unitOfWork.run((tx) => this.signIn.begin(tx, { requestId: 'req-sign-in' }, said, device));
  }

  async personIdOf(name: string): Promise<Buffer> {
    const sql = 'SELECT person_id FROM client_pseudonym WHERE pseudonym = $1';
    const [row] = await this.query<{ person_id: Buffer }>(sql, [decodeId('cps', name)]);
    if (!row) throw new Error('nobody has this name');
    return row.person_id;
  }

  /** Makes somebody staff. @returns the account as the registry has it */
  async appoint(subject: string, roles: readonly string[] = ['auditor']): Promise<Buffer> {
    const account = this.names.of(ISSUER, subject);
    await this.query('INSERT INTO staff (account, roles) VALUES ($1, $2)', [account, roles]);
    return account;
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
  return {
    caller: client({ clientId, use: 'identity', revealPurposes, vouchesFor: VOUCHED }),
    requestId: `req-${clientId}`,
  };
}
