import { CodedError } from '@integument/contracts';
import { byteaArray, type Statement, type Tx } from '@integument/database';
import type { EntryDraft } from '../entry.js';

/**
 * The statement that stages entries, for use as a part of an operation's own statement, so that effect and entry are one
 * round trip: `WITH audited AS (${stagingInsert(3)}) …`.
 * @param parameter number of the parameter that {@link AuditLog.encode} fills
 */
export function stagingInsert(parameter: number): string {
  if (!Number.isInteger(parameter) || parameter < 1) throw new RangeError('not a parameter number');
  return `INSERT INTO audit_staging (entry) SELECT unnest($${parameter}::bytea[])`;
}

const STAGE: Statement = { name: 'audit_stage', text: stagingInsert(1) };

/** Appends entries to the log of the database that a transaction is on. */
export class AuditLog {
  /**
   * @param clock gives the time that entries bear
   * @param isStalled whether the log is not being signed, see {@link AuditPulse}: then no entry is taken
   */
  constructor(
    private readonly clock: () => Date = () => new Date(),
    private readonly isStalled: () => boolean = () => false,
  ) {}

  /**
   * Appends entries in this order, in the caller's transaction: if the change rolls back so do they, and the log shows
   * no gap. They are not waited for, but the transaction ends only with them: if they can't be written it is lost, and with it
   * the effect: no audit, no answer.
   * @throws {AuditEntryInvalid}
   */
  append(tx: Tx, ...entries: readonly EntryDraft[]): Promise<void> {
    return new Promise((resolve) => {
      resolve(tx.send(STAGE, [this.encode(...entries)]));
    });
  }

  /**
   * The entries' stored bytes as one parameter for {@link stagingInsert}: PostgreSQL's binary `bytea[]`.
   * @throws {AuditEntryInvalid}
   * @throws {CodedError} `audit.unavailable` while the log is not being signed
   */
  encode(...entries: readonly EntryDraft[]): Buffer {
    // An operation that appends nothing believes to be audited and isn't.
    if (entries.length === 0) throw new RangeError('no entry to append');
    if (this.isStalled()) throw unavailable();
    const at = this.clock();
    return byteaArray(entries.map((entry) => entry.encode(at)));
  }
}

function unavailable(): CodedError {
  return new CodedError(
    'audit.unavailable',
    503,
    'The audit log cannot be written, so nothing is answered.',
    {
      headers: { 'retry-after': '5' },
    },
  );
}
