import { IDENTITY_EVIDENCE_DAYS, PURPOSES } from '@integument/contracts';
import { commit, context, open, randomId, seal } from '@integument/crypto';
import type { Tx } from '@integument/database';
import type { DomainKeys } from '../keys/index.js';
import type { EvidenceRow, EvidenceStore, NewEvidence } from './evidence.store.js';

const SALT_BYTES = 16;

/** What a commitment of an audit log stands for. */
export interface Opened {
  readonly kind: 'person' | 'permit';
  /** of a permit */
  readonly purpose: string | null;
  /** 16 bytes: `commit(salt, id)` is the commitment, which anybody can check */
  readonly salt: Buffer;
  /** 16 bytes: the permit's pseudonym, or what the vault calls the person inside */
  readonly id: Buffer;
  /** the last day on which this can be opened; null while permit or person lives */
  readonly until: string | null;
}

/**
 * Keeps what opens the audit logs' commitments: for a permit from its opening on, for a person from their erasure on (until
 * then the salt lies beside their own key). Once the declared period after the end is over, the key goes, and with it the
 * last way to say whom an entry was about.
 */
export class EvidenceKeeper {
  constructor(
    private readonly store: EvidenceStore,
    private readonly keys: DomainKeys,
  ) {}

  /** Commits to a new permit's pseudonym. @returns the commitment, 32 bytes */
  async keepPermit(tx: Tx, purpose: string, pseudonym: Buffer): Promise<Buffer> {
    const evidence = this.ofPermit(purpose, pseudonym);
    await this.store.insert(tx, evidence);
    return evidence.subject;
  }

  /** The same for many, in two steps: the first only computes, and the second sends, without waiting. */
  ofPermit(purpose: string, pseudonym: Buffer): NewEvidence {
    const salt = randomId();
    const subject = commit(salt, pseudonym);
    return { ...this.sealed(subject, salt, pseudonym), kind: 'permit', purpose, until: null };
  }

  keepPermits(tx: Tx, evidence: readonly NewEvidence[]): void {
    this.store.insertMany(tx, evidence);
  }

  /** Starts the period of evidence of permits that are being destroyed. */
  async endPermits(tx: Tx, subjects: readonly Buffer[]): Promise<void> {
    const days = new Map(PURPOSES.map(({ name, evidenceDays }) => [name as string, evidenceDays]));
    if (subjects.length > 0) await this.store.end(tx, subjects, days);
  }

  /** Keeps the salt of a person who is being erased, and starts their period. */
  async keepErasedPerson(tx: Tx, subject: Buffer, salt: Buffer, personId: Buffer): Promise<void> {
    const row = {
      ...this.sealed(subject, salt, personId),
      kind: 'person',
      purpose: null,
      until: null,
    } as const;
    await this.store.insert(tx, row);
    await this.store.endPerson(tx, subject, IDENTITY_EVIDENCE_DAYS);
  }

  /** @returns null where nobody can open the commitment: it is none of ours, or its time is over */
  async open(tx: Tx, subject: Buffer): Promise<Opened | null> {
    const row = await this.store.find(tx, subject);
    if (row) return this.unsealed(row);
    const person = await this.store.findLivingPerson(tx, subject);
    if (!person) return null;
    const { person_id: id, domain_key: domainKey, wrapped_key: wrapped } = person;
    const salt = person.subject_salt ?? this.keys.unwrapBeside('person', id, { domainKey, wrapped });
    return { kind: 'person', purpose: null, salt, id, until: null };
  }

  /** Destroys what is past its period. @returns how many */
  lapse(tx: Tx): Promise<number> {
    return this.store.deleteLapsed(tx);
  }

  private sealed(subject: Buffer, salt: Buffer, id: Buffer) {
    const { key, domainKey, wrapped } = this.keys.mint('evidence', subject);
    return { subject, domainKey, wrapped, sealed: seal(key, Buffer.concat([salt, id]), place(subject)) };
  }

  private unsealed(row: EvidenceRow): Opened {
    const { domain_key: domainKey, wrapped_key: wrapped } = row;
    const key = this.keys.unwrap('evidence', row.subject, { domainKey, wrapped });
    const plain = open(key, row.sealed, place(row.subject));
    const { kind, purpose, until } = row;
    return { kind, purpose, salt: plain.subarray(0, SALT_BYTES), id: plain.subarray(SALT_BYTES), until };
  }
}

function place(subject: Buffer): Buffer {
  return context('evidence', subject);
}
