import type { AuditLog } from '@integument/audit-log';
import type { Outbox, Tx, UnitOfWork } from '@integument/database';
import { defineJob, type Queues, type QueueWorker } from '@integument/queue';
import type { OutboxTopic } from '../../platform/outbox-topics.js';
import type { Looked, ModulePermits } from '../permits/index.js';
import type { ProductsStore } from '../products/index.js';
import { EaseModel } from './ease.js';
import { GramMatrix } from './gram.js';
import type { ModelVault } from './model-vault.js';
import { modelTrained } from './recommendations.audit.js';
import type { RecommendationsStore } from './recommendations.store.js';
import { LAMBDA, Recommender } from './recommender.js';
import { openEvents } from './sealed-event.js';
import type { Snapshot } from './snapshot.js';

const trainJob = defineJob('recommendations.train', {});
/** Tells the vault that a model was replaced; handled by {@link ModelVault.handle}. */
export const DESTROY_MODEL_KEY_TOPIC = 'recommendations.destroy-model-key';
const EVERY_SECONDS = 5;
const ATTEMPTS = 5;

/** A model, and the gates it must hold open to be stored. */
interface Trained {
  readonly snapshot: Snapshot;
  readonly gates: readonly Buffer[];
  readonly trainedOn: Buffer;
}

/**
 * Trains the one model on the histories of everybody whose gate is open. A model in which somebody is whose gate has
 * closed since is not stored: it is trained again without them.
 */
export class RecommendationsTrainer {
  constructor(
    private readonly store: RecommendationsStore,
    private readonly permits: ModulePermits<'recommendations'>,
    private readonly products: ProductsStore,
    private readonly models: ModelVault,
    private readonly queues: Queues,
    private readonly outbox: Outbox<OutboxTopic>,
    private readonly audit: AuditLog,
    private readonly unitOfWork: UnitOfWork,
  ) {}

  /** Trains whenever there is something new to learn, or to forget. */
  async start(): Promise<QueueWorker> {
    await this.queues.schedule(trainJob, {}, { seconds: EVERY_SECONDS });
    return this.queues.work(trainJob, (_, { signal }) => this.trainIfChanged(signal));
  }

  async trainIfChanged(signal?: AbortSignal): Promise<void> {
    const [now, live] = await this.unitOfWork.run(async (tx) => [
      await this.store.fingerprint(tx),
      await this.store.findSnapshot(tx),
    ]);
    if (!live?.trained_on.equals(now)) await this.train(signal);
  }

  /** Trains and stores; when this resolves the older model cannot be opened any more. */
  async train(signal?: AbortSignal): Promise<void> {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      if (await this.replace(await this.learn(signal))) return;
    }
    throw new Error('consents kept changing while a model was trained');
  }

  private async learn(signal?: AbortSignal): Promise<Trained> {
    // Before anybody's events: what comes to be known meanwhile is learned the next time.
    const { catalogue, trainedOn } = await this.unitOfWork.run(async (tx) => ({
      catalogue: await this.products.findAll(tx),
      trainedOn: await this.store.fingerprint(tx),
    }));
    const empty = Recommender.of(null, catalogue);
    const gram = new GramMatrix(empty.productIds.length);
    const gates: Buffer[] = [];
    for await (const permits of this.permits.everyOpen('recommendation')) {
      for (const permit of permits)
        if (await this.learnFrom(permit, empty, gram)) gates.push(permit.seen.gate_id);
    }
    const model = await EaseModel.trainInTurns(gram, LAMBDA, signal);
    return { snapshot: { model, productIds: empty.productIds }, gates, trainedOn };
  }

  private async learnFrom(
    { seen: { pseudonym }, key }: Looked<'recommendation'>,
    empty: Recommender,
    gram: GramMatrix,
  ): Promise<boolean> {
    const rows = await this.unitOfWork.run(async (tx) => {
      const stillOpen = await this.permits.lockOpen(tx, pseudonym, 'recommendation');
      return stillOpen ? this.store.findEvents(tx, pseudonym) : [];
    });
    const { history } = empty.preferencesOf(openEvents(key, pseudonym, rows));
    if (history.items.length === 0) return false;
    gram.add(history);
    return true;
  }

  private async replace({ snapshot, gates, trainedOn }: Trained): Promise<boolean> {
    const before = await this.unitOfWork.single((tx) => this.store.findSnapshot(tx));
    const version = (before?.version ?? 0) + 1;
    const { modelKey, sealed } = await this.models.seal(snapshot);
    const row = { version, model_key: modelKey, trained_on: trainedOn, sealed };
    const stored = await this.unitOfWork.run(async (tx) => {
      if (
        !(await this.permits.lockAllOpen(tx, gates, 'recommendation')) ||
        !(await this.store.replaceSnapshot(tx, row))
      )
        return false;
      // Should we end before the older key is destroyed below, the outbox worker does it.
      if (before)
        await this.outbox.add(tx, DESTROY_MODEL_KEY_TOPIC, this.models.messageFor(before.model_key));
      await this.record(tx, version, gates.length, snapshot.productIds.length);
      return true;
    });
    const superseded = stored ? before?.model_key : modelKey;
    if (superseded) await this.models.destroy(superseded);
    return stored;
  }

  private async record(tx: Tx, version: number, people: number, items: number): Promise<void> {
    const actor = { kind: 'system', id: 'recommendations' } as const;
    await this.audit.append(
      tx,
      modelTrained({
        outcome: 'done',
        actor,
        purpose: 'recommendation',
        count: people,
        details: { version, items },
      }),
    );
  }
}
