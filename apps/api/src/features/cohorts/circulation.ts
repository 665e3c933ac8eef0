/** A number of a table, as an edge between two nodes. */
export interface Entry {
  readonly from: number;
  readonly to: number;
  readonly count: number;
}

/**
 * A table with all of its totals: every number is an edge, every sum that readers can form a node where as much comes in as goes out.
 * For tables of one and of two dimensions that is all there is to know of them (Gusfield 1988, SIAM J. Comput. 17), so what
 * readers can work out is a question of flows, and needs no linear program.
 */
export interface Circulation {
  readonly nodes: number;
  /** the grand total is the last, and every cycle along the edges goes through it */
  readonly entries: readonly Entry[];
}

/** @returns the numbers in their order, then their sum */
export function oneWay(counts: readonly number[]): Circulation {
  const parts = counts.map((count) => ({ from: 0, to: 1, count }));
  return { nodes: 2, entries: [...parts, { from: 1, to: 0, count: sum(counts) }] };
}

/** @returns the cells row by row, then the totals of the rows, those of the columns, and of everything */
export function twoWay(rows: readonly (readonly number[])[]): Circulation {
  const width = rows[0]?.length ?? 0;
  const columns = Array.from({ length: width }, (_, column) => sum(rows.map((row) => row[column] ?? 0)));
  const [source, sink] = [rows.length + width, rows.length + width + 1];
  const columnNode = (column: number) => rows.length + column;
  const entries: Entry[] = [
    ...rows.flatMap((row, from) => row.map((count, column) => ({ from, to: columnNode(column), count }))),
    ...rows.map((row, to) => ({ from: source, to, count: sum(row) })),
    ...columns.map((count, column) => ({ from: columnNode(column), to: sink, count })),
    { from: sink, to: source, count: sum(columns) },
  ];
  return { nodes: sink + 1, entries };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((all, number) => all + number, 0);
}
