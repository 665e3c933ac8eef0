import type { Bench } from './bench.js';

/** One measurement: does a fixed amount of work and gives the value in the figure's unit. */
export type Run = () => Promise<number>;

/** What a figure measures, and the most that could be had, both warm and ready to be run in turns. */
export interface Pair {
  readonly figure: Run;
  readonly limit: Run;
  close(): Promise<void>;
}

/** Something that is measured against a limit of the same run, since machines differ and are never quiet. */
export interface Figure {
  /** as `ONLY` and the results name it */
  readonly name: string;
  readonly unit: string;
  /** for the figure's value divided by the limit's: at least this, or at most where lower is better */
  readonly target: number;
  readonly higherIsBetter: boolean;
  /** what the value itself must reach besides, on the machine that was promised for */
  readonly atLeast?: number;
  /** times that figure and limit are measured, after one round that only warms up */
  readonly rounds: number;
  /** takes minutes: only measured with `LONG=1` or by name */
  readonly long?: true;
  open(bench: Bench): Promise<Pair>;
}
