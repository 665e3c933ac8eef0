import { dayOf, OPT_OUT_BUSINESS_DAYS, type OptOutKind } from '@integument/contracts';
import type { Tx } from '@integument/database';
import type { Gate } from '../permits/index.js';
import {
  businessDaysAfter,
  dayOfReceipt,
  holidaysOfTheUnitedStates,
  type IsHoliday,
} from './business-days.js';
import type {
  OptOutClock,
  OptOutClocksStore,
  OverdueOptOuts,
  ReceivedOptOut,
} from './opt-out-clocks.store.js';

/** By when the last recipient has to have heard of an opt-out. */
export class OptOutClocks {
  #isHoliday: IsHoliday | undefined;

  constructor(
    private readonly store: OptOutClocksStore,
    private readonly now: () => Date = () => new Date(),
    private readonly holidays: () => Promise<IsHoliday> = holidaysOfTheUnitedStates,
  ) {}

  /** Before any gate is held, which would wait for the calendar. */
  async receive(kind: OptOutKind): Promise<ReceivedOptOut> {
    const on = dayOfReceipt(this.now());
    return { kind, on, dueOn: businessDaysAfter(on, OPT_OUT_BUSINESS_DAYS, await this.calendar()) };
  }

  /** Where none stands since they last said yes. @returns the one that stands */
  start(tx: Tx, gate: Gate, received: ReceivedOptOut): Promise<OptOutClock> {
    return this.store.start(tx, gate, received);
  }

  findOf(tx: Tx, gates: readonly Gate[]): Promise<OptOutClock[]> {
    return this.store.findOf(
      tx,
      gates.map(({ gate_id }) => gate_id),
    );
  }

  findOverdue(tx: Tx): Promise<OverdueOptOuts[]> {
    return this.store.findOverdue(tx, this.today());
  }

  /** The day that events of now have, ISO 8601. */
  today(): string {
    return dayOf(this.now());
  }

  private async calendar(): Promise<IsHoliday> {
    try {
      this.#isHoliday ??= await this.holidays();
      return this.#isHoliday;
    } catch {
      // Nobody's opt-out waits for a calendar: without its holidays it is due earlier, never later. The next one tries again.
      return () => false;
    }
  }
}
