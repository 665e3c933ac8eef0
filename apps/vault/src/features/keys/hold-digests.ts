import { int4Array, type Tx } from '@integument/database';

const LOCKS = 512;

/**
 * While rows lie under two versions of the index key, no unique key sees that two of them are of the same value. So whoever adds one
 * waits here for all who add the same, until the transaction ends, and then looks under all versions. Two processes may not know the
 * same versions at a moment, but always one that both know; so it is all digests of a value that are held.
 *
 * In few locks, whatever comes: PostgreSQL has room for some thousand of all transactions together, and a request may add ten
 * thousand values. Now and then somebody waits for a stranger. In one order, so that nobody waits in a circle.
 */
export async function holdDigests(
  tx: Tx,
  of: 'account' | 'token',
  digests: readonly Buffer[],
): Promise<void> {
  const locks = [...new Set(digests.map((digest) => digest.readUInt16BE() % LOCKS))];
  await tx.query(
    `SELECT pg_advisory_xact_lock(hashtext($1), lock)
     FROM (SELECT lock FROM unnest($2::int4[]) AS l(lock) ORDER BY lock) AS locks`,
    [`integument/${of}`, int4Array(locks)],
  );
}
