import {
  type ClientPseudonym,
  destroyPermit,
  type Enrolment,
  freezePermit,
  openPermit,
  resumePermit,
} from '@integument/contracts';
import { OutboxWorker } from '@integument/database';
import { FixedClock } from '@integument/testing';
import { TestApi } from '../../../apps/api/src/api.fixture.js';
import {
  ConsentStore,
  consentMessages,
  GateReconciler,
} from '../../../apps/api/src/features/consent/index.js';
import { ErasureService } from '../../../apps/api/src/features/erasure/index.js';
import type { PurposeData } from '../../../apps/api/src/features/permits/index.js';
import { PermitKeys } from '../../../apps/api/src/features/permits/permit-keys.js';
import { PermitsService } from '../../../apps/api/src/features/permits/permits.service.js';
import { SessionEndings } from '../../../apps/api/src/features/sessions/index.js';
import { DESTROYED } from '../../../apps/vault/src/features/permits/index.js';
import { TestVault } from '../../../apps/vault/src/vault.fixture.js';
import { InProcessVault } from './in-process-vault.js';
import { LatePost } from './late-post.js';
import { PersonSession } from './person-session.js';

/** What each process of the API has of its own. */
interface Replica {
  readonly keys: PermitKeys;
  readonly permits: PermitsService;
}

/** Half of a permit: the gate of the platform, or what the vault has behind it. */
interface Half {
  readonly gate: string;
  readonly state: string;
  readonly pseudonym: string | null;
}
const HALF = `SELECT encode(gate_id, 'hex') AS gate, state, encode(pseudonym, 'hex') AS pseudonym`;

const PATIENCE_MS = 60_000;
/** More messages than any proof leaves waiting. */
const MANY = 1_000;

/** The services of both apps on their databases, the line between them, the worker's duties, and one clock for all that waits. */
export class TwoPlanes {
  readonly clock = new FixedClock();
  readonly replicas: readonly [Replica, Replica];
  readonly reconciler: GateReconciler;
  readonly erasures: ErasureService;
  readonly sessionEndings: SessionEndings;
  readonly outbox: OutboxWorker;
  #people = 0;

  private constructor(
    readonly vault: TestVault,
    readonly api: TestApi,
    /** faults of one call, by its route */
    readonly line: InProcessVault,
    /** what becomes of one message, and in which order they come */
    readonly post: LatePost,
  ) {
    const { gates, sessionsStore, audit, unitOfWork } = api;
    const now = () => this.clock.now().getTime();
    const replica = () => {
      const keys = new PermitKeys(api.vault, api.platformSecret, now);
      return { keys, permits: new PermitsService(gates, keys, unitOfWork) };
    };
    this.replicas = [replica(), replica()];
    this.reconciler = new GateReconciler(gates, api.ending, unitOfWork, PATIENCE_MS, now);
    this.erasures = this.erasuresOf([api.ingestStore]);
    this.sessionEndings = new SessionEndings(sessionsStore, api.vault, audit, unitOfWork);
    this.outbox = new OutboxWorker({
      unitOfWork,
      handlers: consentMessages(api.vault),
      onFailure: () => undefined,
      backoffMs: 0,
      batch: 1,
    });
  }

  static async open(): Promise<TwoPlanes> {
    const vault = await TestVault.open();
    const line = new InProcessVault(vault);
    const post = new LatePost(line.asClient(), [openPermit, resumePermit, freezePermit, destroyPermit]);
    return new TwoPlanes(vault, await TestApi.open(post.asClient()), line, post);
  }

  async close(): Promise<void> {
    await this.api.close();
    await this.vault.close();
  }

  /** Erasures of these purposes' data. */
  erasuresOf(data: readonly PurposeData[]): ErasureService {
    const { gates, dueGates, keys, sessionsStore, vault, audit, unitOfWork } = this.api;
    const consents = new ConsentStore();
    return new ErasureService(gates, dueGates, keys, sessionsStore, data, consents, vault, audit, unitOfWork);
  }

  /** Somebody new, with an address of their own where nothing else is said. @returns the name by which the shop knows them */
  async enrol(fields?: Enrolment['fields']): Promise<ClientPseudonym> {
    const email = `p${++this.#people}@example.org`;
    return (await this.vault.enrol({ fields: fields ?? { email } })) as ClientPseudonym;
  }

  /** Signs somebody in at both apps: whom the vault knows, or somebody new, who has agreed to nothing. */
  async signIn(personId?: Buffer): Promise<PersonSession> {
    const { vault, api } = this;
    return PersonSession.begin(vault, api, personId ?? (await vault.personIdOf(await this.enrol())));
  }

  /** The worker does what is left, as it would in a minute. */
  async settle(): Promise<void> {
    await this.reconciler.run();
    this.clock.advance({ milliseconds: PATIENCE_MS });
    await this.reconciler.run();
    for (let round = 0; (await this.outbox.work()) > 0; round++)
      if (round > MANY) throw new Error('a message of the outbox never gets through');
  }

  /** The worker erases what somebody has taken back, as it would in a month. */
  async eraseWithdrawn(personId: Buffer): Promise<void> {
    const permits = await this.vault.query<{ gate_id: Buffer }>(
      'SELECT gate_id FROM permit WHERE person_id = $1',
      [personId],
    );
    await this.api.query(
      `UPDATE permit_gate SET due_on = current_date WHERE gate_id = ANY($1) AND state = 'frozen'`,
      [permits.map(({ gate_id }) => gate_id)],
    );
    await this.erasures.eraseDue();
  }

  /** Permits of which the platform and the vault don't say the same. */
  async contradictions(): Promise<string[]> {
    const gates = byGate(await this.api.query<Half>(`${HALF} FROM permit_gate`));
    const permits = byGate(await this.vault.query<Half>(`${HALF} FROM permit`));
    return [...new Set([...gates.keys(), ...permits.keys()])]
      .filter((name) => !isAgreed(gates.get(name), permits.get(name)))
      .map((name) => `${name}: gate ${gates.get(name)?.state}, permit ${permits.get(name)?.state}`);
  }

  /** Whatever an earlier person left is over. */
  async wipe(): Promise<void> {
    this.post.clear();
    await this.api.query('DELETE FROM outbox');
    await this.api.query(
      `UPDATE permit_gate SET state = 'destroyed', pseudonym = NULL, subject = NULL, epoch = epoch + 1, ends_on = NULL, due_on = NULL
       WHERE state <> 'destroyed'`,
    );
    await this.vault.query(`UPDATE permit SET ${DESTROYED}, epoch = 1000 WHERE state <> 'destroyed'`);
  }
}

function byGate(halves: readonly Half[]): ReadonlyMap<string, Half> {
  return new Map(halves.map((half) => [half.gate, half]));
}

/** An open gate has its permit, of the same pseudonym; nothing is under way, and a permit has a gate to be closed by. */
function isAgreed(gate: Half | undefined, permit: Half | undefined): boolean {
  if (gate?.state === 'open') return permit?.state === 'open' && permit.pseudonym === gate.pseudonym;
  if (gate?.state === 'opening' || permit?.state === 'open') return false;
  return !(gate?.state === 'destroyed' && permit?.state === 'frozen');
}
