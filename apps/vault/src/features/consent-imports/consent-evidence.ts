import type { AuditLog } from '@integument/audit-log';
import type { Regions } from '@integument/authz';
import {
  type BodyOf,
  type ClientPseudonym,
  CodedError,
  type NoticeHash,
  type ReplyOf,
  type readConsentEvidence,
} from '@integument/contracts';
import { decodeId } from '@integument/crypto';
import type { Tx } from '@integument/database';
import { type Asker, by } from '@integument/http';
import { openedOr } from '../keys/index.js';
import { CONSOLE, personNotFound } from '../people/index.js';
import { consentEvidenceRead } from './consent-imports.audit.js';
import { recordBroken } from './consent-imports.errors.js';
import type { Consenter, ConsentImportsStore, KeptConsent } from './consent-imports.store.js';
import type { EvidenceSealer } from './evidence-sealer.js';

type Consents = ReplyOf<typeof readConsentEvidence>['consents'];

/** What a privacy officer shows to whoever doubts a consent (GDPR Art. 7(1)). */
export class ConsentEvidence {
  constructor(
    private readonly store: ConsentImportsStore,
    private readonly sealer: EvidenceSealer,
    private readonly audit: AuditLog,
  ) {}

  async read(
    tx: Tx,
    asker: Asker,
    name: ClientPseudonym,
    { purpose, reason }: BodyOf<typeof readConsentEvidence>,
    regions: Regions,
  ): Promise<ReplyOf<typeof readConsentEvidence>> {
    const [person] = await this.store.holdPeople(tx, CONSOLE, [decodeId('cps', name)], regions);
    if (!person) throw personNotFound();
    this.sealer.demandWarm([person]);
    const kept = await this.store.findEvidence(tx, person.personId, purpose);
    const consents = kept.map((one) => ({
      notice: one.notice.toString('hex') as NoticeHash,
      givenOn: one.given_on,
      receivedOn: one.received_on,
      client: one.client_id,
      evidence: this.open(person, purpose, one),
    }));
    const facts = { ...by(asker), subject: person.subject, purpose, reason, count: consents.length };
    await this.audit.append(tx, consentEvidenceRead(facts));
    return { consents };
  }

  private open(person: Consenter, purpose: BodyOf<typeof readConsentEvidence>['purpose'], kept: KeptConsent) {
    const text = openedOr(recordBroken, () =>
      this.sealer.open(person, { import_id: kept.import_id, at: kept.at, purpose }, kept.evidence),
    );
    if (text instanceof CodedError) throw text;
    return JSON.parse(text) as Consents[number]['evidence'];
  }
}
