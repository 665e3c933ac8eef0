import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { FATES, type Fate } from './late-post.js';
import type { PersonSession } from './person-session.js';
import { playStories } from './stories.js';
import { tolerating } from './tolerating.js';
import { TwoPlanes } from './two-planes.js';

const PURPOSE = 'fault-finding';
const DEEDS = [
  ...['acknowledge', 'acknowledge', 'give', 'give', 'object', 'object', 'withdraw', 'expire'],
  ...['erase', 'erase', 'outbox', 'reconcile', 'arrive', 'arrive', 'release', 'release'],
] as const;

/** What happens next, the fate of its first message, and which session or message is meant. */
type Step = readonly [deed: (typeof DEEDS)[number], fate: Fate, which: number];
const steps = fc.array(
  fc.tuple(fc.constantFrom(...DEEDS), fc.constantFrom('arrives', 'held', ...FATES), fc.nat(7)),
  { minLength: 4, maxLength: 24, size: 'max' },
);

/** An erasure has set out before the vault could hear of the yes or of the no: too rare for chance. */
const UNHEARD: Step[] = [
  ['acknowledge', 'arrives', 0],
  ['expire', 'arrives', 0],
  ['outbox', 'arrives', 0],
  ['erase', 'late', 0],
  ['give', 'lost', 0],
  ['object', 'lost', 0],
  ['arrive', 'arrives', 0],
];

let planes: TwoPlanes;
beforeAll(async () => {
  planes = await TwoPlanes.open();
});
afterAll(() => planes.close());

const tally = { kept: 0, begun: 0, erased: 0 };

/** Somebody with two sessions, who is told of something, objects, and may change their mind. */
class Story {
  readonly #underWay: Promise<unknown>[] = [];
  /** Their last answered word is a no, and they have not begun to say yes since that began. */
  #isNo = false;
  #yeses = 0;

  private constructor(private readonly sessions: readonly [PersonSession, PersonSession]) {}

  static async begin(): Promise<Story> {
    await planes.wipe();
    const one = await planes.signIn();
    return new Story([one, await one.again()]);
  }

  async take([deed, fate, which]: Step): Promise<void> {
    const person = this.sessions[which % 2 === 0 ? 0 : 1];
    switch (deed) {
      case 'acknowledge':
        return this.during(fate, () => this.acknowledge(person));
      case 'give':
        this.#isNo = false;
        this.#yeses++;
        return this.during(fate, () => person.give(PURPOSE));
      case 'object':
      case 'withdraw':
        return this.during(fate, () => this.sayNo(person, deed));
      case 'expire':
        await planes.api.query(`UPDATE permit_gate SET ends_on = current_date WHERE state = 'open'`);
        return this.during(fate, () => planes.api.expiry.run());
      case 'erase':
        return this.during(fate, () => this.erase());
      case 'outbox':
        return this.during(fate, () => planes.outbox.work());
      case 'reconcile':
        planes.clock.advance({ minutes: 2 });
        return void (await planes.reconciler.run());
      case 'arrive':
        return planes.post.arrive(which);
      case 'release':
        return planes.post.release(which);
    }
  }

  /** Everything arrives, the worker does its duties, and what was said last stands at both planes. */
  async end(which: () => number): Promise<void> {
    await planes.post.arriveAll(which, () => this.hold());
    await Promise.all(this.#underWay);
    for (let round = 0; round < 2; round++) {
      await planes.settle();
      await this.erase();
    }
    expect(await planes.contradictions()).toEqual([]);
    const anew = await this.sessions[0].again();
    if (this.#isNo) {
      tally.kept++;
      expect(await anew.state(PURPOSE)).toBe('declined');
      for (const session of [anew, ...this.sessions])
        await expect(session.acknowledge(PURPOSE)).rejects.toMatchObject({ code: 'consent.objected' });
    }
    expect(await anew.give(PURPOSE)).toMatchObject({ state: 'open' });
    expect(await anew.object(PURPOSE)).toMatchObject({ state: 'frozen', confirmed: true });
  }

  async hold(): Promise<void> {
    const open = await planes.api.query<{ gate_id: Buffer; pseudonym: Buffer }>(
      `SELECT gate_id, pseudonym FROM permit_gate WHERE state = 'open'`,
    );
    for (const { gate_id, pseudonym } of open)
      expect(
        await planes.vault.query('SELECT state, pseudonym FROM permit WHERE gate_id = $1', [gate_id]),
        'a gate is open without its permit',
      ).toEqual([{ state: 'open', pseudonym }]);
    if (this.#isNo) expect(open, 'a no does not stand').toEqual([]);
  }

  private async acknowledge(person: PersonSession): Promise<void> {
    await person.acknowledge(PURPOSE);
    tally.begun++;
  }

  private async sayNo(person: PersonSession, how: 'object' | 'withdraw'): Promise<void> {
    const before = this.#yeses;
    await person[how](PURPOSE);
    if (this.#yeses === before) this.#isNo = true;
  }

  private async erase(): Promise<void> {
    await planes.api.query(`UPDATE permit_gate SET due_on = current_date WHERE state = 'frozen'`);
    tally.erased += await planes.erasures.eraseDue();
  }

  private async during(fate: Fate, work: () => Promise<unknown>): Promise<void> {
    const { underWay } = await planes.post.during(fate, () => tolerating(work()));
    this.#underWay.push(underWay);
  }
}

it(
  'an objection stands until they say yes themselves, whatever gets lost, comes late or is erased',
  () => playStories(steps, () => Story.begin(), tally, [UNHEARD]),
  1_200_000,
);
