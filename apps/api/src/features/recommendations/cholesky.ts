// biome-ignore-all lint/style/noNonNullAssertion: positions are in range by construction

import { addProduct, type Block, dot } from './matrix-kernel.js';

/** Rows of a block: 64 rows of 64 doubles are 32 KiB, so that two blocks and a target stay in a core's L2 cache. */
const BLOCK = 64;

/** The matrix has no Cholesky factor: it is not positive definite, or not finite. */
export class NotPositiveDefiniteError extends Error {
  constructor(readonly pivot: number) {
    super(`pivot ${pivot} is not positive`);
    this.name = 'NotPositiveDefiniteError';
  }
}

/**
 * Inverts a symmetric positive definite matrix in place and leaves it exactly symmetric.
 *
 * Blocked Cholesky A = L Lᵀ (Golub and Van Loan, Matrix Computations, 4.2), then U = L⁻ᵀ, then A⁻¹ = U Uᵀ. Written so
 * that every sum runs along two rows: L lives below the diagonal and U on and above it of the same array, so that the
 * whole inversion needs the matrix and O(n) besides. n³/2 multiplications.
 *
 * @param matrix n × n, row by row; only the lower triangle is read
 * @throws NotPositiveDefiniteError leaves the matrix in an undefined state
 */
export function invertPositiveDefinite(matrix: Float64Array, n: number): void {
  const steps = inversionSteps(matrix, n);
  while (!steps.next().done);
}

/**
 * The same in steps of one block row, for a process that has timers to serve between them: at 4,000 items the whole
 * takes seconds, and a worker that renews no locks meanwhile loses its job.
 */
export function* inversionSteps(matrix: Float64Array, n: number): Generator<void, void> {
  if (matrix.length !== n * n) throw new RangeError('matrix is not n × n');
  const pivots = new Float64Array(n);
  for (let from = 0; from < n; from += BLOCK) {
    factorBlockColumn(matrix, n, pivots, from);
    yield;
  }
  const diagonal = new Float64Array(BLOCK * BLOCK);
  for (let from = 0; from < n; from += BLOCK) {
    invertBlockRow(matrix, n, pivots, from, diagonal);
    yield;
  }
  for (let from = 0; from < n; from += BLOCK) {
    multiplyBlockRow(matrix, n, from, diagonal);
    yield;
  }
  mirror(matrix, n);
}

/** L[·, J] = (A[·, J] − Σ_{K<J} L[·, K] L[J, K]ᵀ) L[J, J]⁻ᵀ. The diagonal of L goes to `pivots`. */
function factorBlockColumn(matrix: Float64Array, n: number, pivots: Float64Array, from: number): void {
  const size = Math.min(BLOCK, n - from);
  for (let row = from; row < n; row += BLOCK) {
    const rows = Math.min(BLOCK, n - row);
    // Earlier columns in slices of a block, so that the slice of L[J, ·] is still in the cache for the next four rows.
    for (let k = 0; k < from; k += BLOCK) {
      addProduct(
        -1,
        at(matrix, n, row, from),
        at(matrix, n, row, k),
        at(matrix, n, from, k),
        rows,
        size,
        BLOCK,
      );
    }
    for (let i = row; i < row + rows; i++) {
      for (let j = from; j < Math.min(from + size, i + 1); j++) {
        const rest = matrix[i * n + j]! - dot(matrix, i * n + from, matrix, j * n + from, j - from);
        if (i === j) pivots[j] = squareRoot(rest, j);
        else matrix[i * n + j] = rest / pivots[j]!;
      }
    }
  }
}

function squareRoot(value: number, pivot: number): number {
  // Written so that NaN is refused too.
  if (!(value > 0 && value < Infinity)) throw new NotPositiveDefiniteError(pivot);
  return Math.sqrt(value);
}

