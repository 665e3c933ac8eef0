import { randomBytes, randomUUID } from 'node:crypto';
import { defineAction } from '@integument/audit-log';
import { SEAL_OVERHEAD } from '@integument/crypto';
import type pg from 'pg';
import { z } from 'zod';
import { answerQuestions } from '../side-process.js';
import { connect } from './timed.js';

/** So many batches of consents, some at a time; each leaves the same rows in both databases as an import does. */
export interface RawImports {
  readonly vault: string;
  readonly platform: string;
  readonly batches: number;
  readonly consents: number;
  readonly concurrent: number;
  /** bytes of what proves each */
  readonly evidence: number;
}

type Statements = readonly (readonly [text: string, values: readonly unknown[]])[];

interface Batch {
  /** people whose consents they are; before the clock starts */
  readonly people: Statements;
  readonly taking: Statements;
  readonly beginning: Statements;
  readonly minting: Statements;
  readonly opening: Statements;
  readonly settling: Statements;
}

const KEY_BYTES = 32;
const PURPOSE = 'recommendation';
const opened = defineAction('permits.open', z.strictObject({ changed: z.boolean() }));

async function importRaw({ vault, platform, batches, consents, concurrent, evidence }: RawImports) {
  const waiting = Array.from({ length: batches }, () => batchOf(consents, evidence));
  const lanes = await Promise.all(
    Array.from({ length: concurrent }, async () => ({
      vault: await connect(vault, { pipeline: true }),
      platform: await connect(platform, { pipeline: true }),
    })),
  );
  for (const { people } of waiting) await commit(lanes[0]?.vault as pg.Client, people);
  const started = process.hrtime.bigint();
  await Promise.all(
    lanes.map(async (to) => {
      for (let one = waiting.pop(); one; one = waiting.pop()) {
        await commit(to.vault, one.taking);
        await commit(to.platform, one.beginning);
        await commit(to.vault, one.minting);
        await commit(to.platform, one.opening);
        await commit(to.vault, one.settling);
      }
    }),
  );
  const seconds = Number(process.hrtime.bigint() - started) / 1e9;
  await Promise.all(lanes.flatMap((to) => [to.vault.end(), to.platform.end()]));
  return { seconds };
}

async function commit(client: pg.Client, statements: Statements): Promise<void> {
  const sent = statements.map(([text, values]) =>
    client.query({ name: text.slice(0, 60), text, values: [...values] }),
  );
  await Promise.all([client.query('BEGIN'), ...sent, client.query('COMMIT')]);
}

/** As many bytes in as many rows, in arrays that node-pg takes as they are. */
function batchOf(count: number, evidence: number): Batch {
  const made = <T>(make: (at: number) => T) => Array.from({ length: count }, (_, at) => make(at));
  const bytes = (length: number) => made(() => randomBytes(length));
  const gates = bytes(16).sort((one, other) => one.compare(other));
  const [people, pseudonyms, subjects, notices] = [bytes(16), bytes(16), bytes(32), bytes(32)];
  const importId = randomBytes(16);
  const places = made((at) => at);
  const key = KEY_BYTES + SEAL_OVERHEAD;
  return {
    people: [
      [
        `INSERT INTO person (person_id, domain_key, wrapped_key, subject) SELECT id, 1, wrapped, subject
         FROM unnest($1::bytea[], $2::bytea[], $3::bytea[]) AS p (id, wrapped, subject)`,
        [people, bytes(key + 16), bytes(32)],
      ],
    ],
    taking: [
      [
        `INSERT INTO imported_opening (gate_id, purpose, person_id, notice, given_on, import_id, at)
         SELECT gate, '${PURPOSE}', person, notice, current_date, $4, at
         FROM unnest($1::bytea[], $2::bytea[], $3::bytea[], $5::int2[]) AS o (gate, person, notice, at)`,
        [gates, people, notices, importId, places],
      ],
      [
        `INSERT INTO consent_record (import_id, at, person_id, purpose, notice, given_on, evidence)
         SELECT $4, at, person, '${PURPOSE}', notice, current_date, evidence
         FROM unnest($1::bytea[], $2::bytea[], $3::bytea[], $5::int2[]) AS r (person, notice, evidence, at)`,
        [people, notices, bytes(evidence + SEAL_OVERHEAD), importId, places],
      ],
    ],
    beginning: [
      [
        `INSERT INTO permit_gate (gate_id, purpose, state, epoch) SELECT gate, '${PURPOSE}', 'opening', 1
         FROM unnest($1::bytea[]) AS gate`,
        [gates],
      ],
    ],
    minting: [
      [
        `INSERT INTO permit (gate_id, pseudonym, person_id, purpose, state, epoch, domain_key, wrapped_key, subject)
         SELECT gate, pseudonym, person, '${PURPOSE}', 'open', 1, 1, wrapped, subject
         FROM unnest($1::bytea[], $2::bytea[], $3::bytea[], $4::bytea[], $5::bytea[])
           AS p (gate, pseudonym, person, wrapped, subject)`,
        [gates, pseudonyms, people, bytes(key), subjects],
      ],
      [
        `INSERT INTO evidence (subject, kind, purpose, domain_key, wrapped_key, sealed)
         SELECT subject, 'permit', '${PURPOSE}', 1, wrapped, sealed
         FROM unnest($1::bytea[], $2::bytea[], $3::bytea[]) AS e (subject, wrapped, sealed)`,
        [subjects, bytes(key), bytes(KEY_BYTES + SEAL_OVERHEAD)],
      ],
      staged(count),
    ],
    opening: [
      [
        `UPDATE permit_gate g SET state = 'open', pseudonym = m.pseudonym, subject = m.subject, ends_on = current_date + 730
         FROM unnest($1::bytea[], $2::bytea[], $3::bytea[]) AS m (gate, pseudonym, subject) WHERE g.gate_id = m.gate`,
        [gates, pseudonyms, subjects],
      ],
      [
        `INSERT INTO consent_event (gate_id, number, epoch, kind, notice, channel)
         SELECT gate, 1, 1, 'given', notice, 'import' FROM unnest($1::bytea[], $2::bytea[]) AS e (gate, notice)`,
        [gates, notices],
      ],
      staged(count),
    ],
    settling: [
      [`DELETE FROM imported_opening WHERE purpose = '${PURPOSE}' AND gate_id = ANY($1::bytea[])`, [gates]],
    ],
  };
}

function staged(count: number): Statements[number] {
  const entries = Array.from({ length: count }, () =>
    opened({
      outcome: 'done',
      actor: { kind: 'process', id: 'api' },
      requestId: randomUUID(),
      subject: randomBytes(32),
      purpose: PURPOSE,
      details: { changed: true },
    }).encode(new Date()),
  );
  return ['INSERT INTO audit_staging (entry) SELECT unnest($1::bytea[])', [entries]];
}

answerQuestions(importRaw);
