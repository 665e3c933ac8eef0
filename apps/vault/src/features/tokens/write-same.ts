import { randomBytes } from 'node:crypto';
import { CodedError } from '@integument/contracts';
import { type Tx, textArray } from '@integument/database';
import { Turns } from '../../platform/turns.js';
import { drawToken } from '../catalogue/index.js';
import { holdDigests } from '../keys/index.js';
import type { NewTokenRow } from './sealed-token.js';
import { tokenText } from './token-ids.js';
import type { Made, PreparedToken } from './token-maker.js';
import { formatExhausted } from './tokens.errors.js';
import type { TokensStore } from './tokens.store.js';

/** Where one format in two is taken already, one value in a million finds none in so many draws. */
const DRAWS = 20;

/**
 * Writes tokens of which there is one for each value, and finds those that are there already. In one order, so that two batches with the same
 * values don't wait for each other in a circle. Formats that are drawn have no order, and of those that are taken others are drawn when rows are
 * written already: so batches of them write one after the other.
 */
export async function writeSame(
  store: TokensStore,
  tx: Tx,
  prepared: readonly PreparedToken[],
): Promise<ReadonlyMap<PreparedToken, Made>> {
  const made = new Map<PreparedToken, Made>();
  let left = [...prepared].sort(byDigest);
  await holdFormats(tx, left);
  if (left.some(isDoubtful)) {
    await holdDigests(
      tx,
      'token',
      left.flatMap(({ row }) => row?.digests ?? []),
    );
    await takeFound(store, tx, left, made);
    left = left.filter((one) => !made.has(one));
  }
  for (let draws = 0; left.length > 0; draws++) {
    const drawn = await new Turns().map(left, (one) => ({
      one,
      row: draws < DRAWS ? drawnRow(one) : formatExhausted(),
    }));
    for (const { one, row } of drawn) if (row instanceof CodedError) made.set(one, row);
    const rows = drawn.flatMap(({ row }) => (row instanceof CodedError ? [] : [row]));
    left = left.filter((one) => !made.has(one));
    if (rows.length > 0) {
      await store.insertSame(tx, rows);
      await takeFound(store, tx, left, made);
    }
    left = left.filter((one) => !made.has(one));
  }
  return made;
}

/** Of each field and domain of which a batch draws more than one: who draws a single one waits while nothing waits for it. */
async function holdFormats(tx: Tx, prepared: readonly PreparedToken[]): Promise<void> {
  const drawn = prepared.filter(({ wanted }) => wanted.type === 'format-preserving');
  if (drawn.length < 2) return;
  const places = new Set(drawn.map(({ wanted }) => `${wanted.field.name} ${wanted.domain}`));
  await tx.query(
    `SELECT pg_advisory_xact_lock(hashtext('integument/token-format'), place)
     FROM (SELECT DISTINCT hashtext(name) AS place FROM unnest($1::text[]) AS n(name) ORDER BY place) AS places`,
    [textArray([...places])],
  );
}

async function takeFound(
  store: TokensStore,
  tx: Tx,
  wanted: readonly PreparedToken[],
  made: Map<PreparedToken, Made>,
): Promise<void> {
  const found = await store.findSame(tx, wanted.map(rowOf));
  for (const [at, one] of wanted.entries()) {
    const there = found[at];
    if (there) made.set(one, there.format ?? tokenText(there.token));
  }
}

/** While tokens lie under two versions of the index key, the unique key does not see that two of them are of one value. */
function isDoubtful({ row }: PreparedToken): boolean {
  return (row?.digests.length ?? 0) > 1;
}

/** A format that is drawn may be taken by another value: it is drawn anew each time. */
function drawnRow(prepared: PreparedToken): NewTokenRow | CodedError {
  const { wanted } = prepared;
  const row = rowOf(prepared);
  if (wanted.type !== 'format-preserving') return row;
  const { format } = wanted.field.kind;
  if (!format) throw new Error('a format-preserving token of a field without a format');
  try {
    return { ...row, format: drawToken(format, wanted.text, randomBytes) };
  } catch (error) {
    if (error instanceof CodedError) return error;
    throw error;
  }
}

function rowOf({ row }: PreparedToken): NewTokenRow {
  if (!row) throw new Error('a token of which nothing is kept');
  return row;
}

function byDigest({ row: one }: PreparedToken, { row: other }: PreparedToken): number {
  return Buffer.compare(one?.digest ?? Buffer.alloc(0), other?.digest ?? Buffer.alloc(0));
}