/** U[J, K] = −(Σ_{J≤T<K} U[J, T] L[K, T]ᵀ) L[K, K]⁻ᵀ for K > J, after U[J, J] = L[J, J]⁻ᵀ. */
function invertBlockRow(
  matrix: Float64Array,
  n: number,
  pivots: Float64Array,
  from: number,
  diagonal: Float64Array,
): void {
  const size = Math.min(BLOCK, n - from);
  invertDiagonalBlock(matrix, n, pivots, from, size);
  const corner = upperCopy(matrix, n, from, size, diagonal);
  for (let column = from + size; column < n; column += BLOCK) {
    const columns = Math.min(BLOCK, n - column);
    const target = at(matrix, n, from, column);
    clear(target, size, columns);
    addProduct(-1, target, corner, at(matrix, n, column, from), size, columns, size);
    for (let t = from + size; t < column; t += BLOCK) {
      addProduct(-1, target, at(matrix, n, from, t), at(matrix, n, column, t), size, columns, BLOCK);
    }
    for (let j = from; j < from + size; j++) {
      for (let k = column; k < column + columns; k++) {
        const rest = matrix[j * n + k]! - dot(matrix, k * n + column, matrix, j * n + column, k - column);
        matrix[j * n + k] = rest / pivots[k]!;
      }
    }
  }
}

function invertDiagonalBlock(
  matrix: Float64Array,
  n: number,
  pivots: Float64Array,
  from: number,
  size: number,
): void {
  for (let j = from; j < from + size; j++) {
    matrix[j * n + j] = 1 / pivots[j]!;
    for (let k = j + 1; k < from + size; k++) {
      matrix[j * n + k] = -dot(matrix, k * n + j, matrix, j * n + j, k - j) / pivots[k]!;
    }
  }
}

/** P[I, J] = Σ_{K≥I} U[I, K] U[J, K]ᵀ for J ≤ I, over L, which nobody reads any more. */
function multiplyBlockRow(matrix: Float64Array, n: number, from: number, diagonal: Float64Array): void {
  const size = Math.min(BLOCK, n - from);
  // Nobody else reads U[I, I], so that P[I, I] may take its place once this copy exists.
  const corner = upperCopy(matrix, n, from, size, diagonal);
  for (let column = 0; column <= from; column += BLOCK) {
    const target = at(matrix, n, from, column);
    clear(target, size, Math.min(BLOCK, n - column));
    const first = column === from ? corner : at(matrix, n, column, from);
    addProduct(1, target, corner, first, size, Math.min(BLOCK, n - column), size);
    for (let k = from + size; k < n; k += BLOCK) {
      const depth = Math.min(BLOCK, n - k);
      addProduct(
        1,
        target,
        at(matrix, n, from, k),
        at(matrix, n, column, k),
        size,
        Math.min(BLOCK, n - column),
        depth,
      );
    }
  }
}

/** A diagonal block of U with zeros below, where the array holds L. */
function upperCopy(matrix: Float64Array, n: number, from: number, size: number, into: Float64Array): Block {
  into.fill(0);
  for (let i = 0; i < size; i++) {
    for (let j = i; j < size; j++) into[i * BLOCK + j] = matrix[(from + i) * n + from + j]!;
  }
  return { data: into, at: 0, stride: BLOCK };
}

function at(matrix: Float64Array, n: number, row: number, column: number): Block {
  return { data: matrix, at: row * n + column, stride: n };
}

function clear(block: Block, rows: number, columns: number): void {
  for (let i = 0; i < rows; i++) {
    const start = block.at + i * block.stride;
    block.data.fill(0, start, start + columns);
  }
}

/** Block by block, since a column read through a whole matrix misses the cache at every step. */
function mirror(matrix: Float64Array, n: number): void {
  for (let block = 0; block < n; block += BLOCK) {
    for (let i = block; i < n; i++) {
      const end = Math.min(block + BLOCK, i);
      for (let j = block; j < end; j++) matrix[j * n + i] = matrix[i * n + j]!;
    }
  }
}
