import type { AuditLog } from '@integument/audit-log';
import type { BodyOf, listRecommendations, QueryOf, ReplyOf, recordEvents } from '@integument/contracts';
import type { Tx, UnitOfWork } from '@integument/database';
import type { Asker } from '@integument/http';
import { byWithin } from '../../platform/callers.js';
import { type Leave, type PurposeData, subjectOf } from '../permits/index.js';
import type { ProductsStore } from '../products/index.js';
import type { ModelVault } from './model-vault.js';
import { eventsRecorded, recommendationsRead } from './recommendations.audit.js';
import type { RecommendationsStore } from './recommendations.store.js';
import type { RecommendationsTrainer } from './recommendations-trainer.js';
import { Recommender } from './recommender.js';
import { openEvents, sealEvent } from './sealed-event.js';

const ATTEMPTS = 5;

interface Loaded {
  readonly version: number;
  readonly revision: bigint;
  readonly recommender: Recommender;
}

export class RecommendationsService implements PurposeData {
  readonly purpose = 'recommendation';
  #loaded: Loaded | undefined;
  #loading: Promise<Recommender> | undefined;

  constructor(
    private readonly store: RecommendationsStore,
    private readonly products: ProductsStore,
    private readonly models: ModelVault,
    private readonly trainer: RecommendationsTrainer,
    private readonly audit: AuditLog,
    private readonly unitOfWork: UnitOfWork,
    private readonly now: () => number = Date.now,
  ) {}

  async record(
    tx: Tx,
    asker: Asker,
    { gate, key }: Leave<'recommendation'>,
    { events }: BodyOf<typeof recordEvents>,
  ): Promise<ReplyOf<typeof recordEvents>> {
    const named = events.flatMap((event) => (event.kind === 'interaction' ? [event.product] : []));
    const known = await this.products.findKnown(tx, named);
    const wanted = events.filter((event) => event.kind === 'profile' || known.has(event.product));
    const at = this.now();
    const rows = wanted.map((event, order) => sealEvent(key, gate.pseudonym, event, at + order / 1_000));
    const recorded = rows.length === 0 ? 0 : await this.store.insert(tx, gate.pseudonym, rows);
    await this.audit.append(
      tx,
      eventsRecorded({
        ...byWithin(asker, this.purpose),
        subject: subjectOf(gate),
        purpose: this.purpose,
        count: recorded,
      }),
    );
    return {
      recorded,
      duplicate: wanted.length - recorded,
      unknownProduct: events.length - wanted.length,
    };
  }

  /** @param recommender from {@link current}, loaded before the gate was locked */
  async list(
    tx: Tx,
    asker: Asker,
    { gate, key }: Leave<'recommendation'>,
    recommender: Recommender,
    { limit, category }: QueryOf<typeof listRecommendations>,
  ): Promise<ReplyOf<typeof listRecommendations>> {
    const rows = await this.store.findEvents(tx, gate.pseudonym);
    const person = recommender.preferencesOf(openEvents(key, gate.pseudonym, rows));
    const list = recommender.recommend(person, limit, category);
    await this.audit.append(
      tx,
      recommendationsRead({
        ...byWithin(asker, this.purpose),
        subject: subjectOf(gate),
        purpose: this.purpose,
        count: list.items.length,
      }),
    );
    return { items: [...list.items], personalised: list.personalised };
  }

  /** The model and catalogue of now; loaded again when either has changed. */
  async current(): Promise<Recommender> {
    const [version, revision] = await this.unitOfWork.run(async (tx) => [
      await this.store.findVersion(tx),
      await this.products.getRevision(tx),
    ]);
    const loaded = this.#loaded;
    if (loaded?.version === version && loaded.revision === revision) return loaded.recommender;
    // One load for all who wait for it: a model is some megabytes to open.
    this.#loading ??= this.load(revision).finally(() => {
      this.#loading = undefined;
    });
    return this.#loading;
  }

  /** A model in which the person is not takes the place of the one in which they are. */
  forget(): Promise<void> {
    return this.trainer.train();
  }

  erase(tx: Tx, pseudonym: Buffer): Promise<void> {
    return this.store.erase(tx, pseudonym);
  }

  private async load(revision: bigint): Promise<Recommender> {
    // A training may put its model in the place of the one that was just read and have that one's key destroyed: then
    // there is a newer one to read.
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const [row, catalogue] = await this.unitOfWork.run(async (tx) => [
        await this.store.findSnapshot(tx),
        await this.products.findAll(tx),
      ]);
      const snapshot = row && (await this.models.open(row.model_key, row.sealed));
      if (row && !snapshot) continue;
      const recommender = Recommender.of(snapshot, catalogue);
      this.#loaded = { version: row?.version ?? 0, revision, recommender };
      return recommender;
    }
    throw new Error('the model was replaced each time it was read');
  }
}
