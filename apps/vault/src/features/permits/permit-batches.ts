import type { AuditLog } from '@integument/audit-log';
import type { PurposeName } from '@integument/contracts';
import { bytesKey, randomId } from '@integument/crypto';
import { byteaArray, int2Array, int4Array, type Tx } from '@integument/database';
import { type Asker, by } from '@integument/http';
import { Turns } from '../../platform/turns.js';
import type { EvidenceKeeper, NewEvidence } from '../evidence/index.js';
import type { DomainKeys } from '../keys/index.js';
import type { WebhookEvents } from '../webhooks/index.js';
import { permitOpened } from './permits.audit.js';

/** A permit for somebody whom the caller holds against erasure. */
export interface WantedPermit {
  readonly gate: Buffer;
  readonly epoch: number;
  readonly personId: Buffer;
  readonly personSubject: Buffer;
}

export interface MintedPermit {
  readonly gate: Buffer;
  readonly epoch: number;
  readonly pseudonym: Buffer;
  /** commits to the pseudonym */
  readonly subject: Buffer;
}

interface Prepared {
  readonly wanted: WantedPermit;
  readonly pseudonym: Buffer;
  readonly evidence: NewEvidence;
  readonly domainKey: number;
  readonly wrapped: Buffer;
}

// In the order of people, as whoever opens one at a time holds them: nobody waits in a circle.
const INSERT = {
  name: 'permits.insert_many',
  text: `
    INSERT INTO permit (gate_id, pseudonym, person_id, purpose, state, epoch, domain_key, wrapped_key, subject)
    SELECT gate, pseudonym, person, $1, 'open', epoch, domain_key, wrapped, subject
    FROM unnest($2::bytea[], $3::bytea[], $4::bytea[], $5::int4[], $6::int2[], $7::bytea[], $8::bytea[])
      AS wanted (gate, pseudonym, person, epoch, domain_key, wrapped, subject)
    ORDER BY person ON CONFLICT DO NOTHING RETURNING gate_id`,
};

/** Mints a thousand permits of one purpose in as many statements as one. */
export class PermitBatches {
  constructor(
    private readonly keys: DomainKeys,
    private readonly evidence: EvidenceKeeper,
    private readonly webhooks: WebhookEvents,
    private readonly audit: AuditLog,
  ) {}

  /** @returns those that are new: another permit of the person for the purpose, or the gate's own, keeps one from being made */
  async mint(
    tx: Tx,
    asker: Asker,
    purpose: PurposeName,
    wanted: readonly WantedPermit[],
  ): Promise<MintedPermit[]> {
    if (wanted.length === 0) return [];
    // The permit's and that of its evidence.
    this.keys.demandMinted(2 * wanted.length);
    const prepared = await new Turns().map(wanted, (one) => this.prepare(purpose, one));
    const minted = await insertNew(tx, purpose, prepared);
    if (minted.length === 0) return [];
    this.evidence.keepPermits(
      tx,
      minted.map(({ evidence }) => evidence),
    );
    const people = minted.map((one) => one.wanted);
    this.webhooks.consents(
      tx,
      people.map(({ personId }) => personId),
      'consent.given',
      purpose,
    );
    await this.noteOpened(tx, asker, purpose, true, people);
    return minted.map(({ wanted: { gate, epoch }, pseudonym, evidence: { subject } }) => ({
      gate,
      epoch,
      pseudonym,
      subject,
    }));
  }

  /** An entry about each whose permit was opened, or told of once more. */
  async noteOpened(
    tx: Tx,
    asker: Asker,
    purpose: PurposeName,
    changed: boolean,
    people: readonly Pick<WantedPermit, 'personSubject'>[],
  ): Promise<void> {
    const subjects = people.map(({ personSubject }) => personSubject);
    const [subject] = subjects;
    if (!subject) return;
    const entry = permitOpened({ ...by(asker), subject, purpose, details: { changed } });
    await this.audit.append(tx, ...entry.aboutEach(subjects));
  }

  private prepare(purpose: PurposeName, wanted: WantedPermit): Prepared {
    const pseudonym = randomId();
    const { domainKey, wrapped } = this.keys.mint('permit', pseudonym);
    return { wanted, pseudonym, evidence: this.evidence.ofPermit(purpose, pseudonym), domainKey, wrapped };
  }
}

async function insertNew(tx: Tx, purpose: PurposeName, prepared: readonly Prepared[]): Promise<Prepared[]> {
  const rows = await tx.query<{ gate_id: Buffer }>(INSERT, [
    purpose,
    byteaArray(prepared.map(({ wanted }) => wanted.gate)),
    byteaArray(prepared.map(({ pseudonym }) => pseudonym)),
    byteaArray(prepared.map(({ wanted }) => wanted.personId)),
    int4Array(prepared.map(({ wanted }) => wanted.epoch)),
    int2Array(prepared.map(({ domainKey }) => domainKey)),
    byteaArray(prepared.map(({ wrapped }) => wrapped)),
    byteaArray(prepared.map(({ evidence }) => evidence.subject)),
  ]);
  const made = new Set(rows.map(({ gate_id }) => bytesKey(gate_id)));
  return prepared.filter(({ wanted }) => made.has(bytesKey(wanted.gate)));
}
