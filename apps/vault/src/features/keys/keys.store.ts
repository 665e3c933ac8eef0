import type { Tx } from '@integument/database';

export interface DomainKeyRow {
  readonly key_id: number;
  readonly version: number;
  readonly wrapped: Buffer;
}

export class KeysStore {
  findAll(tx: Tx, domain: string): Promise<DomainKeyRow[]> {
    return tx.query<DomainKeyRow>(
      'SELECT key_id, version, wrapped FROM domain_key WHERE domain = $1 ORDER BY version',
      [domain],
    );
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
