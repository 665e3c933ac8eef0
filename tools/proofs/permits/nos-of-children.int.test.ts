import type { GuardianshipId, PurposeName } from '@integument/contracts';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Family } from '../../../apps/vault/src/features/guardianships/family.fixture.js';
import { FATES, type Fate } from './late-post.js';
import { PersonSession } from './person-session.js';
import { playStories } from './stories.js';
import { tolerating } from './tolerating.js';
import { TwoPlanes } from './two-planes.js';

const DEEDS = [
  ...['tell', 'give', 'give', 'give', 'guardian-no', 'guardian-no', 'child-no', 'expire', 'replace'],
  ...['erase', 'outbox', 'reconcile', 'arrive', 'arrive', 'release', 'release'],
] as const;

/** What happens next, the fate of its first message, and which way or message is meant. */
type Step = readonly [deed: (typeof DEEDS)[number], fate: Fate, which: number];
const steps = fc.array(
  fc.tuple(fc.constantFrom(...DEEDS), fc.constantFrom('arrives', 'held', ...FATES), fc.nat(7)),
  { minLength: 4, maxLength: 20, size: 'max' },
);

const SAID_NO = { code: 'consent.child_said_no' };
/** A no of each kind, in whatever state it finds the purpose. */
const NOS = {
  ingest: ['refuse', 'withdraw'],
  'fault-finding': ['object', 'withdraw'],
} as const satisfies Partial<Record<PurposeName, readonly (keyof PersonSession)[]>>;

let planes: TwoPlanes;
beforeAll(async () => {
  planes = await TwoPlanes.open();
});
afterAll(() => planes.close());

const tally = { begun: 0, held: 0, replaced: 0 };

/** A child, and whoever answers for it: who says yes and no in its place, and ends. */
class Story {
  readonly #underWay: Promise<unknown>[] = [];
  /** The child has said no, and was answered. */
  #isNo = false;
  #hasTried = false;

  private constructor(
    private readonly purpose: keyof typeof NOS,
    private readonly family: Family,
    private readonly child: PersonSession,
    private guardianship: GuardianshipId,
    private guardian: PersonSession,
  ) {}

  static async begin(purpose: keyof typeof NOS): Promise<Story> {
    await planes.wipe();
    const family = await Family.of(planes.vault);
    const child = await planes.signIn(family.childId);
    return new Story(purpose, family, child, ...(await answering(family, purpose)));
  }

  async take([deed, fate, which]: Step): Promise<void> {
    const { guardian, child, purpose } = this;
    const no = NOS[purpose][which % 2 === 0 ? 0 : 1];
    switch (deed) {
      case 'tell':
        return this.during(fate, () => guardian.acknowledge(purpose));
      case 'give':
        return this.during(fate, () => this.give());
      case 'guardian-no':
        return this.during(fate, () => guardian[no](purpose));
      case 'child-no':
        return this.during(fate, () => this.sayNo(child, no));
      case 'expire':
        await planes.api.query(`UPDATE permit_gate SET ends_on = current_date WHERE state = 'open'`);
        return this.during(fate, () => planes.api.expiry.run());
      case 'replace':
        return this.during(fate, () => this.replace());
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

  /** Everything arrives, the worker does its duties, and nobody has said yes over the child's no, nor can. */
  async end(which: () => number): Promise<void> {
    await planes.post.arriveAll(which, () => this.hold());
    await Promise.all(this.#underWay);
    await this.replace();
    await planes.settle();
    await this.erase();
    await this.hold();
    expect(await planes.contradictions()).toEqual([]);
    if (!this.#hasTried) {
      expect(await this.guardian.give(this.purpose)).toMatchObject({ state: 'open' });
      await this.sayNo(this.child, NOS[this.purpose][0]);
    }
    if (this.#isNo) await this.expectNoYes();
  }

  async hold(): Promise<void> {
    if (!this.#isNo) return;
    const open = await planes.api.query(`SELECT gate_id FROM permit_gate WHERE state = 'open'`);
    expect(open, 'somebody said yes over the no of a child').toEqual([]);
  }

  private async expectNoYes(): Promise<void> {
    tally.held++;
    await expect(this.guardian.give(this.purpose)).rejects.toMatchObject(SAID_NO);
    await this.replace();
    await expect(this.guardian.give(this.purpose)).rejects.toMatchObject(SAID_NO);
    await this.hold();
  }

  private async give(): Promise<void> {
    await this.guardian.give(this.purpose);
    tally.begun++;
  }

  private async sayNo(child: PersonSession, no: 'object' | 'refuse' | 'withdraw'): Promise<void> {
    this.#hasTried = true;
    await child[no](this.purpose);
    this.#isNo = true;
  }

  /** The child ends who answered for it, and somebody is recorded anew. */
  private async replace(): Promise<void> {
    await this.family.end(this.guardianship);
    [this.guardianship, this.guardian] = await answering(this.family, this.purpose);
    tally.replaced++;
    await planes.api.guardianshipEndings.carryOut();
  }

  /** Of what rests on an interest the no stays; with a consent it is forgotten as well, and so nothing is erased here. */
  private async erase(): Promise<void> {
    if (this.purpose === 'ingest') return;
    await planes.api.query(`UPDATE permit_gate SET due_on = current_date WHERE state = 'frozen'`);
    await planes.erasures.eraseDue();
  }

  private async during(fate: Fate, work: () => Promise<unknown>): Promise<void> {
    const { underWay } = await planes.post.during(fate, () => tolerating(work()));
    this.#underWay.push(underWay);
  }
}

async function answering(
  family: Family,
  purpose: PurposeName,
): Promise<[guardianship: GuardianshipId, guardian: PersonSession]> {
  const { guardianship } = await family.record([purpose]);
  const code = await family.code(guardianship);
  return [guardianship, await PersonSession.redeem(planes.vault, planes.api, family.childId, code)];
}

it('a child’s own no stands against whoever answers for it, whatever was said before it, gets lost or comes late', () => {
  let stories = 0;
  const begin = () => Story.begin(stories++ % 2 === 0 ? 'ingest' : 'fault-finding');
  return playStories(steps, begin, tally);
}, 1_200_000);
