import type { Row } from './row.js';

/** Columns that a file of refused rows has before its own; a file that has them already was refused before. */
export const REFUSED_COLUMNS = ['refused_line', 'refused_code', 'refused_fields'] as const;

/** Why a row is not kept. A class, since an address of a file may have any names. */
export class RowRefusal {
  constructor(
    readonly code: string,
    /** columns, or the vault's names of what is wrong; never what stood there */
    readonly fields: readonly string[] = [],
  ) {}
}

export function refusedColumns(columns: readonly string[]): string[] {
  return [...REFUSED_COLUMNS, ...columns.filter(isOwn)];
}

/** The row as it was, with why it is here. */
export function refusedRow({ line, cells }: Row, { code, fields }: RowRefusal): ReadonlyMap<string, unknown> {
  const why: [string, unknown][] = [
    ['refused_line', line],
    ['refused_code', code],
    ['refused_fields', fields.join(' ')],
  ];
  return new Map([...why, ...[...cells].filter(([name]) => isOwn(name))]);
}

function isOwn(column: string): boolean {
  return !REFUSED_COLUMNS.some((name) => name === column);
}
