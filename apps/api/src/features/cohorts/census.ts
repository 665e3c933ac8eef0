import { bytesKey } from '@integument/crypto';
import type { Tx, UnitOfWork } from '@integument/database';
import type { ModulePermits } from '../permits/index.js';
import { cellOf, type Question } from './cohort-table.js';
import type { CohortsStore } from './cohorts.store.js';
import { openFacts } from './sealed-facts.js';

/** Whom a question is about, and with whom each is counted. Nothing rests on it before {@link Census.countOpen}. */
export interface Counted {
  /** how many permits were read for it */
  readonly read: number;
  readonly gates: readonly Buffer[];
  /** of each gate */
  readonly cells: readonly string[];
}

/** Looks at everybody who agreed, some at a time; what is opened is let go before the next. */
export class Census {
  constructor(
    private readonly store: CohortsStore,
    private readonly permits: ModulePermits<'analytics'>,
    private readonly unitOfWork: UnitOfWork,
  ) {}

  /** Asks the vault for keys, so it must not stand in a transaction. */
  async take(question: Question): Promise<Counted> {
    const [gates, cells]: [Buffer[], string[]] = [[], []];
    let read = 0;
    for await (const permits of this.permits.everyOpen('analytics')) {
      const known = new Map(permits.map((permit) => [bytesKey(permit.seen.pseudonym), permit]));
      const pseudonyms = permits.map(({ seen }) => seen.pseudonym);
      const rows = await this.unitOfWork.single((tx) => this.store.findOpen(tx, pseudonyms));
      for (const { pseudonym, sealed } of rows) {
        const permit = known.get(bytesKey(pseudonym));
        if (!permit) continue;
        const cell = cellOf(question, openFacts(permit.key, pseudonym, sealed));
        read++;
        if (cell === null) continue;
        gates.push(permit.seen.gate_id);
        cells.push(cell);
      }
    }
    return { read, gates, cells };
  }

  /** How many are in each cell whose gates are still open; these stay locked, so that no withdrawal is answered before the count. */
  async countOpen(tx: Tx, { gates, cells }: Counted): Promise<Map<string, number>> {
    const open = new Set((await this.permits.lockOpenAmong(tx, gates, 'analytics')).map(bytesKey));
    const counts = new Map<string, number>();
    gates.forEach((gate, at) => {
      const cell = cells[at] as string;
      if (open.has(bytesKey(gate))) counts.set(cell, (counts.get(cell) ?? 0) + 1);
    });
    return counts;
  }
}
