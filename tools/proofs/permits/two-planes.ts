import { destroyPermit, freezePermit, openPermit, requestLetters, resumePermit } from '@integument/contracts';
import { OutboxWorker } from '@integument/database';
import { FixedClock } from '@integument/testing';
import { sessionContent, TestApi } from '../../../apps/api/src/api.fixture.js';
import {
  ConsentStore,
  FREEZE_TOPIC,
  GateReconciler,
  LETTER_TOPIC,
} from '../../../apps/api/src/features/consent/index.js';
import { ErasureService } from '../../../apps/api/src/features/erasure/index.js';
import { PermitKeys } from '../../../apps/api/src/features/permits/permit-keys.js';
import { PermitsService } from '../../../apps/api/src/features/permits/permits.service.js';
import { TestVault } from '../../../apps/vault/src/vault.fixture.js';
import { InProcessVault } from './in-process-vault.js';
import { LatePost } from './late-post.js';

/** What each process of the API has of its own. */
export interface Replica {
  readonly keys: PermitKeys;
  readonly permits: PermitsService;
}

/** The services of both apps on their databases, the line between them, the worker's duties, and one clock for all that waits. */
export class TwoPlanes {
  readonly clock = new FixedClock();
  readonly replicas: readonly [Replica, Replica];
  readonly reconciler: GateReconciler;
  readonly erasures: ErasureService;
  readonly outbox: OutboxWorker;
  readonly #patienceMs = 60_000;

  private constructor(
    readonly vault: TestVault,
    readonly api: TestApi,
    readonly post: LatePost,
  ) {
    const { gates, unitOfWork, sessionsStore, audit, keys } = api;
    const now = () => this.clock.now().getTime();
    const replica = () => {
      const own = new PermitKeys(api.vault, api.platformSecret, now);
      return { keys: own, permits: new PermitsService(gates, own, unitOfWork) };
    };
    this.replicas = [replica(), replica()];
    this.reconciler = new GateReconciler(gates, api.outbox, unitOfWork, this.#patienceMs, now);
    const data = [api.ingestStore];
    this.erasures = new ErasureService(
      gates,
      keys,
      sessionsStore,
      data,
      new ConsentStore(),
      api.vault,
      audit,
      unitOfWork,
    );
    this.outbox = new OutboxWorker({
      unitOfWork,
      handlers: {
        [FREEZE_TOPIC]: async (payload) => {
          await api.vault.call(freezePermit, { body: payload as never });
        },
        [LETTER_TOPIC]: async (payload) => {
          await api.vault.call(requestLetters, { body: { letters: [payload as never] } });
        },
      },
      onFailure: () => undefined,
      backoffMs: 0,
      batch: 1,
    });
  }

  static async open(): Promise<TwoPlanes> {
    const vault = await TestVault.open();
    const line = new InProcessVault(vault).asClient();
    const post = new LatePost(line, [openPermit, resumePermit, freezePermit, destroyPermit]);
    return new TwoPlanes(vault, await TestApi.open(post.asClient()), post);
  }

  async close(): Promise<void> {
    await this.api.close();
    await this.vault.close();
  }

  /** Signs somebody in whom the vault knows, at the data plane. @returns the cookie's secret */
  async session(personId: Buffer): Promise<string> {
    const permits = await this.vault.unitOfWork.run((tx) => this.vault.permits.ofPerson(tx, personId));
    return this.api.openSession(sessionContent(await this.vault.sessionOf(personId), permits));
  }

  /** The worker does what is left, as it would in a minute. */
  async settle(): Promise<void> {
    await this.reconciler.run();
    this.clock.advance({ milliseconds: this.#patienceMs });
    await this.reconciler.run();
    for (let round = 0; (await this.outbox.work()) > 0; round++)
      if (round > 200) throw new Error('a message of the outbox never gets through');
  }

  /** Whatever an earlier person left is over. */
  async wipe(): Promise<void> {
    this.post.clear();
    await this.api.query('DELETE FROM outbox');
    await this.api.query(
      `UPDATE permit_gate SET state = 'destroyed', pseudonym = NULL, subject = NULL, epoch = epoch + 1, ends_on = NULL, due_on = NULL
       WHERE state <> 'destroyed'`,
    );
    await this.vault.query(
      `UPDATE permit SET state = 'destroyed', pseudonym = NULL, person_id = NULL, purpose = NULL, domain_key = NULL,
         wrapped_key = NULL, subject = NULL, epoch = 1000 WHERE state <> 'destroyed'`,
    );
  }
}
