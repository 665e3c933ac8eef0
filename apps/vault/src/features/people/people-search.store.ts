import type { Regions } from '@integument/authz';
import { byteaArray, int2Array, type Tx } from '@integument/database';
import {
  CONSOLE,
  type FoundPerson,
  inRegions,
  type KnownPerson,
  PERSON,
  type PersonRow,
  toFound,
  toKnown,
} from './people.store.js';
import type { IndexRow } from './person-index.js';

/** Of whom a search may tell. */
export interface Reach {
  /** A client finds those it has a name for; the console everybody. */
  readonly clientId: string;
  readonly regions: Regions;
}

/** The next people in the order of their random ids: nothing else about anybody is in that order. */
export interface Page {
  readonly after: Buffer;
  readonly limit: number;
}

const OF_VALUE = 'SELECT person_id FROM identity_value WHERE field = $5 AND digest = ANY($6::bytea[])';
// While an index key is rotated a person has one digest in each index, under one version of the key or the other.
const OF_DIGESTS = `SELECT i.person_id FROM person_index i
  JOIN unnest($5::int2[], $6::int2[], $7::bytea[]) AS w(index_id, index_key, digest) USING (index_id, index_key, digest)
  WHERE i.person_id > $1 GROUP BY i.person_id HAVING count(DISTINCT i.index_id) = $8`;

/** Nobody is locked here: most of those whom an index leads to are others. */
function candidates(found: string): string {
  return `SELECT ${PERSON}, NULL AS pseudonym FROM (${found}) found JOIN person p USING (person_id)
    WHERE p.person_id > $1 AND NOT p.erasing AND ${inRegions('$3')}
      AND ($4 = '${CONSOLE}' OR EXISTS (SELECT FROM client_pseudonym c WHERE c.person_id = p.person_id AND c.client_id = $4))
    ORDER BY p.person_id LIMIT $2`;
}

/** Looks people up by digests, for `PeopleSearch`, which opens and compares what is found. */
export class PeopleSearchStore {
  /** @param digests of the value, under each version of the index key that it may stand under */
  async byValue(
    tx: Tx,
    field: string,
    digests: readonly Buffer[],
    reach: Reach,
    page: Page,
  ): Promise<KnownPerson[]> {
    const values = [...placed(reach, page), field, byteaArray(digests)];
    return (await tx.query<PersonRow>(candidates(OF_VALUE), values)).map(toKnown);
  }

  /** Who is in each of the indexes under one of the digests that are looked for there. */
  async byDigests(tx: Tx, rows: readonly IndexRow[], reach: Reach, page: Page): Promise<KnownPerson[]> {
    const values = [
      ...placed(reach, page),
      int2Array(rows.map(({ indexId }) => indexId)),
      int2Array(rows.map(({ indexKey }) => indexKey)),
      byteaArray(rows.map(({ digest }) => digest)),
      new Set(rows.map(({ indexId }) => indexId)).size,
    ];
    return (await tx.query<PersonRow>(candidates(OF_DIGESTS), values)).map(toKnown);
  }

  /** Those of them who still are there, under the caller's names, and locked against erasure while the answer is being made. */
  async lock(tx: Tx, ids: readonly Buffer[], { clientId, regions }: Reach): Promise<FoundPerson[]> {
    const rows = await tx.query<PersonRow>(
      `SELECT ${PERSON}, c.pseudonym FROM person p JOIN client_pseudonym c ON c.person_id = p.person_id AND c.client_id = $2
       WHERE p.person_id = ANY($1::bytea[]) AND NOT p.erasing AND ${inRegions('$3')}
       ORDER BY p.person_id FOR SHARE OF p`,
      [byteaArray(ids), clientId, regions],
    );
    return rows.map(toFound);
  }

  /** Staff may find everybody; who has no name towards the console yet gets one. */
  async nameForConsole(tx: Tx, ids: readonly Buffer[], mint: () => Buffer): Promise<void> {
    await tx.query(
      `INSERT INTO client_pseudonym (person_id, pseudonym, client_id)
       SELECT n.person_id, n.pseudonym, $3 FROM unnest($1::bytea[], $2::bytea[]) AS n(person_id, pseudonym)
       WHERE EXISTS (SELECT FROM person p WHERE p.person_id = n.person_id)
       ON CONFLICT ON CONSTRAINT client_pseudonym_once DO NOTHING`,
      [byteaArray(ids), byteaArray(ids.map(mint)), CONSOLE],
    );
  }
}

function placed({ clientId, regions }: Reach, { after, limit }: Page): unknown[] {
  return [after, limit, regions, clientId];
}
