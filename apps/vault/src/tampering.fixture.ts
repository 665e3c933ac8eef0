import { CodedError } from '@integument/contracts';
import fc from 'fast-check';
import type { TestVault } from './vault.fixture.js';

/** A row as it was written, and how its value is asked for. */
export interface StoredRow {
  readonly sealed: Buffer;
  readonly reveal: () => Promise<unknown>;
}

/** What whoever can write to the database does to a row: a bit of it is another, or it has what another row had. */
interface Tampering {
  readonly at: number;
  readonly steps: number;
  readonly bit: number;
  readonly swapped: boolean;
}

const tamperings = (rows: number): fc.Arbitrary<Tampering> =>
  fc.record({
    at: fc.nat(rows - 1),
    steps: fc.integer({ min: 1, max: rows - 1 }),
    bit: fc.noBias(fc.nat()),
    swapped: fc.boolean(),
  });

/** @returns a property: what was tampered with is answered with the code, whichever row it was and however it was done */
export function brokenBy(
  vault: TestVault,
  table: 'identity_value' | 'token',
  rows: readonly StoredRow[],
  code: string,
): fc.IAsyncProperty<[Tampering]> {
  return fc.asyncProperty(tamperings(rows.length), async ({ at, steps, bit, swapped }) => {
    const [one, other] = [rows[at], rows[(at + steps) % rows.length]] as [StoredRow, StoredRow];
    const instead = swapped ? other.sealed : flipped(one.sealed, bit);
    await exchange(vault, table, one.sealed, instead);
    const answers = await Promise.all((swapped ? [one, other] : [one]).map(answerOf));
    await exchange(vault, table, one.sealed, instead);
    const wrong = answers.filter((answer) => answer !== code);
    if (wrong.length > 0) throw new Error(`answered: ${wrong.join(', ')}`);
  });
}

/** @returns the code of the refusal, or that there was none */
export async function answerOf({ reveal }: StoredRow): Promise<string> {
  try {
    await reveal();
    return 'told';
  } catch (error) {
    if (error instanceof CodedError) return error.code;
    throw error;
  }
}

/** Done once more it is as it was: no two rows have the same sealed bytes. */
async function exchange(vault: TestVault, table: string, one: Buffer, other: Buffer): Promise<void> {
  await vault.query(
    `UPDATE ${table} SET sealed = CASE sealed WHEN $1 THEN $2::bytea ELSE $1 END WHERE sealed IN ($1, $2)`,
    [one, other],
  );
}

function flipped(sealed: Buffer, bit: number): Buffer {
  const at = bit % (8 * sealed.length);
  return Buffer.from(sealed.map((byte, place) => (place === at >> 3 ? byte ^ (1 << (at & 7)) : byte)));
}
