/**
 * The one inner loop that all cubic work here goes through:
 *
 *     C[i, j] += sign · Σ_k A[i, k] · B[j, k]
 *
 * for `rows` rows of A and `columns` rows of B. Both factors are read along their rows, so memory is walked in order.
 * A 4 × 4 tile keeps sixteen sums in registers: eight loads feed sixteen multiplications, where the plain dot product
 * needs two loads for each.
 */
export interface Block {
  readonly data: Float64Array;
  /** index of the block's first element */
  readonly at: number;
  /** elements from one row to the next */
  readonly stride: number;
}

const TILE = 4;

/** Adds `sign · A · Bᵀ` to C over `depth` columns; A, B and C must not overlap. */
export function addProduct(
  sign: 1 | -1,
  target: Block,
  left: Block,
  right: Block,
  rows: number,
  columns: number,
  depth: number,
): void {
  const fullRows = rows - (rows % TILE);
  const fullColumns = columns - (columns % TILE);
  for (let i = 0; i < fullRows; i += TILE) {
    for (let j = 0; j < fullColumns; j += TILE) tile(sign, target, left, right, i, j, depth);
  }
  edge(sign, target, left, right, 0, fullRows, fullColumns, columns, depth);
  edge(sign, target, left, right, fullRows, rows, 0, columns, depth);
}

function tile(
  sign: number,
  target: Block,
  left: Block,
  right: Block,
  i: number,
  j: number,
  depth: number,
): void {
  const a = left.data;
  const b = right.data;
  const c = target.data;
  let a0 = left.at + i * left.stride;
  let a1 = a0 + left.stride;
  let a2 = a1 + left.stride;
  let a3 = a2 + left.stride;
  let b0 = right.at + j * right.stride;
  let b1 = b0 + right.stride;
  let b2 = b1 + right.stride;
  let b3 = b2 + right.stride;
  let s00 = 0;
  let s01 = 0;
  let s02 = 0;
  let s03 = 0;
  let s10 = 0;
  let s11 = 0;
  let s12 = 0;
  let s13 = 0;
  let s20 = 0;
  let s21 = 0;
  let s22 = 0;
  let s23 = 0;
  let s30 = 0;
  let s31 = 0;
  let s32 = 0;
  let s33 = 0;
  for (const end = a0 + depth; a0 < end; a0++, a1++, a2++, a3++, b0++, b1++, b2++, b3++) {
    // In bounds by construction; the assertions cost nothing at run time.
    const x0 = a[a0] as number;
    const x1 = a[a1] as number;
    const x2 = a[a2] as number;
    const x3 = a[a3] as number;
    const y0 = b[b0] as number;
    s00 += x0 * y0;
    s10 += x1 * y0;
    s20 += x2 * y0;
    s30 += x3 * y0;
    const y1 = b[b1] as number;
    s01 += x0 * y1;
    s11 += x1 * y1;
    s21 += x2 * y1;
    s31 += x3 * y1;
    const y2 = b[b2] as number;
    s02 += x0 * y2;
    s12 += x1 * y2;
    s22 += x2 * y2;
    s32 += x3 * y2;
    const y3 = b[b3] as number;
    s03 += x0 * y3;
    s13 += x1 * y3;
    s23 += x2 * y3;
    s33 += x3 * y3;
  }
  let at = target.at + i * target.stride + j;
  store(c, at, sign, s00, s01, s02, s03);
  at += target.stride;
  store(c, at, sign, s10, s11, s12, s13);
  at += target.stride;
  store(c, at, sign, s20, s21, s22, s23);
  at += target.stride;
  store(c, at, sign, s30, s31, s32, s33);
}

function store(
  c: Float64Array,
  at: number,
  sign: number,
  s0: number,
  s1: number,
  s2: number,
  s3: number,
): void {
  c[at] = (c[at] as number) + sign * s0;
  c[at + 1] = (c[at + 1] as number) + sign * s1;
  c[at + 2] = (c[at + 2] as number) + sign * s2;
  c[at + 3] = (c[at + 3] as number) + sign * s3;
}

/** The rows and columns that fill no tile. */
function edge(
  sign: number,
  target: Block,
  left: Block,
  right: Block,
  rowFrom: number,
  rowTo: number,
  columnFrom: number,
  columnTo: number,
  depth: number,
): void {
  for (let i = rowFrom; i < rowTo; i++) {
    for (let j = columnFrom; j < columnTo; j++) {
      const at = target.at + i * target.stride + j;
      const sum = dot(left.data, left.at + i * left.stride, right.data, right.at + j * right.stride, depth);
      target.data[at] = (target.data[at] as number) + sign * sum;
    }
  }
}

/** Σ a[aAt + k] · b[bAt + k] over `length` elements. */
export function dot(a: Float64Array, aAt: number, b: Float64Array, bAt: number, length: number): number {
  let sum = 0;
  for (let k = 0; k < length; k++) sum += (a[aAt + k] as number) * (b[bAt + k] as number);
  return sum;
}
