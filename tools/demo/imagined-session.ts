import type { Reading, StreamName } from '@integument/contracts';

const START = Date.UTC(2026, 2, 14, 9, 0, 0);
const SECONDS = 3_600;

/** An hour on an imagined wrist: the same at every call, with the rates, ranges and noise of a real device. */
export function imaginedSession(): Map<StreamName, Reading[]> {
  const random = lehmer(20_260_314);
  const noise = () => random() + random() + random() - 1.5;
  const heart = walk(SECONDS, 72, 55, 140, () => noise() * 1.6);
  return new Map<StreamName, Reading[]>([
    ['electrodermal-activity', sampled(4, sweat(SECONDS * 4, random, noise))],
    [
      'skin-temperature',
      sampled(
        4,
        rounded(
          2,
          walk(SECONDS * 4, 33.2, 30, 36, () => noise() * 0.01),
        ),
      ),
    ],
    ['heart-rate', sampled(1, rounded(2, heart))],
    ['inter-beat-interval', beats(heart, noise)],
    [
      'acceleration',
      sampled(
        32,
        rounded(
          4,
          walk(SECONDS * 32, 1, 0.2, 3, () => noise() * 0.03),
        ),
      ),
    ],
  ]);
}

/** Lehmer's generator: the session has to be the same each time, not unguessable. */
function lehmer(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}

function walk(count: number, start: number, low: number, high: number, step: () => number): number[] {
  let value = start;
  return Array.from({ length: count }, () => {
    value = Math.min(high, Math.max(low, value + step()));
    return value;
  });
}

/** A slow level, and now and then a response that rises at once and dies away within seconds. */
function sweat(count: number, random: () => number, noise: () => number): number[] {
  let response = 0;
  return walk(count, 0.6, 0.1, 4, () => noise() * 0.002).map((level) => {
    response = response * 0.97 + (random() < 0.004 ? 0.3 + random() * 0.5 : 0);
    return Number((level + response).toFixed(6));
  });
}

function beats(heart: readonly number[], noise: () => number): Reading[] {
  const list: Reading[] = [];
  let at = 0;
  while (at < SECONDS * 1_000 - 2_000) {
    const length = 60 / (heart[Math.floor(at / 1_000)] ?? 72) + noise() * 0.02;
    at += Math.round(length * 1_000);
    list.push([START + at, Number(length.toFixed(6))]);
  }
  return list;
}

function sampled(perSecond: number, values: readonly number[]): Reading[] {
  return values.map((value, at) => [Math.round(START + (at * 1_000) / perSecond), value]);
}

function rounded(places: number, values: readonly number[]): number[] {
  return values.map((value) => Number(value.toFixed(places)));
}
