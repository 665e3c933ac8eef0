import { randomUUID } from 'node:crypto';
import {
  listConsents,
  listRecommendations,
  readReadings,
  recordEvents,
  type StreamName,
  storeReadings,
  withdrawConsent,
} from '@integument/contracts';
import { decodeId } from '@integument/crypto';
import type pg from 'pg';
import { ask, type Exchange, request } from '../../outside/ask.js';
import type { Visitor } from '../../outside/visitor.js';
import { onDatabase } from '../remains.js';
import { permitOf, type Stage } from '../stage.js';
import type { DemoPromise, Trial } from '../transcript.js';
import { agree } from './consent.js';
import { readAll } from './processing.js';

const STREAM: StreamName = 'uv-exposure';
const PURPOSES = ['ingest', 'recommendation'] as const;
const ROUNDS = 12;
const SENDERS = 8;
/** readings taken before the withdrawal is sent, and tried after it was answered */
const BEFORE = 16;
const AFTERWARDS = 16;
const PATIENCE_MS = 20_000;

export const withdrawal: DemoPromise<Stage> = {
  title: 'After withdrawal no reading, read or recommendation succeeds; after renewed consent they do',
  async keep(stage, trial) {
    await everythingWorks(stage, trial, 'before it, everything works');
    const accepted = await withdrawUnderLoad(stage, trial);
    await nothingWorks(stage, trial);
    for (const purpose of PURPOSES) {
      const before = stage.alma.permits[purpose];
      const renewed = await agree(stage, stage.alma, purpose);
      if (renewed !== before) throw new Error(`${purpose} was renewed under another pseudonym`);
    }
    await everythingWorks(stage, trial, 'after renewed consent, everything works again');
    await countStored(stage, trial, accepted + 2);
  },
};

/** The ways to do something with Alma's data: in her session, and by the skin app with her permits. */
function uses(stage: Stage): (() => Promise<Exchange>)[] {
  const { alma, skinApp, api } = stage;
  const ingest = { 'integument-permit': permitOf(alma, 'ingest') };
  const recommendation = { 'integument-permit': permitOf(alma, 'recommendation') };
  const inSession = (visitor: Visitor) => visitor === alma.browser;
  return [alma.browser, skinApp].flatMap((by) => {
    const health = inSession(by) ? {} : ingest;
    const taste = inSession(by) ? {} : recommendation;
    return [
      () => storeOne(by, api, health),
      () => request(by, api, readReadings, { headers: health, query: { stream: STREAM } }),
      () => request(by, api, listRecommendations, { headers: taste }),
      () => request(by, api, recordEvents, { headers: taste, body: { events: [profile()] } }),
    ];
  });
}

async function everythingWorks(stage: Stage, trial: Trial, claim: string): Promise<void> {
  const wrong: string[] = [];
  for (const use of uses(stage)) {
    const { status, code } = await use();
    if (status >= 300) wrong.push(`an answer was ${status} ${code ?? ''}`);
  }
  trial.check(claim, wrong[0]);
}

/**
 * Again and again: withdraws while several senders store readings one after the other, who go on after the answer. What
 * counts is the table, looked at the moment the answer is there: a reading that was under way then must not get in.
 * @returns how many readings were acknowledged
 */
async function withdrawUnderLoad(stage: Stage, trial: Trial): Promise<number> {
  const total = { acknowledged: 0, late: 0, slipped: 0, stored: 0 };
  await onDatabase(stage.info.databases.platform, async (client) => {
    for (let round = 0; round < ROUNDS; round++) {
      if (round > 0) await agree(stage, stage.alma, 'ingest');
      const load = await withdrawOnce(stage, client);
      total.acknowledged += load.acknowledged;
      total.late += load.late;
      total.slipped += load.slipped;
      total.stored += load.storedLate;
    }
  });
  await ask(stage.alma.browser, stage.api, withdrawConsent, { params: { purpose: 'recommendation' } });
  const { consents } = await ask(stage.alma.browser, stage.api, listConsents);
  const frozen = consents.filter(({ state, dueOn }) => state === 'frozen' && dueOn !== null);
  trial.check(
    `${ROUNDS} times withdrawn while ${SENDERS} senders stored readings: ${total.acknowledged} were taken before, and none after the answer, of ${total.late} sent then and those under way`,
    (total.stored > 0 && `${total.stored} were stored after the answer`) ||
      (total.slipped > 0 && `${total.slipped} sent then were not refused`) ||
      (frozen.length !== 2 && `${frozen.length} purposes are frozen`),
  );
  return total.acknowledged;
}

