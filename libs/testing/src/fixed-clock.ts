/** A clock that stands still until it is told to go on: no test waits for wall time. */
export class FixedClock {
  #now: number;

  constructor(start: Date | string = '2026-01-15T12:00:00.000Z') {
    this.#now = new Date(start).getTime();
  }

  readonly now = (): Date => new Date(this.#now);

  /** Sets it ahead. */
  advance(step: {
    days?: number;
    hours?: number;
    minutes?: number;
    seconds?: number;
    milliseconds?: number;
  }): void {
    const hours = (step.days ?? 0) * 24 + (step.hours ?? 0);
    const seconds = (hours * 60 + (step.minutes ?? 0)) * 60 + (step.seconds ?? 0);
    this.#now += seconds * 1_000 + (step.milliseconds ?? 0);
  }

  set(time: Date | string): void {
    this.#now = new Date(time).getTime();
  }
}
