import type { Figure, Pair, Run } from './figure.js';

/** What `.bench/latest.json` says of a figure. */
export interface Result {
  readonly name: string;
  /** median of all rounds, as is `limit` */
  readonly value: number;
  readonly unit: string;
  readonly limit: number;
  /** the median of the rounds' ratios, which is not the ratio of the medians */
  readonly ratio: number;
  readonly target: number;
  readonly higherIsBetter: boolean;
  /** for the value itself, where it has such a target too */
  readonly atLeast?: number;
}

/** A result, and how far its rounds lay apart. */
export interface Measurement extends Result {
  /** of every round, in ascending order */
  readonly ratios: readonly number[];
}

interface Round {
  readonly value: number;
  readonly limit: number;
}

/**
 * Measures a figure and its limit in turns. Which of the two comes first changes from round to round: a machine that gets
 * slower or faster meanwhile, or a server that pays late for what it was given, must not favour one of them.
 */
export async function measure(
  { name, unit, target, higherIsBetter, atLeast, rounds }: Figure,
  { figure, limit }: Pick<Pair, 'figure' | 'limit'>,
): Promise<Measurement> {
  await inTurn(figure, limit, 0);
  const measured: Round[] = [];
  for (let round = 1; round <= rounds; round++) measured.push(await inTurn(figure, limit, round));
  const ratios = measured.map((round) => round.value / round.limit).sort((a, b) => a - b);
  return {
    name,
    value: median(measured.map((round) => round.value)),
    unit,
    limit: median(measured.map((round) => round.limit)),
    ratio: median(ratios),
    target,
    higherIsBetter,
    ...(atLeast !== undefined && { atLeast }),
    ratios,
  };
}

/** Whether the ratio keeps its target, and the value its own where it has one. */
export function isMet({
  value,
  ratio,
  target,
  higherIsBetter,
  atLeast,
}: Pick<Result, 'value' | 'ratio' | 'target' | 'higherIsBetter' | 'atLeast'>): boolean {
  const keepsRatio = higherIsBetter ? ratio >= target : ratio <= target;
  return keepsRatio && (atLeast === undefined || value >= atLeast);
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  const [low, high] = [sorted[Math.ceil(middle) - 1], sorted[Math.floor(middle)]];
  if (low === undefined || high === undefined) throw new RangeError('no values, no median');
  return (low + high) / 2;
}

async function inTurn(figure: Run, limit: Run, round: number): Promise<Round> {
  if (round % 2 === 1) {
    const value = await figure();
    return { value, limit: await limit() };
  }
  const bound = await limit();
  return { value: await figure(), limit: bound };
}
