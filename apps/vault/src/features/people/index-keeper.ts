import { canonicalJson } from '@integument/crypto';
import type { Tx, UnitOfWork } from '@integument/database';
import type { Logger } from '@integument/telemetry';
import { isUnopened } from '../keys/index.js';
import { definitionOf, type Indexed, type PersonIndex } from './person-index.js';
import type { PersonIndexStore, PlanRow, StalePerson } from './person-index.store.js';
import type { PersonSealer } from './sealed-person.js';

const BATCH = 100;
/** How often each process looks which plan is in force. */
const FOLLOW_MS = 5_000;
/** Each process has looked by then, and what it had begun before is through. */
const SETTLED_MS = 3 * FOLLOW_MS;
/** Looks at the whole table take no more than a hundredth of the time, or come every ten minutes. */
const COUNT_SHARE = 100;
const COUNT_SELDOM_MS = 600_000;
const START = Buffer.alloc(0);

export interface IndexKeeperOptions {
  readonly index: PersonIndex;
  readonly store: PersonIndexStore;
  readonly sealer: PersonSealer;
  readonly unitOfWork: UnitOfWork;
  readonly logger: Pick<Logger, 'info' | 'warn' | 'error'>;
  /** milliseconds since the epoch */
  readonly now?: () => number;
  /** how long a plan must have been in force before an index of it can be complete */
  readonly settledMs?: number;
  /** one stretch of work, behind which the process can end */
  readonly sliceMs?: number;
}

export interface Restamped {
  readonly people: number;
  /** where the next batch begins: behind this person. Null: there is none */
  readonly last: Buffer | null;
}

/**
 * Brings the coarse indexes to what the operator declares. A plan is enacted where there are enough people for what it tells. From then on
 * enrolments and changes write by it; everybody whom another plan has made, or none, is gone through in batches, by any number of
 * processes; and when nobody is left, people may be looked for in it. Nothing is kept of how far that is: whom a kill, or a process
 * with another file, has left behind is known by the plan's number that stands at each person.
 */
export class IndexKeeper {
  readonly #declaration: string;
  readonly #definitions: readonly string[];
  readonly #now: () => number;
  #plan: PlanRow | null = null;
  #superseded = false;
  /** Where the walk is; null between two. */
  #after: Buffer | null = null;
  #followAt = 0;
  #countAt = 0;
  #said: string | null = null;

  constructor(private readonly options: IndexKeeperOptions) {
    this.#definitions = options.index.stored.map(definitionOf).sort();
    this.#declaration = canonicalJson([...this.#definitions]);
    this.#now = options.now ?? Date.now;
  }

