import type { Language, LetterTemplate } from '@integument/contracts';
import { byteaArray, type Tx, textArray } from '@integument/database';

export interface NewLetter {
  readonly id: Buffer;
  readonly key: Buffer;
  readonly personId: Buffer;
  readonly template: LetterTemplate;
  /** ISO 8601 */
  readonly on: string | null;
  readonly language: Language;
}

/** A letter that this process may send until its lease ends. */
export interface ClaimedLetter {
  readonly letter_id: Buffer;
  readonly person_id: Buffer;
  readonly subject: Buffer;
  readonly template: LetterTemplate;
  readonly on_day: string | null;
  /** of the day by the database's clock */
  readonly late: boolean;
  readonly language: Language;
  /** 1 at the first */
  readonly attempts: number;
}

// Not of anybody who is being erased: their letters go with their keys.
const CLAIM = {
  name: 'letters.claim',
  text: `UPDATE letter l SET attempts = l.attempts + 1, next_attempt_at = now() + $2 * interval '1 millisecond'
    FROM person p WHERE p.person_id = l.person_id AND l.letter_id IN (
      SELECT d.letter_id FROM letter d JOIN person q USING (person_id)
      WHERE d.state = 'queued' AND d.next_attempt_at <= now() AND NOT q.erasing
      ORDER BY d.next_attempt_at LIMIT $1 FOR UPDATE OF d SKIP LOCKED)
    RETURNING l.letter_id, l.person_id, p.subject, l.template, l.on_day::text, l.language, l.attempts,
      coalesce(l.on_day < current_date, false) AS late`,
};

export class LettersStore {
  /** @returns whose permits these are, of those that still are anybody's */
  async findPeople(tx: Tx, gates: readonly Buffer[]): Promise<{ gate: Buffer; personId: Buffer }[]> {
    return tx.query(
      `SELECT gate_id AS gate, person_id AS "personId" FROM permit
       WHERE gate_id = ANY($1::bytea[]) AND person_id IS NOT NULL`,
      [byteaArray(gates)],
    );
  }

  async findKeys(tx: Tx, keys: readonly Buffer[]): Promise<Buffer[]> {
    const rows = await tx.query<{ key: Buffer }>('SELECT key FROM letter WHERE key = ANY($1::bytea[])', [
      byteaArray(keys),
    ]);
    return rows.map(({ key }) => key);
  }

  /** @returns the keys of those that are new */
  async insert(tx: Tx, letters: readonly NewLetter[]): Promise<Buffer[]> {
    const rows = await tx.query<{ key: Buffer }>(
      `INSERT INTO letter (letter_id, key, person_id, template, on_day, language)
       SELECT id, key, person, template, on_day::date, language
       FROM unnest($1::bytea[], $2::bytea[], $3::bytea[], $4::text[], $5::text[], $6::text[])
         AS l(id, key, person, template, on_day, language)
       ORDER BY key ON CONFLICT (key) DO NOTHING RETURNING key`,
      [
        byteaArray(letters.map(({ id }) => id)),
        byteaArray(letters.map(({ key }) => key)),
        byteaArray(letters.map(({ personId }) => personId)),
        textArray(letters.map(({ template }) => template)),
        textArray(letters.map(({ on }) => on)),
        textArray(letters.map(({ language }) => language)),
      ],
    );
    return rows.map(({ key }) => key);
  }

  /** Letters that are due, this sender's alone for so long. */
  claim(tx: Tx, most: number, leaseMs: number): Promise<ClaimedLetter[]> {
    return tx.query<ClaimedLetter>(CLAIM, [most, leaseMs]);
  }

  /** @returns false where the claim is over, and the letter another sender's */
  async end(
    tx: Tx,
    { letter_id, attempts }: ClaimedLetter,
    state: 'sent' | 'bounced' | 'failed',
    sentTo: Buffer | null,
  ): Promise<boolean> {
    const rows = await tx.query(
      `UPDATE letter SET state = $3, sent_to = $4
       WHERE letter_id = $1 AND attempts = $2 AND state = 'queued' RETURNING letter_id`,
      [letter_id, attempts, state, sentTo],
    );
    return rows.length === 1;
  }

  async postpone(tx: Tx, { letter_id, attempts }: ClaimedLetter, pauseMs: number): Promise<void> {
    await tx.query(
      `UPDATE letter SET next_attempt_at = now() + $3 * interval '1 millisecond'
       WHERE letter_id = $1 AND attempts = $2 AND state = 'queued'`,
      [letter_id, attempts, pauseMs],
    );
  }

  /**
   * Marks letters that came back after they were sent, and the emails that they went to.
   * @returns commitments to those whose letters they were
   */
  async takeBack(tx: Tx, ids: readonly Buffer[]): Promise<Buffer[]> {
    const letters = byteaArray(ids);
    // People before letters, as an erasure does, and in one order: nobody waits in a circle.
    await tx.query(
      `SELECT FROM person p WHERE NOT p.erasing AND p.person_id IN
         (SELECT person_id FROM letter WHERE letter_id = ANY($1::bytea[]))
       ORDER BY p.person_id FOR NO KEY UPDATE`,
      [letters],
    );
    const rows = await tx.query<{ subject: Buffer }>(
      `UPDATE person p SET undeliverable = l.sent_to FROM (
         SELECT DISTINCT ON (person_id) person_id, sent_to FROM letter
         WHERE letter_id = ANY($1::bytea[]) AND sent_to IS NOT NULL ORDER BY person_id, asked_on DESC) l
       WHERE p.person_id = l.person_id AND NOT p.erasing RETURNING p.subject`,
      [letters],
    );
    await tx.query(
      `UPDATE letter SET state = 'bounced' WHERE letter_id = ANY($1::bytea[]) AND state = 'sent'`,
      [letters],
    );
    return rows.map(({ subject }) => subject);
  }

  /** Letters that are long over: until then a bounce can name them, and a repeated request finds them. */
  async sweep(tx: Tx): Promise<void> {
    await tx.query(`DELETE FROM letter WHERE state <> 'queued' AND asked_on < current_date - 90`);
  }
}
