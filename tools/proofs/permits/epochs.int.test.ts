import type { PermitState } from '@integument/contracts';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Gate } from '../../../apps/api/src/features/permits/index.js';
import { CACHE_MS } from '../../../apps/api/src/features/permits/permit-keys.js';
import { FATES, type Fate } from './late-post.js';
import type { PersonSession } from './person-session.js';
import { playStories } from './stories.js';
import { tolerating } from './tolerating.js';
import { TwoPlanes } from './two-planes.js';

const PURPOSE = 'ingest';
const DEEDS = [
  ...['give', 'give', 'give', 'withdraw', 'withdraw', 'expire', 'erase', 'outbox', 'reconcile'],
  ...['effect', 'look', 'arrive', 'arrive', 'release', 'release', 'pass', 'pass'],
] as const;

/** What happens next, the fate of its first message, and which session, replica or message is meant. */
type Step = readonly [deed: (typeof DEEDS)[number], fate: Fate, which: number];
const steps = fc.array(
  fc.tuple(fc.constantFrom(...DEEDS), fc.constantFrom('arrives', 'held', ...FATES), fc.nat(7)),
  { minLength: 4, maxLength: 30, size: 'max' },
);

/** In which everything happens that is counted: among few stories chance may leave one of them out. */
const WHOLE: Step[] = [
  ['effect', 'arrives', 0],
  ['give', 'arrives', 0],
  ['effect', 'arrives', 0],
  ['look', 'arrives', 0],
  ['withdraw', 'arrives', 0],
  ['pass', 'arrives', 7],
];

/** The opening comes last of all: the gate that it was for is gone by then, and the vault never knew another. */
const OVERTAKEN: Step[] = [
  ['give', 'late', 0],
  ['reconcile', 'arrives', 0],
  ['pass', 'arrives', 5],
  ['reconcile', 'arrives', 0],
  ['erase', 'arrives', 0],
];

interface Row {
  readonly gate: string;
  readonly state: PermitState;
  readonly epoch: number;
  readonly pseudonym: string | null;
  readonly has_key: boolean;
}
const COLUMNS = "encode(gate_id, 'hex') AS gate, state, epoch, encode(pseudonym, 'hex') AS pseudonym";

let planes: TwoPlanes;
beforeAll(async () => {
  planes = await TwoPlanes.open();
});
afterAll(() => planes.close());

const tally = { effects: 0, refused: 0, cached: 0, expiredKeys: 0 };

/** Somebody with two sessions, and everything that is under way because of them. */
class Story {
  readonly #underWay: Promise<unknown>[] = [];
  /** what requests saw of an open gate before they asked for its key */
  readonly #looked: Gate[] = [];
  /** Since when the vault knows a permit as closed: until it has heard it gives the key, which the closed gate keeps from any use. */
  readonly #closedSince = new Map<string, number>();

  private constructor(private readonly sessions: readonly [PersonSession, PersonSession]) {}

  static async begin(): Promise<Story> {
    await planes.wipe();
    const first = await planes.signIn();
    return new Story([first, await first.again()]);
  }

  async take([deed, fate, which]: Step): Promise<void> {
    const { post, clock } = planes;
    const session = this.sessions[which % 2 === 0 ? 0 : 1];
    switch (deed) {
      case 'give':
        return this.begin(fate, () => session.give(PURPOSE));
      case 'withdraw':
        return this.begin(fate, () => session.withdraw(PURPOSE));
      case 'expire':
        await planes.api.query(`UPDATE permit_gate SET ends_on = current_date WHERE state = 'open'`);
        return this.begin(fate, () => planes.api.expiry.run());
      case 'erase':
        await planes.api.query(`UPDATE permit_gate SET due_on = current_date WHERE state = 'frozen'`);
        return this.begin(fate, () => planes.erasures.eraseDue());
      case 'outbox':
        return this.begin(fate, () => planes.outbox.work());
      case 'reconcile':
        return void (await planes.reconciler.run());
      case 'effect':
        return this.effect(session, which >> 1);
      case 'look':
        return this.look();
      case 'arrive':
        return post.arrive(which);
      case 'release':
        return post.release(which);
      case 'pass':
        return clock.advance({ seconds: 12 * which });
    }
  }

