import { setTimeout as sleep } from 'node:timers/promises';
import type { SeededRandom } from '@integument/testing';
import { BACK_WITHIN_MS } from './insist.js';
import { type Changed, Page } from './page.js';
import { FIRST_WORDS, type FirstWord, PURPOSES, type Purpose, type Stage } from './stage.js';

/** Requests that are on their way at once while a consent is taken back. */
const LANES = 2;
const LANE_RESTS_MS = 100;
const WITHDRAWN_WITHIN_MS = 40;
/** Before, while or after the worker opens what was brought, which it looks for twice a second. */
const REFUSED_WITHIN_MS = 1_500;

/** A consent of before that comes while somebody decides, and whether it may have been there first. */
interface Late {
  readonly import: string;
  readonly mayOpen: boolean;
}

interface Traffic {
  /** Resolves when so many requests are answered. */
  hasAnswered(least: number): Promise<void>;
  ended(): Promise<void>;
}

/** Somebody who agrees and takes it back, over and over, while their page and devices go on asking at both replicas. */
export class Mind {
  /** what they have said a word about here */
  readonly #decided = new Set<Purpose>();

  private constructor(
    private readonly stage: Stage,
    readonly page: Page,
    /** as the shop knows them that they come from */
    private readonly customer: string,
  ) {}

  static async signedIn(stage: Stage, name: string): Promise<Mind> {
    const customer = await stage.shop.enrol(name);
    return new Mind(stage, await Page.signedIn(stage, name), customer);
  }

  /** One interleaving: a consent, what it allows, and its withdrawal at the same time. */
  async round(purpose: Purpose): Promise<void> {
    const isNew = !this.#decided.has(purpose);
    this.#decided.add(purpose);
    if (isNew && this.stage.random.chance(0.5)) return this.importedRound(purpose);
    await this.page.change('give', purpose);
    const traffic = this.traffic(() => this.page.effect(purpose));
    await this.closing(purpose, traffic, async () => {
      await traffic.hasAnswered(this.stage.random.below(LANES + 1));
      // What they gave elsewhere before must not undo what they say here.
      const brought = this.stage.random.chance(0.15)
        ? this.later(WITHDRAWN_WITHIN_MS, () => this.stage.shop.bring(this.customer, purpose))
        : null;
      const last = await this.takeBack('withdraw', purpose);
      return { last, late: brought && { import: await brought, mayOpen: false } };
    });
  }

  /** The same of a consent that they gave elsewhere, and that is brought here: their first word comes before it opens, while it does, or after. */
  private async importedRound(purpose: Purpose): Promise<void> {
    const { random, shop } = this.stage;
    const brought = await shop.bring(this.customer, purpose);
    let isAnswered = false;
    let isUsed = false;
    const traffic = this.traffic(async () => {
      if (!isAnswered && random.chance(0.3)) await this.page.beginAnew();
      if (!(await this.page.effect(purpose))) return;
      isUsed = true;
      this.stage.findings.imports.served++;
    });
    await this.closing(purpose, traffic, async () => {
      const word = this.nextFirstWord();
      if (word === 'refused at some time') await sleep(random.fraction() * REFUSED_WITHIN_MS);
      if (word === 'withdrawn when it was used') await until(() => isUsed);
      // Nothing can be taken back before something lives: it is tried until then.
      const last = await this.takeBack(word === 'refused at some time' ? 'refuse' : 'withdraw', purpose);
      isAnswered = true;
      await this.page.hasBegun();
      return { last, late: { import: brought, mayOpen: true } };
    });
  }

  private nextFirstWord(): FirstWord {
    const { firstWords, random } = this.stage;
    if (firstWords.length === 0) firstWords.push(...random.shuffle(FIRST_WORDS));
    return firstWords.pop() as FirstWord;
  }

