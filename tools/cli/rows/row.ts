/** How the rows of a file are written. */
export const FORMATS = ['csv', 'ndjson'] as const;
export type Format = (typeof FORMATS)[number];

/** Why a row can't even be read. */
export type BrokenCode =
  | 'row.columns'
  | 'row.not_json'
  | 'row.not_utf8'
  | 'row.number_inexact'
  | 'row.too_long';

/** One row of a file, with where it stands there. */
export interface Row {
  /** the line that it begins on, from 1 */
  readonly line: number;
  /** where the next one begins */
  readonly end: Place;
  /** by column; of a broken row what could be read of it, under `row` where there are no columns */
  readonly cells: ReadonlyMap<string, unknown>;
  readonly broken?: BrokenCode;
}

/** A place between two rows of a file. */
export interface Place {
  readonly bytes: number;
  readonly line: number;
}

/** Longer ones are no rows: most likely a quote was left open. */
export const ROW_MAX_BYTES = 2 * 1024 * 1024;

export const NO_CELLS: ReadonlyMap<string, unknown> = new Map();