  /** At the start, before anything is answered. Where nothing was ever declared that is one small look. */
  async begin(): Promise<void> {
    await this.options.unitOfWork.run(async (tx) => {
      const newest = await this.newest(tx);
      if (newest ? newest.declaration === this.#declaration : this.#definitions.length === 0) return;
      await this.enact(tx, newest);
    });
    await this.follow();
  }

  /** Whether there is, or was, anything to keep: else {@link beat} need not be called. */
  get isNeeded(): boolean {
    return this.#definitions.length > 0 || this.#plan !== null;
  }

  /** Does some work, if there is any; to be called again and again. */
  async beat(): Promise<void> {
    if (this.#now() >= this.#followAt) await this.follow();
    if (!this.#plan || this.#superseded) return;
    if (this.#after) await this.walk();
    else if (this.#now() >= this.#countAt) await this.count(this.#plan);
  }

  /** Those of whom digests under other versions of the index key than this one can be made anew here. */
  async countUnderOthers(tx: Tx, indexKey: number): Promise<number> {
    const { store, index } = this.options;
    return index.inForce ? store.countUnderOthers(tx, index.inForce.plan, indexKey) : 0;
  }

  /**
   * Makes such digests anew, for a rotation of the index key. Only by the plan that they were made by: whom another plan has made is
   * gone through anyway, by whoever follows the newest one.
   * @param after where the last call ended
   */
  async restamp(tx: Tx, indexKey: number, after: Buffer, size: number): Promise<Restamped> {
    const { store, index } = this.options;
    if (!index.inForce) return { people: 0, last: null };
    const most = Math.min(size, BATCH);
    const people = await store.lockUnderOthers(tx, index.inForce.plan, indexKey, after, most);
    const last = await this.remake(tx, people);
    return { people: people.length, last: people.length === most ? last : null };
  }

  private newest(tx: Tx): Promise<PlanRow | null> {
    return this.options.store.newestPlan(tx, this.options.settledMs ?? SETTLED_MS);
  }

  /** Only in the place of what was read: of two processes the second one finds what the first has done. */
  private async enact(tx: Tx, read: PlanRow | null): Promise<void> {
    const { store, index } = this.options;
    await store.lockPlans(tx);
    const newest = await this.newest(tx);
    if (newest?.plan_id !== read?.plan_id) return;
    const { people } = await store.count(tx, null);
    await store.enact(tx, this.#declaration, people >= index.plan.least ? this.#definitions : []);
  }

  /** Learns which plan is in force. Who started last is right, while anybody with that file is still there. */
  private async follow(): Promise<void> {
    const { store, unitOfWork } = this.options;
    this.#followAt = this.#now() + FOLLOW_MS;
    let newest = await unitOfWork.single((tx) => this.newest(tx));
    if (newest?.abandoned && newest.declaration !== this.#declaration) {
      await unitOfWork.run((tx) => this.enact(tx, newest));
      newest = await unitOfWork.single((tx) => this.newest(tx));
    }
    this.#superseded = newest !== null && newest.declaration !== this.#declaration;
    if (this.#superseded) this.standBack();
    if (!newest || this.#superseded) return;
    const { plan_id } = newest;
    await unitOfWork.single((tx) => store.see(tx, plan_id));
    this.adopt(newest);
  }

  private standBack(): void {
    const { index, logger } = this.options;
    index.use(null);
    this.once('superseded', () => logger.warn('search indexes follow the file of another process'));
  }

  private adopt(newest: PlanRow): void {
    const { index } = this.options;
    const known = this.#plan?.plan_id === newest.plan_id && (index.inForce !== null) === isOfSome(newest);
    this.#plan = newest;
    if (known) return;
    const ids = new Map(Object.entries(newest.ids));
    index.use(isOfSome(newest) ? { plan: newest.plan_id, ids } : null);
    this.#after = null;
    this.#countAt = 0;
  }

  /** Who is left to be gone through, and whether there still are enough people, or at last. */
  private async count(plan: PlanRow): Promise<void> {
    const { store, unitOfWork, index, logger } = this.options;
    const before = this.#now();
    const { people, stale } = await unitOfWork.single((tx) => store.count(tx, stampOf(plan)));
    const took = this.#now() - before;
    this.#countAt = before + Math.max(FOLLOW_MS, Math.min(COUNT_SHARE * took, COUNT_SELDOM_MS));
    const isEnough = this.#definitions.length > 0 && people >= index.plan.least;
    const figures = { count: people, size: index.plan.least };
    if (!isEnough && this.#definitions.length > 0)
      this.once('waiting', () => logger.info('search indexes wait until there are enough people', figures));
    if (isEnough !== isOfSome(plan)) {
      await unitOfWork.run((tx) => this.enact(tx, plan));
      await this.follow();
    } else if (stale > 0) {
      this.#after = START;
    } else if (isOfSome(plan) && !plan.settled) {
      this.#countAt = before + FOLLOW_MS;
    } else if (isOfSome(plan)) {
      const fresh = await unitOfWork.single((tx) => store.makeReady(tx, Object.values(plan.ids)));
      if (fresh > 0) this.once('complete', () => logger.info('search indexes are complete', figures));
    }
  }

  private async walk(): Promise<void> {
    const { store, unitOfWork, sliceMs = 2_000 } = this.options;
    const end = this.#now() + sliceMs;
    do {
      const after = this.#after ?? START;
      const stamp = this.options.index.inForce?.plan ?? null;
      this.#after = await unitOfWork.run(async (tx) =>
        this.remake(tx, await store.lockStale(tx, stamp, after, BATCH)),
      );
    } while (this.#after && this.#now() < end);
    // Nobody is left, but for those whom somebody had locked.
    if (!this.#after) this.#countAt = 0;
  }

  /** @returns the last of them; null where there was nobody */
  private async remake(tx: Tx, people: readonly StalePerson[]): Promise<Buffer | null> {
    const last = people.at(-1);
    if (!last) return null;
    // With somebody who is being erased nothing is done any more, and where no plan is in force nobody is opened.
    if (this.options.index.inForce) this.options.sealer.demandWarm(people.filter(({ erasing }) => !erasing));
    const remade = people.map((person) => ({ personId: person.personId, indexed: this.indexedOf(person) }));
    await this.options.store.replace(tx, remade);
    return last.personId;
  }

  private indexedOf(person: StalePerson): Indexed | null {
    const { index, sealer, logger } = this.options;
    const none = index.inForce && { plan: index.inForce.plan, rows: [] };
    // With somebody who is being erased nothing is done any more: theirs only go.
    if (!none || person.erasing) return none;
    try {
      return index.of(sealer.open(person, index.fields));
    } catch (error) {
      // One row that somebody changed must not keep all others from being found.
      if (!isUnopened(error)) throw error;
      logger.error('a person who does not open is left out of the search indexes', { error });
      return none;
    }
  }

  /** Says it once for each time that it comes to that. */
  private once(what: 'superseded' | 'waiting' | 'complete', say: () => void): void {
    if (this.#said === what) return;
    this.#said = what;
    say();
  }
}

/** There may be none in force though some are declared: while there are too few people. */
function isOfSome({ ids }: PlanRow): boolean {
  return Object.keys(ids).length > 0;
}

/** What stands at a person who is as the plan says. */
function stampOf(plan: PlanRow): number | null {
  return isOfSome(plan) ? plan.plan_id : null;
}