  /** Everything arrives, in some order, and the worker does its duties: then both halves say the same. */
  async end(which: () => number): Promise<void> {
    await planes.post.arriveAll(which, () => this.hold());
    await Promise.all(this.#underWay);
    await planes.settle();
    await this.hold();
    const permits = new Map((await permitRows()).map((row) => [row.gate, row]));
    for (const { gate, state, epoch } of await gateRows()) {
      const permit = permits.get(gate);
      if (state === 'destroyed') expect(permit?.state ?? 'destroyed').toBe('destroyed');
      // What was never opened, or is erased at the vault already, has nothing left to agree about.
      else if (permit?.state !== 'destroyed') expect(permit).toMatchObject({ state, epoch });
      else expect(state).toBe('frozen');
    }
    await (await this.sessions[0].again()).give(PURPOSE);
    expect((await gateRows()).filter(({ state }) => state === 'open')).toHaveLength(1);
    await this.hold();
  }

  /** What is true whatever is under way. */
  async hold(): Promise<void> {
    const permits = new Map((await permitRows()).map((row) => [row.gate, row]));
    for (const { gate, state, epoch, pseudonym } of await gateRows()) {
      const permit = permits.get(gate);
      if (state === 'open')
        expect(permit, 'a gate is open without a live key').toMatchObject({
          state: 'open',
          has_key: true,
          pseudonym,
        });
      if (permit && state !== 'destroyed') expect(permit.epoch).toBeLessThanOrEqual(epoch);
    }
    this.noteClosed(permits);
    for (const gate of this.#looked) await this.noKeyOutlives(gate);
  }

  private noteClosed(permits: ReadonlyMap<string, Row>): void {
    for (const [gate, { state }] of permits) {
      if (state === 'open') this.#closedSince.delete(gate);
      else if (!this.#closedSince.has(gate)) this.#closedSince.set(gate, planes.clock.now().getTime());
    }
  }

  /** Not even who saw the gate open, and asks only now, is given a key that was kept. */
  private async noKeyOutlives(gate: Gate): Promise<void> {
    const since = this.#closedSince.get(gate.gate_id.toString('hex'));
    if (since === undefined) return;
    const closedForMs = planes.clock.now().getTime() - since;
    for (const { keys } of planes.replicas) {
      const key = await keys.find(gate);
      if (key) tally.cached++;
      if (closedForMs <= CACHE_MS) continue;
      tally.expiredKeys++;
      expect(key, `a key for processing ${closedForMs} ms after the permit was closed`).toBeNull();
    }
  }

  private async effect(session: PersonSession, replica: number): Promise<void> {
    const { caller } = await session.asker();
    let served: Pick<Row, 'state'>[] = [];
    const work = async () => {
      const pseudonym = planes.api.permits.pseudonymOf(caller, PURPOSE, undefined);
      const { permits } = planes.replicas[replica % 2 === 0 ? 0 : 1];
      // Read where the effect is: what else is under way may open the gate just before it.
      served = await permits.through(pseudonym, PURPOSE, (tx) =>
        tx.query<Row>('SELECT state FROM permit_gate WHERE pseudonym = $1', [pseudonym]),
      );
    };
    if ((await tolerating(work())) !== 'answered') return void tally.refused++;
    tally.effects++;
    expect(served).toEqual([{ state: 'open' }]);
  }

  /** A request begins, and asks for the key later; first it keeps the key that it gets now. */
  private async look(): Promise<void> {
    const { api, replicas } = planes;
    const open = await api.unitOfWork.single((tx) =>
      api.gates.findOpenAfter(tx, PURPOSE, Buffer.alloc(0), 100),
    );
    for (const gate of open) {
      this.#looked.push(gate);
      for (const { keys } of replicas) expect(await keys.find(gate)).not.toBeNull();
    }
  }

  private async begin(fate: Fate, work: () => Promise<unknown>): Promise<void> {
    const { underWay } = await planes.post.during(fate, () => tolerating(work()));
    this.#underWay.push(underWay);
  }
}

const gateRows = () => planes.api.query<Row>(`SELECT ${COLUMNS}, false AS has_key FROM permit_gate`);
const permitRows = () =>
  planes.vault.query<Row>(`SELECT ${COLUMNS}, wrapped_key IS NOT NULL AS has_key FROM permit`);

it(
  'what is given, taken back, renewed, ended and erased agrees in the end, and at no time is more than allowed',
  () => playStories(steps, () => Story.begin(), tally, [WHOLE, OVERTAKEN]),
  2_400_000,
);
