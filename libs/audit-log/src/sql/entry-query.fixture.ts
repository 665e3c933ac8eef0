import { byteaArray } from '@integument/database';
import type { SeededRandom } from '@integument/testing';
import type { AuditEntry } from '../entry.js';
import { stagingInsert } from './audit-log.js';
import { EntryIndex, INDEX_FOLLOWER } from './entry-index.js';
import type { EntryFilter } from './entry-query.js';
import { Follower } from './follower.js';
import type { TestLog } from './log.fixture.js';

/** The follower that fills a test log's index, as an app runs it. */
export function indexFollower(log: TestLog): Follower {
  return new Follower({
    unitOfWork: log.unitOfWork,
    name: INDEX_FOLLOWER,
    begin: 'first',
    follow: new EntryIndex(log.unitOfWork).follow,
    onError: () => undefined,
    leaseMs: 60_000,
  });
}

/** Stages bytes as they are, whatever they are, and integrates them. */
export async function integrateBytes(log: TestLog, entries: readonly Buffer[]): Promise<void> {
  for (let at = 0; at < entries.length; at += 5_000) {
    const values = [byteaArray(entries.slice(at, at + 5_000))];
    await log.unitOfWork.single((tx) => tx.query(stagingInsert(1), values));
  }
  await log.integrator({ batchSize: 50_000 }).integrate();
}

export const START = Date.parse('2026-01-01T00:00:00.000Z');
const SPAN_MS = 30 * 86_400_000;

const ACTIONS = [
  'people.read',
  'people.reveal',
  'people.search',
  'consent.give',
  'audit.entries',
  'readings.read',
];
const PURPOSES = ['support', 'ingest', 'recommendation', 'delivery'];
const CODES = ['auth.forbidden', 'people.not_found', 'permits.closed'];
const KINDS = ['person', 'staff', 'client', 'process'] as const;

export const commitmentOf = (n: number): string => Buffer.alloc(32, `s${n}`).toString('base64url');

/** An entry as a busy log has them: few actions, many actors, times that don't follow the positions and meet in places. */
export function randomEntry(random: SeededRandom): AuditEntry {
  const refused = random.chance(0.05);
  const at = new Date(START + random.below(SPAN_MS / 1_000) * 1_000).toISOString();
  return {
    v: 1,
    at,
    action: random.pick(ACTIONS),
    outcome: refused ? 'refused' : 'done',
    ...(refused && { code: random.pick(CODES) }),
    actor: { kind: random.pick(KINDS), id: `actor-${random.below(1_000)}` },
    ...(random.chance(0.7) && { subject: commitmentOf(random.below(5_000)) }),
    ...(random.chance(0.8) && { purpose: random.pick(PURPOSES) }),
    ...(random.chance(0.1) && {
      fields: ['email'],
      reason: { code: 'order', reference: `ORD-${random.below(99)}` },
    }),
    requestId: `r-${random.below(1e9)}`,
  };
}

/** Some of the filters, with values that some entries have. */
export function randomFilter(random: SeededRandom): EntryFilter {
  const sometimes = <T>(chance: number, value: T) => (random.chance(chance) ? value : undefined);
  const from = START + random.below(SPAN_MS);
  return {
    from: sometimes(0.4, new Date(from)),
    to: sometimes(0.4, new Date(from + random.below(SPAN_MS))),
    actor: sometimes(0.3, `actor-${random.below(1_000)}`),
    action: sometimes(0.6, random.pick(ACTIONS)),
    subject: sometimes(0.2, commitmentOf(random.below(5_000))),
    purpose: sometimes(0.3, random.pick(PURPOSES)),
    outcome: sometimes(0.3, random.pick(['done', 'refused'] as const)),
    code: sometimes(0.2, random.pick(CODES)),
  };
}

/** @returns what an entry query must find, without any index: positions in order */
export function plainFilter(entries: readonly AuditEntry[]): (filter: EntryFilter) => number[] {
  const inOrder = entries
    .map((entry, position) => ({ entry, position, at: Date.parse(entry.at) }))
    .sort((a, b) => a.at - b.at || a.position - b.position);
  return ({ from, to, actor, ...equal }) =>
    inOrder
      .filter(
        ({ entry, at }) =>
          (!from || at >= from.getTime()) &&
          (!to || at < to.getTime()) &&
          (actor === undefined || entry.actor.id === actor) &&
          Object.entries(equal).every(
            ([name, value]) => value === undefined || entry[name as keyof AuditEntry] === value,
          ),
      )
      .map(({ position }) => position);
}
