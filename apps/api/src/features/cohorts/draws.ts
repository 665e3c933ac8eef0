import { createHmac } from 'node:crypto';
import type { CohortDimension } from '@integument/contracts';
import { context, deriveKey } from '@integument/crypto';

/** Whom a number is about: who has all of these values. */
export type CellName = Readonly<Partial<Record<CohortDimension, string>>>;

/** Numbers are told as multiples of it. */
export const BASE = 5;

/** What is drawn for one number on one day. */
export interface Draw {
  /** fewer people than this are not told */
  readonly least: number;
  /** @returns a multiple of {@link BASE}, less than one of them away; on average the count itself */
  readonly rounded: (count: number) => number;
}

/**
 * The chance in what is told: random rounding to a base, as Statistics Canada and Stats NZ round. Drawn from a secret, the day and
 * whom the number is about, so that asking again on the same day, or for the same people by another table, tells nothing more;
 * and that a number which has changed overnight doesn't say that somebody came or went.
 */
export class Draws {
  readonly #key: Buffer;

  /** @param minimum what `least` never is under; it lies less than {@link BASE} above, so that a number which goes missing doesn't say that it was just enough */
  constructor(
    secret: Buffer,
    readonly minimum: number,
  ) {
    this.#key = deriveKey(secret, 'cohorts/draws');
  }

  /** How many are counted at all, as a question without filters is told it; null where they are few. */
  ofAll(day: string, count: number): number | null {
    const { least, rounded } = this.of(day, {});
    return count < least ? null : rounded(count);
  }

  /** @param day such as `2026-03-01` */
  of(day: string, cell: CellName): Draw {
    const named = Object.entries(cell).sort(([a], [b]) => (a < b ? -1 : 1));
    const drawn = createHmac('sha256', this.#key)
      .update(context('cohort-cell', day, ...named.flat()))
      .digest();
    const [up, above] = [drawn.readUInt32LE(0) % BASE, drawn.readUInt32LE(4) % BASE];
    return {
      least: this.minimum + above,
      rounded: (count) => BASE * Math.floor((count + up) / BASE),
    };
  }
}
