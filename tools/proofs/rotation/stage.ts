import { setTimeout as sleep } from 'node:timers/promises';
import { migrate, openDatabase } from '@integument/database';
import { SeededRandom } from '@integument/testing';
import { expect } from 'vitest';
import { KEYS_LEASE_MS } from '../../../apps/vault/src/features/keys/index.js';
import { vaultMigrations } from '../../../apps/vault/src/migrations/index.js';
import type { KeyLives } from '../../../apps/vault/src/rotation-settings.js';
import { TestVault } from '../../../apps/vault/src/vault.fixture.js';
import { keyringFiles, type Place } from '../../../apps/vault/src/vault-place.fixture.js';
import { databaseUrl, ensureDatabase, type Server } from '../../postgres/server.js';
import type { Death } from '../audit/mortal-task.js';
import { Life } from './life.js';
import { expectSomebody, expectToken } from './reads.js';
import { type RotatingTask, SEARCH } from './rotating-task.js';
import { SharedClock } from './shared-clock.js';
import { Survivor } from './survivor.js';
import { expectTrue, type Told, told } from './told.js';

const PEOPLE = 40;
/** Not all rows of a domain in one transaction. */
const BATCH = 9;
const DAY = 86_400;

/** How a process is to die: at a step of its own, or from outside when its time is over, whichever comes first. */
export interface Fate {
  readonly death: Death | undefined;
  readonly ms: number;
}

/** A vault of which one process is killed again and again while it rotates keys, and another one goes on. */
export class Stage {
  /** Processes that wait for their turn, and all that there have been. */
  readonly #waiting: Life[] = [];
  readonly #begun: Life[] = [];
  #left = 0;
  readonly #random: SeededRandom;
  readonly #replacedBefore = new Map<string, number>();
  #replaced = 0;
  #turn: Promise<unknown> = Promise.resolve();
  #over = false;

  private constructor(
    readonly place: Place,
    readonly clock: SharedClock,
    readonly survivor: Survivor,
    readonly lives: KeyLives,
    seed: number,
    private readonly begin: (stage: Stage) => Promise<void>,
  ) {
    this.#random = new SeededRandom(seed + 1);
  }

  /** @param begin what makes a rotation begin, where none is left to be gone on with */
  static async open(
    server: Server,
    { name, seed, lives }: { name: string; seed: number; lives: KeyLives },
    begin: (stage: Stage) => Promise<void> = () => Promise.resolve(),
  ): Promise<Stage> {
    await ensureDatabase(server, 'vault', 'vault', name);
    const url = databaseUrl(server.port, 'vault', 'vault', name);
    const options = { url, poolSize: 2, applicationName: 'vault tests' };
    const database = await openDatabase({ ...options, migrations: vaultMigrations });
    await migrate(database).finally(() => database.destroy());
    const files = keyringFiles();
    const clock = new SharedClock();
    const keys = { leaseMs: KEYS_LEASE_MS, now: clock.seen };
    const place = { url, files, keys, remove: () => Promise.resolve(files.remove()) };
    const vault = await TestVault.at(place, SEARCH);
    await SharedClock.hang(vault.unitOfWork);
    await clock.pass(vault.unitOfWork, 0);
    await vault.keys.refresh();
    const survivor = new Survivor(vault, new SeededRandom(seed + 2));
    for (let n = 0; n < PEOPLE; n++) await survivor.enrol();
    await enact(vault);
    return new Stage(place, clock, survivor, lives, seed, begin);
  }

