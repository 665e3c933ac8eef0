import type { Statement, UnitOfWork } from '@integument/database';
import type { SignedCheckpoint } from '../sql/audit-reader.js';

/** A checkpoint, and who besides the log's key vouches for it. */
export interface CosignedCheckpoint extends SignedCheckpoint {
  /** the signed note with every cosignature that is known, by the witness's name */
  readonly cosignedNote: string;
  /** names of the witnesses' keys */
  readonly witnesses: readonly string[];
}

const select = (which: string) => `
  SELECT c.size, c.root, c.note, c.signed_at,
         coalesce(array_agg(s.witness ORDER BY s.witness) FILTER (WHERE s.witness IS NOT NULL), '{}') AS witnesses,
         coalesce(string_agg(s.line, '' ORDER BY s.witness), '') AS lines
  FROM audit_checkpoint c LEFT JOIN audit_cosignature s ON s.size = c.size
  WHERE c.size = (${which}) GROUP BY c.size`;

const NEWEST: Statement = {
  name: 'audit_newest_checkpoint',
  text: select('SELECT max(size) FROM audit_checkpoint'),
};
// Of the checkpoints that there are: a cosignature may outlive a rollback of them.
const NEWEST_COSIGNED: Statement = {
  name: 'audit_newest_cosigned',
  text: select(`SELECT s.size FROM audit_cosignature s JOIN audit_checkpoint k ON k.size = s.size
    GROUP BY s.size HAVING count(*) >= $1::int ORDER BY s.size DESC LIMIT 1`),
};
const LAST_SIZE: Statement = {
  name: 'audit_cosigned_size',
  text: 'SELECT max(size) AS size FROM audit_cosignature WHERE witness = $1',
};
// A witness cosigns the same checkpoint as often as it is asked; its first word counts.
const STORE: Statement = {
  name: 'audit_store_cosignature',
  text: 'INSERT INTO audit_cosignature (size, witness, line) VALUES ($1::bigint, $2, $3) ON CONFLICT DO NOTHING',
};

interface Row {
  readonly size: string;
  readonly root: Buffer;
  readonly note: string;
  readonly signed_at: Date;
  readonly witnesses: string[];
  readonly lines: string;
}

/** The log's checkpoints with the cosignatures that witnesses gave on them. */
export class Checkpoints {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  /** The newest checkpoint, which covers every integrated entry, cosigned or not yet. Null before the first one. */
  findNewest(): Promise<CosignedCheckpoint | null> {
    return this.find(NEWEST, []);
  }

  /**
   * The newest checkpoint that so many witnesses have cosigned: what an auditor asks for who doesn't trust the log's key alone.
   * @param least witnesses, counted by their keys' names
   */
  findNewestCosigned(least = 1): Promise<CosignedCheckpoint | null> {
    return this.find(NEWEST_COSIGNED, [least]);
  }

  /** Size of the newest checkpoint that we know this witness to have cosigned; 0 if none. */
  async cosignedSize(witness: string): Promise<number> {
    const [row] = await this.query<{ size: string | null }>(LAST_SIZE, [witness]);
    return Number(row?.size ?? 0);
  }

  /** Keeps a cosignature. The caller has verified it. @param cosignature.line with its line end */
  async storeCosignature({
    size,
    witness,
    line,
  }: {
    size: number;
    witness: string;
    line: string;
  }): Promise<void> {
    await this.query(STORE, [size, witness, line]);
  }

  private async find(statement: Statement, values: readonly unknown[]): Promise<CosignedCheckpoint | null> {
    const [row] = await this.query<Row>(statement, values);
    return row ? toCheckpoint(row) : null;
  }

  private query<T>(statement: Statement, values: readonly unknown[]): Promise<T[]> {
    return this.unitOfWork.single((tx) => tx.query<T>(statement, values));
  }
}

function toCheckpoint({ size, root, note, signed_at, witnesses, lines }: Row): CosignedCheckpoint {
  return { size: Number(size), root, note, signedAt: signed_at, witnesses, cosignedNote: note + lines };
}