  /** From the answer on nothing more takes effect, whatever comes late. */
  private async closing(
    purpose: Purpose,
    traffic: Traffic,
    close: () => Promise<{ last: Changed; late: Late | null }>,
  ): Promise<void> {
    const { findings } = this.stage;
    let answered = 0;
    let pseudonym: Buffer | null = null;
    try {
      const { last, late } = await close();
      if (last.permit) pseudonym = Buffer.from(last.permit.slice('psn_'.length), 'base64url');
      answered = await this.page.rows(purpose, pseudonym);
      await this.page.askAgain(purpose);
      if (late) await this.standsAgainst(purpose, late);
    } finally {
      await traffic.ended();
    }
    const after = await this.page.rows(purpose, pseudonym);
    if (after !== answered)
      findings.violations.push(`${after - answered} rows of ${purpose} after the answer`);
    findings.withdrawals++;
    if (pseudonym) findings.closed.push({ purpose, pseudonym, rows: answered });
  }

  /** What was decided here holds when the import has come to its end as well. */
  private async standsAgainst(purpose: Purpose, { import: name, mayOpen }: Late): Promise<void> {
    const { findings, shop } = this.stage;
    const hasOpened = await shop.hasOpened(name);
    findings.imports[hasOpened ? 'opened' : 'refused']++;
    if (hasOpened && !mayOpen)
      findings.violations.push(`an import opened ${purpose}, about which its person had decided`);
    await this.page.askAgain(purpose);
    const state = await this.page.stateOf(purpose);
    if (state !== 'frozen' && state !== 'declined')
      findings.violations.push(`${purpose} is ${state} after an import`);
    if (hasOpened) await this.page.keepReceipt(purpose);
  }

  /** Sometimes somebody else with the same session agrees at the same moment. */
  private async takeBack(word: 'withdraw' | 'refuse', purpose: Purpose): Promise<Changed> {
    const renewal = this.stage.random.chance(0.2)
      ? this.later(WITHDRAWN_WITHIN_MS, () => this.page.word('give', purpose))
      : null;
    const answer = await this.later(WITHDRAWN_WITHIN_MS, () => this.page.change(word, purpose));
    if (!renewal) return answer;
    // Which of the two came last is not told by their answers: so a last word is said, and that counts.
    await renewal;
    return this.page.change(word, purpose);
  }

  /** Requests one after the other on each lane, until they are told to end: then some are on their way. */
  private traffic(ask: () => Promise<unknown>): Traffic {
    let isOver = false;
    let count = 0;
    const lane = async () => {
      while (!isOver) {
        await this.later(LANE_RESTS_MS, ask);
        count++;
      }
    };
    const lanes = Promise.all(Array.from({ length: LANES }, lane));
    // It is said when they are awaited.
    lanes.catch(() => undefined);
    return {
      hasAnswered: (least: number) => until(() => count >= least),
      ended: async () => {
        isOver = true;
        await lanes;
      },
    };
  }

  private async later<T>(withinMs: number, work: () => Promise<T>): Promise<T> {
    await sleep(this.stage.random.fraction() * withinMs);
    return work();
  }
}

async function until(isSo: () => boolean): Promise<void> {
  const deadline = performance.now() + BACK_WITHIN_MS;
  while (!isSo()) {
    if (performance.now() > deadline) throw new Error('nothing of what was waited for happens any more');
    await sleep(2);
  }
}

/** Everybody has rounds of their own, in turns of both purposes, at the same time. Now and then somebody new comes in another's place. */
export async function interleave(
  minds: Mind[],
  goesOn: (rounds: number) => boolean,
  newcomer: (count: number) => Promise<Mind>,
  random: SeededRandom,
): Promise<void> {
  let rounds = 0;
  let newcomers = 0;
  const place = async (first: Mind, at: number) => {
    let mind = first;
    for (let turn = at; goesOn(rounds++); turn++) {
      if (random.chance(0.05)) mind = await newcomer(++newcomers);
      minds[at] = mind;
      await mind.round(PURPOSES[turn % 2] ?? 'ingest');
    }
  };
  await Promise.all(minds.map(place));
}