  /** Kills so many, and then lets one live until all that was begun has come to its end. */
  async run(kills: number, fate: () => Fate): Promise<void> {
    this.#left = kills + 1;
    const working = this.work();
    const living = async () => {
      for (let kill = 0; kill < kills && !this.#over; kill++) await this.live(fate());
      await this.live(null);
    };
    await Promise.all([working, living()].map((one) => one.finally(() => (this.#over = true))));
  }

  async close(): Promise<void> {
    this.#left = 0;
    for (const life of this.#begun) life.kill();
    await this.survivor.vault.close();
  }

  /** One process, from its beginning to its end. @param fate null: it lives until everything is over */
  private async live(fate: Fate | null): Promise<void> {
    const life = this.nextLife();
    await life.ready();
    life.do(this.taskOf(fate));
    const killing = fate && setTimeout(() => life.kill(), fate.ms);
    while (await life.round()) {
      const isOver = await this.alone(() => this.timePasses(fate !== null));
      if (!fate && isOver) life.kill();
    }
    if (killing) clearTimeout(killing);
    await life.buried();
    await this.alone(() => this.look());
  }

  /** The next ones load their modules meanwhile, which takes longer than most lives. */
  private nextLife(): Life {
    while (this.#left > 0 && this.#waiting.length < 2) {
      this.#left--;
      const life = Life.begin();
      this.#waiting.push(life);
      this.#begun.push(life);
    }
    const life = this.#waiting.shift();
    if (!life) throw new Error('more lives than there were to be');
    return life;
  }

  private taskOf(fate: Fate | null): RotatingTask {
    const { url, files } = this.place;
    return { url, files, lives: this.lives, batch: BATCH, ...(fate?.death && { death: fate.death }) };
  }

  /** What others do meanwhile. */
  private async work(): Promise<void> {
    while (!this.#over) {
      await this.alone(() => this.survivor.act());
      await sleep(this.#random.below(15));
    }
  }

  /** Between two writes: what is on its way when time jumps would be so for days. */
  private alone<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#turn.then(work);
    this.#turn = turn.catch(() => undefined);
    return turn;
  }

  /** @param again whether something is to begin where nothing is left to be done @returns whether nothing was left */
  private async timePasses(again: boolean): Promise<boolean> {
    const { vault } = this.survivor;
    const now = await told(vault);
    const over = isOver(now);
    if (over && !again) return true;
    if (over) await this.begin(this);
    await this.clock.pass(vault.unitOfWork, this.jump(now));
    await vault.keys.refresh();
    return over;
  }

  /** As far as what runs just now can be seen at each of its states. */
  private jump({ rotations }: Told): number {
    const open = rotations.filter(({ state }) => state !== 'done');
    if (open.some(({ domain, state }) => domain !== 'session' || state !== 'waiting')) {
      return this.#random.pick([20, 100, 200, 200]);
    }
    return open.length > 0 ? DAY + 3_600 : 10 * DAY;
  }

  private async look(): Promise<void> {
    const { survivor } = this;
    const { vault, people, tokens } = survivor;
    const now = await told(vault);
    expectTrue(now, this.lives.destroyAfterDays, ({ rotation_id }) => {
      const id = rotation_id.toString('hex');
      const before = this.#replacedBefore.get(id) ?? this.#replaced;
      this.#replacedBefore.set(id, before);
      return survivor.replaced - before;
    });
    this.#replaced = survivor.replaced;
    if (people.length > 0) await expectSomebody(survivor, this.#random.pick(people));
    if (tokens.length > 0) await expectToken(survivor, this.#random.pick(tokens));
    if (this.#random.chance(0.5)) await this.lookAtRoots(now);
  }

  /** Not each time: whoever looks finishes what the dead has begun. */
  private async lookAtRoots({ roots, versions }: Told): Promise<void> {
    const { oldest, available } = await this.survivor.vault.keyring.versions();
    const gone = roots.filter(({ destroyed }) => destroyed).map(({ version }) => version);
    expect(Math.max(0, ...gone)).toBeLessThan(available);
    for (const { state, roots: under } of versions) {
      if (state !== 'destroyed') expect(under.at(-1)).toBeGreaterThanOrEqual(oldest);
    }
  }
}

/** Whether everything that was replaced is destroyed, and something was. */
export function isOver({ versions, rotations, roots }: Told): boolean {
  const areDone = rotations.length > 0 && rotations.every(({ state }) => state === 'done');
  const areGone = versions.every(({ state }) => state === 'current' || state === 'destroyed');
  return areDone && areGone && roots.length > 1 && roots.filter(({ destroyed }) => !destroyed).length === 1;
}

/** Coarse indexes are there from now on. */
async function enact(vault: TestVault): Promise<void> {
  for (let beats = 0; beats < 10; beats++) {
    vault.ahead += 601_000;
    await vault.keeper.beat();
  }
}
