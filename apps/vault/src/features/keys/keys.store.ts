import type { Tx } from '@integument/database';

export interface DomainKeyRow {
  readonly key_id: number;
  readonly domain: string;
  readonly version: number;
  readonly wrapped: Buffer;
}

export class KeysStore {
  findAll(tx: Tx, domains: readonly string[]): Promise<DomainKeyRow[]> {
    return tx.query<DomainKeyRow>(
      'SELECT key_id, domain, version, wrapped FROM domain_key WHERE domain = ANY($1) ORDER BY domain, version',
      [domains],
    );
  }

  /** Only in the place of what was read: of two processes that start together the first one's stays. */
  async rewrap(tx: Tx, { key_id, wrapped }: DomainKeyRow, rewrapped: Buffer): Promise<void> {
    await tx.query('UPDATE domain_key SET wrapped = $3 WHERE key_id = $1 AND wrapped = $2', [
      key_id,
      wrapped,
      rewrapped,
    ]);
  }

  /** Two processes that start together may both try: the first stays. */
  async insertIfAbsent(tx: Tx, domain: string, version: number, wrapped: Buffer): Promise<void> {
    await tx.query(
      `INSERT INTO domain_key (domain, version, wrapped) VALUES ($1, $2, $3)
       ON CONFLICT ON CONSTRAINT domain_key_version DO NOTHING`,
      [domain, version, wrapped],
    );
  }
}
