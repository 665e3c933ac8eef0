import type { AuditLog, EntryDraft } from '@integument/audit-log';
import {
  BANDED_FACTS,
  type BodyOf,
  bandsOf,
  type CohortDimension,
  type CohortWhere,
  type cohortHistogram,
  type countCohort,
  dayOf,
  type ReplyOf,
} from '@integument/contracts';
import type { Tx, UnitOfWork } from '@integument/database';
import { type Asker, by as askedBy } from '@integument/http';
import type { Census, Counted } from './census.js';
import { disclose, type Question } from './cohort-table.js';
import { cohortCounted, cohortHistogramMade } from './cohorts.audit.js';
import { cohortBudgetSpent, cohortTooSmall } from './cohorts.errors.js';
import type { CohortsStore } from './cohorts.store.js';
import { BASE, type CellName, type Draws } from './draws.js';

type Disclosed = NonNullable<ReturnType<typeof disclose>>;
/** Both say the same of a question. */
type Action = typeof cohortCounted;

/** Counts of people who agreed to be counted, made when they are asked for and told by the rules of `disclose`. Nothing is kept. */
export class CohortsService {
  constructor(
    private readonly store: CohortsStore,
    private readonly census: Census,
    private readonly draws: Draws,
    private readonly questionsADay: number,
    private readonly audit: AuditLog,
    private readonly unitOfWork: UnitOfWork,
    private readonly now: () => number = Date.now,
  ) {}

  async count(asker: Asker, { by, where }: BodyOf<typeof countCohort>): Promise<ReplyOf<typeof countCohort>> {
    const { people, numbers } = await this.ask(asker, cohortCounted, { by, where: named(where) });
    const values = (cell: CellName) => by.flatMap((dimension) => cell[dimension] ?? []);
    return {
      people,
      base: BASE,
      cells: numbers.flatMap((told) =>
        values(told.cell).length === by.length ? [{ values: values(told.cell), people: told.people }] : [],
      ),
      totals: numbers.flatMap(({ cell, people: some }) => {
        const [[dimension, value] = [], ...others] = Object.entries(cell);
        if (others.length > 0 || by.length === 1 || !value) return [];
        return [{ dimension: dimension as CohortDimension, value, people: some }];
      }),
    };
  }

  async histogram(
    asker: Asker,
    { of, where }: BodyOf<typeof cohortHistogram>,
  ): Promise<ReplyOf<typeof cohortHistogram>> {
    const { people, numbers } = await this.ask(asker, cohortHistogramMade, { by: [of], where: named(where) });
    const { width, top } = BANDED_FACTS[of];
    const bands = bandsOf(of).map((from, band) => {
      const to = from === top ? null : from + width - 1;
      return { from, to, people: numbers[band]?.people ?? null };
    });
    return { people, base: BASE, bands };
  }

  /** @throws CodedError `cohorts.too_small`, which is on record, or `cohorts.budget_spent` */
  private async ask(asker: Asker, action: Action, question: Question): Promise<Disclosed> {
    // Before anybody's facts are opened; a question that was asked at the same time is met again where it is spent.
    if (!(await this.unitOfWork.single((tx) => this.store.hasLeft(tx, this.questionsADay)))) {
      throw cohortBudgetSpent();
    }
    const counted = await this.census.take(question);
    const disclosed = await this.unitOfWork.run((tx) => this.answer(tx, asker, action, question, counted));
    if (!disclosed) throw cohortTooSmall();
    return disclosed;
  }

  /** A refusal says something, too: it is spent, and stands in the log as the question that it was. */
  private async answer(tx: Tx, asker: Asker, action: Action, question: Question, counted: Counted) {
    const counts = await this.census.countOpen(tx, counted);
    if (!(await this.store.spend(tx, this.questionsADay))) throw cohortBudgetSpent();
    const day = dayOf(this.now());
    const disclosed = disclose(question, counts, this.draws, day);
    const read = this.draws.ofAll(day, counted.read);
    await this.audit.append(tx, entryOf(asker, action, question, read, disclosed !== null));
    return disclosed;
  }
}

function entryOf(
  asker: Asker,
  action: Action,
  { by, where }: Question,
  read: number | null,
  isAnswered: boolean,
): EntryDraft {
  const outcome = isAnswered
    ? ({ outcome: 'done' } as const)
    : ({ outcome: 'refused', code: 'cohorts.too_small' } as const);
  return action({
    ...askedBy(asker),
    ...outcome,
    purpose: 'analytics',
    // Whoever reads the log is told of everybody what whoever asks is told.
    ...(read !== null && { count: read }),
    details: { by: [...by], where: Object.keys(where) as CohortDimension[] },
  });
}

/** Without the dimensions that are not filtered by. */
function named(where: CohortWhere): CellName {
  return Object.fromEntries(Object.entries(where).filter(([, value]) => value !== undefined));
}