async function withdrawOnce(stage: Stage, client: pg.Client): Promise<Load> {
  const { alma, api } = stage;
  const pseudonym = decodeId('psn', permitOf(alma, 'ingest'));
  const stored = async () => {
    const sql = 'SELECT count(*)::int AS stored FROM reading_chunk WHERE pseudonym = $1';
    return (await client.query<{ stored: number }>(sql, [pseudonym])).rows[0]?.stored ?? 0;
  };
  const load = new Load(stage);
  await load.until(() => load.acknowledged >= BEFORE);
  const { status } = await request(alma.browser, api, withdrawConsent, { params: { purpose: 'ingest' } });
  load.markAnswered();
  const storedThen = await stored();
  await load.until(() => load.late >= AFTERWARDS);
  await load.stop();
  load.storedLate = (await stored()) - storedThen;
  if (status !== 200) throw new Error(`the withdrawal was answered ${status}`);
  return load;
}

/** Senders that store one reading after the other and count what becomes of it. */
class Load {
  acknowledged = 0;
  /** sent after the withdrawal was answered */
  late = 0;
  /** of those, the ones that were not refused for that reason */
  slipped = 0;
  /** rows that the table has more than at the moment of the answer */
  storedLate = 0;
  #answered = false;
  #stopped = false;
  readonly #senders: Promise<unknown>;

  constructor(private readonly stage: Stage) {
    this.#senders = Promise.all(Array.from({ length: SENDERS }, () => this.send()));
  }

  markAnswered(): void {
    this.#answered = true;
  }

  async until(reached: () => boolean): Promise<void> {
    const end = Date.now() + PATIENCE_MS;
    while (!reached()) {
      if (Date.now() > end) throw new Error('the senders got nowhere');
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#senders;
  }

  private async send(): Promise<void> {
    const { alma, skinApp, api } = this.stage;
    const headers = { 'integument-permit': permitOf(alma, 'ingest') };
    while (!this.#stopped) {
      const isLate = this.#answered;
      const { status, code } = await storeOne(skinApp, api, headers);
      if (status === 201) this.acknowledged++;
      if (isLate) this.late++;
      if (isLate && code !== 'permits.closed') this.slipped++;
    }
  }
}

async function nothingWorks(stage: Stage, trial: Trial): Promise<void> {
  const answers = [];
  for (const use of uses(stage)) answers.push(await use());
  for (const { problem } of answers) {
    if (problem) stage.refusals.push({ app: 'api', requestId: problem.requestId, code: problem.code });
  }
  const wrong = answers.find(({ status, code }) => status !== 403 || code !== 'permits.closed');
  trial.check(
    `then ${answers.length} of ${answers.length} uses are refused, in her own session and by the skin app: 403 permits.closed`,
    wrong && `one was answered ${wrong.status} ${wrong.code ?? ''}`,
  );
}

/** What was acknowledged is there, and what was refused is not: nothing was stored behind a refusal. */
async function countStored(stage: Stage, trial: Trial, more: number): Promise<void> {
  const stored = await readAll(stage.alma.browser, stage.api, STREAM, {});
  // Two uses each time everything works; the first of those times came before the race.
  const expected = more + 2;
  trial.check(
    `${expected} readings were acknowledged, and just those are stored`,
    stored.length !== expected && `${stored.length} are`,
  );
}

function storeOne(by: Visitor, api: string, headers: Record<string, string>): Promise<Exchange> {
  const body = { batch: randomUUID(), stream: STREAM, readings: [[Date.now(), 1]] };
  return request(by, api, storeReadings, { headers, body });
}

function profile() {
  return { kind: 'profile', event: randomUUID(), skinTypes: ['sensitive'], concerns: ['dehydration'] };
}
