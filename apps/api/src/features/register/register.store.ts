import type { NoticeHash, PurposeName } from '@integument/contracts';
import { byteaArray, type Tx, textArray } from '@integument/database';
import type { Notice } from './notice.js';
import type { Recipient } from './register-file.js';

export interface NoticeRow {
  readonly document: string;
  readonly published_on: string;
}

export interface RegisterVersion {
  readonly version: number;
  readonly hash: Buffer;
}

interface VersionRow extends RegisterVersion {
  readonly document: string;
}

export class RegisterStore {
  /** Of several processes that start at once, one after the other publishes. */
  async lock(tx: Tx): Promise<void> {
    await tx.query(`SELECT pg_advisory_xact_lock(hashtextextended('register', 0))`);
  }

  async findNewest(tx: Tx): Promise<RegisterVersion | null> {
    const rows = await tx.query<RegisterVersion>(
      'SELECT version, hash FROM register_version ORDER BY version DESC LIMIT 1',
    );
    return rows[0] ?? null;
  }

  async findVersion(tx: Tx, version: number): Promise<VersionRow | null> {
    const rows = await tx.query<VersionRow>(
      'SELECT version, hash, document FROM register_version WHERE version = $1',
      [version],
    );
    return rows[0] ?? null;
  }

  async insertVersion(tx: Tx, { version, hash }: RegisterVersion, document: string): Promise<void> {
    await tx.query('INSERT INTO register_version (version, hash, document) VALUES ($1, $2, $3)', [
      version,
      hash,
      document,
    ]);
  }

  /** Of each purpose that was ever offered up to a version: the recipients that were declared last. */
  async findRecipientsBefore(
    tx: Tx,
    version: number,
  ): Promise<ReadonlyMap<PurposeName, readonly Recipient[]>> {
    const rows = await tx.query<{ name: PurposeName; recipients: Recipient[] }>(
      `SELECT DISTINCT ON (1) said ->> 'name' AS name, said -> 'recipients' AS recipients
       FROM register_version, jsonb_array_elements(document::jsonb -> 'purposes') AS said
       WHERE version <= $1 ORDER BY 1, version DESC`,
      [version],
    );
    return new Map(rows.map(({ name, recipients }) => [name, recipients]));
  }

  /** The newest version of a purpose's notices; empty where there is none. */
  async findNewestNotices(tx: Tx, purpose: PurposeName): Promise<NoticeRow[]> {
    return tx.query<NoticeRow>(
      `SELECT document, published_on::text FROM notice
       WHERE purpose = $1 AND version = (SELECT max(version) FROM notice WHERE purpose = $1) ORDER BY language`,
      [purpose],
    );
  }

  async insertNotices(tx: Tx, notices: readonly Notice[]): Promise<void> {
    await tx.query(
      `INSERT INTO notice (hash, purpose, version, language, document)
       SELECT hash, purpose, version::int, language, document
       FROM unnest($1::bytea[], $2::text[], $3::text[], $4::text[], $5::text[])
         AS given (hash, purpose, version, language, document)`,
      [
        byteaArray(notices.map(({ hash }) => Buffer.from(hash, 'hex'))),
        textArray(notices.map(({ purpose }) => purpose)),
        textArray(notices.map(({ version }) => String(version))),
        textArray(notices.map(({ language }) => language)),
        textArray(notices.map(({ document }) => document)),
      ],
    );
  }

  /** @returns those of the hashes that a notice of the purpose has, of today or of before */
  async findPublished(
    tx: Tx,
    purpose: PurposeName,
    hashes: readonly NoticeHash[],
  ): Promise<ReadonlySet<NoticeHash>> {
    const named = [...new Set(hashes)];
    const rows = await tx.query<{ hash: NoticeHash }>(
      `SELECT encode(hash, 'hex') AS hash FROM notice WHERE purpose = $1 AND hash = ANY($2::bytea[])`,
      [purpose, byteaArray(named.map((hash) => Buffer.from(hash, 'hex')))],
    );
    return new Set(rows.map(({ hash }) => hash));
  }

  async findNotices(tx: Tx, named: readonly Pick<Notice, 'hash'>[]): Promise<NoticeRow[]> {
    return tx.query<NoticeRow>(
      'SELECT document, published_on::text FROM notice WHERE hash = ANY($1::bytea[]) ORDER BY language',
      [byteaArray(named.map(({ hash }) => Buffer.from(hash, 'hex')))],
    );
  }
}
