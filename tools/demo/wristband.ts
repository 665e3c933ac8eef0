import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Reading, StreamName } from '@integument/contracts';
import { PROJECT_FOLDER } from '../project-folder.js';
import { imaginedSession } from './imagined-session.js';

/** What a wristband recorded in one session. */
export interface Session {
  /** one line about where it comes from */
  readonly source: string;
  readonly streams: ReadonlyMap<StreamName, readonly Reading[]>;
}

const FOLDER = resolve(PROJECT_FOLDER, '../shared/data/e4');
/** The device counts 1/64 g. */
const PER_G = 64;

/** A real session where the recordings are beside the project, else one that is made up to look like it. */
export function wristbandSession(): Session {
  if (!existsSync(join(FOLDER, 'EDA.csv')))
    return { source: 'an imagined session', streams: imaginedSession() };
  return {
    source: 'a real session of an Empatica E4',
    streams: new Map<StreamName, Reading[]>([
      ['electrodermal-activity', samples('EDA.csv')],
      ['skin-temperature', samples('TEMP.csv')],
      ['heart-rate', samples('HR.csv')],
      ['inter-beat-interval', beats()],
      ['acceleration', samples('ACC.csv', magnitude)],
    ]),
  };
}

/** First line: start in seconds since the epoch; second: samples a second; then one sample a line. */
function samples(file: string, pick = first): Reading[] {
  const [start = [], rate = [], ...rows] = rowsOf(file);
  return rows.map((row, at) => [Math.round(first(start) * 1_000 + (at * 1_000) / first(rate)), pick(row)]);
}

/** Each line: seconds after the start, and the length of the beat that ended then. */
function beats(): Reading[] {
  const [start = [], ...rows] = rowsOf('IBI.csv');
  return rows.map(([after = 0, length = 0]) => [Math.round((first(start) + after) * 1_000), length]);
}

function rowsOf(file: string): number[][] {
  const lines = readFileSync(join(FOLDER, file), 'utf8').trim().split('\n');
  return lines.map((line) => line.split(',').map(Number));
}

function first(row: readonly number[]): number {
  return row[0] ?? 0;
}

function magnitude(row: readonly number[]): number {
  return Math.hypot(...row) / PER_G;
}
