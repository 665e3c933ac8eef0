import { generateNoteKey, Integrator, NoteSigner } from '@integument/audit-log';
import { openDatabase, UnitOfWork } from '@integument/database';
import type { DatabaseInfo } from '@integument/testing';
import { vaultMigrations } from '../apps/vault/src/migrations/index.js';
import { emptyVaultDatabase } from './vault-database.js';

// As long and as various as the entry of a person's enrolment, and made by the server: what is measured comes after.
const STAGE = `
  INSERT INTO audit_staging (entry)
  SELECT convert_to('{"v":1,"at":"2026-01-15T12:00:00.000Z","action":"people.enrol","outcome":"done",'
    || '"actor":{"kind":"client","id":"brand-shop"},"subject":"' || md5(n::text) || substr(md5((-n)::text), 1, 11)
    || '","purpose":"identity","fields":["birthDate","email","familyName","givenName","phone","postalAddress"],'
    || '"object":"' || md5((n * 3)::text) || '","requestId":"' || md5((n * 7)::text)
    || '","from":{"listener":"public","network":"203.0.113.0/24"},"policy":"' || substr(md5((n * 5)::text), 1, 12) || '"}', 'UTF8')
  FROM generate_series($1::bigint, $2::bigint - 1) AS n`;

/** Staged and integrated in pieces, so that no table of the bench grows beyond what the log itself takes. */
const PIECE = 100_000;

/** A log in a database of the vault's shape, with nobody else on it, and what works on it in this process. */
export class BenchLog {
  readonly integrator: Integrator;
  #staged = 0;

  private constructor(
    readonly unitOfWork: UnitOfWork,
    readonly close: () => Promise<void>,
  ) {
    this.integrator = new Integrator({
      unitOfWork,
      signer: NoteSigner.parse(generateNoteKey('bench.local/vault').skey),
      onError: (error) => console.error(error),
    });
  }

  static async open(vault: DatabaseInfo, name: string): Promise<BenchLog> {
    const url = await emptyVaultDatabase(vault, name);
    const options = { poolSize: 12, applicationName: 'bench', migrations: vaultMigrations };
    const database = await openDatabase({ url, ...options });
    return new BenchLog(new UnitOfWork(database), () => database.destroy());
  }

  /** Stages entries of some 430 bytes each, in a table that was tidied up before, as autovacuum keeps it. */
  async stage(count: number): Promise<void> {
    await this.query('VACUUM audit_staging');
    await this.query(STAGE, [this.#staged, this.#staged + count]);
    this.#staged += count;
  }

  /** Fills the log up to a size: real checkpoints over real hashes. */
  async fill(size: number): Promise<void> {
    while (this.#staged < size) {
      await this.stage(Math.min(PIECE, size - this.#staged));
      await this.integrator.integrate();
    }
    await this.query('VACUUM ANALYZE audit_entry, audit_node, audit_checkpoint');
  }

  query<Row>(text: string, values: readonly unknown[] = []): Promise<Row[]> {
    return this.unitOfWork.single((tx) => tx.query<Row>(text, values));
  }
}
